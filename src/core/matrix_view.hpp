#pragma once

#include <cstddef>

#include "core/errors.hpp"

namespace infoplane {

/// A row-major matrix that somebody else owns. Row i starts at data + i * cols.
template <class T>
class MatrixView {
 public:
  MatrixView(T* data, std::size_t rows, std::size_t cols) : data_(data), rows_(rows), cols_(cols) {}

  T* data() const { return data_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t size() const { return rows_ * cols_; }

  T* row(std::size_t i) const {
    INFOPLANE_EXPECT(i < rows_);
    return data_ + i * cols_;
  }
  T& operator()(std::size_t i, std::size_t j) const {
    INFOPLANE_EXPECT(j < cols_);
    return row(i)[j];
  }

 private:
  T* data_;
  std::size_t rows_;
  std::size_t cols_;
};

}  // namespace infoplane
