#pragma once

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace infoplane::detail {

/// While it lives, results too small for a normal double are 0 on this thread: squared far kernels
/// would otherwise be worked out slowly, digit by digit, to be added to a 1.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8000U); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  unsigned before_;
#endif
};

}  // namespace infoplane::detail
