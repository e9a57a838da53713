#pragma once

#include <cstddef>
#include <vector>

#include "core/matrix_view.hpp"

namespace infoplane::detail {

/// A snapshot without features that have the same value in all rows, for no distance knows of them:
/// units of a relu layer that are dead, pixels of a border. Only where they are a quarter of all or
/// more, and what is left does not need much memory; else it is left as it is.
class VaryingFeatures {
 public:
  /// `h` must outlive it, N >= 1, no value NaN. The result depends on nothing but `h`.
  explicit VaryingFeatures(MatrixView<const float> h);
  VaryingFeatures(const VaryingFeatures&) = delete;
  VaryingFeatures& operator=(const VaryingFeatures&) = delete;

  /// Of all rows, in their order; one feature at least.
  MatrixView<const float> rows() const {
    return copy_.empty() ? h_ : MatrixView<const float>(copy_.data(), h_.rows(), features_);
  }

 private:
  MatrixView<const float> h_;
  std::size_t features_;
  std::vector<float> copy_;
};

}  // namespace infoplane::detail
