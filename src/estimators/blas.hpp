#pragma once

#include <string>

namespace infoplane {

/// "OpenBLAS 0.3.21 ... SkylakeX": the BLAS and the kernels it chose for this processor, which
/// decide the last bits of inner products.
std::string blas_description();

}  // namespace infoplane
