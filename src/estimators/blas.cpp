#include "estimators/blas.hpp"

#include <cblas.h>

namespace infoplane {

std::string blas_description() {
  return std::string(openblas_get_config()) + " (kernels: " + openblas_get_corename() + ")";
}

}  // namespace infoplane
