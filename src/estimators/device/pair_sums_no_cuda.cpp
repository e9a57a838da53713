// In the place of pair_sums_cuda.cu, with a LibTorch that has no CUDA.

#include "estimators/device/pair_sums.hpp"

namespace infoplane::detail {

bool has_cuda_kernels() { return false; }

const char* sum_pairs_on_cuda(const PairSums&, int) {
  return "this program was built without kernels for CUDA devices";
}

}  // namespace infoplane::detail
