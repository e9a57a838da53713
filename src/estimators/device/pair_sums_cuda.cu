#include <cuda_runtime.h>

#include "estimators/device/pair_sums_loop.hpp"

namespace infoplane::detail {
namespace {

constexpr unsigned block_threads = 128;

template <class Loop>
__global__ void __launch_bounds__(block_threads) sum_pairs(PairSums pairs) {
  const std::int64_t owner = std::int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (owner < pairs.owners.count) Loop::run(pairs, owner, blockIdx.y);
}

}  // namespace

bool has_cuda_kernels() { return true; }

const char* sum_pairs_on_cuda(const PairSums& pairs, int device) {
  const dim3 blocks(static_cast<unsigned>((pairs.owners.count + block_threads - 1) / block_threads),
                    static_cast<unsigned>(pairs.chunks()));
  // LibTorch may bring a CUDA runtime of its own, which has chosen the device for itself alone.
  cudaError_t error = cudaSetDevice(device);
  if (error == cudaSuccess) {
    with_pair_loop(pairs,
                   [&](auto loop) { sum_pairs<decltype(loop)><<<blocks, block_threads>>>(pairs); });
    error = cudaGetLastError();
  }
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace infoplane::detail
