#include "estimators/detail/digits.hpp"

#ifdef INFOPLANE_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace infoplane::detail {

// digit_loops.cpp, compiled once for each.
namespace plain {
extern const DigitKernel kernel;
}
#ifdef INFOPLANE_AMX
namespace amx {
extern const DigitKernel kernel;
}

namespace {

/// Whether this machine has the instructions, and Linux lets this process use their registers: it
/// has to be asked, for they enlarge what is saved when a thread is put aside.
bool may_use_amx() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512bw")) {
    return false;
  }
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned amx_tile = 1U << 24;
  constexpr unsigned amx_int8 = 1U << 25;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & amx_tile) == 0 || (edx & amx_int8) == 0) return false;
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace
#endif

const DigitKernel* digit_kernel() {
#ifdef INFOPLANE_AMX
  static const bool fast = may_use_amx();
  if (fast) return &amx::kernel;
#endif
  return nullptr;
}

std::vector<const DigitKernel*> digit_kernels() {
  std::vector<const DigitKernel*> kernels{&plain::kernel};
  if (digit_kernel() != nullptr) kernels.push_back(digit_kernel());
  return kernels;
}

}  // namespace infoplane::detail
