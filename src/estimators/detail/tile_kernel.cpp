#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

// tile_kernel_loops.cpp, compiled once for each.
namespace baseline {
extern const TileKernel kernel;
}
#ifdef INFOPLANE_X86_KERNELS
namespace avx2 {
extern const TileKernel kernel;
}
namespace avx512 {
extern const TileKernel kernel;
}
#endif

std::vector<const TileKernel*> tile_kernels() {
  std::vector<const TileKernel*> kernels{&baseline::kernel};
#ifdef INFOPLANE_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernels.push_back(&avx2::kernel);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      kernels.push_back(&avx512::kernel);
    }
  }
#endif
  return kernels;
}

const TileKernel& tile_kernel() {
  static const TileKernel* const fastest = tile_kernels().back();
  return *fastest;
}

}  // namespace infoplane::detail
