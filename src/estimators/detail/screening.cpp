#include "estimators/detail/screening.hpp"

#include <cblas.h>

#include <algorithm>

namespace infoplane::detail {
namespace {

/// Narrower rows are not worth it.
constexpr std::size_t least_features = 64;

/// Of float32 panels that are kept, at most: all of them, or else some while a ticket is worked
/// off.
constexpr std::size_t bytes_kept = std::size_t{64} << 20;

}  // namespace

Screening::Screening(const OrderedRows& rows, const TileKernel& kernel)
    : rows_(rows), kernel_(kernel) {
  if (rows_.positions() * rows_.features() * sizeof(float) <= bytes_kept) {
    rows_.fill_screen(0, rows_.panels(), all_);
  }
}

bool Screening::pays(const OrderedRows& rows) { return rows.features() >= least_features; }

bool Screening::tells(std::size_t panel, std::size_t other) const {
  const double largest = largest_norm(panel) + largest_norm(other);
  return largest <= 1e36 && largest >= 1e-24;
}

Screening::Products Screening::products(std::size_t panel, std::size_t first, std::size_t last,
                                        std::size_t end, Scratch& scratch) const {
  const OrderedRows::Screen& row_screen =
      screen_of(panel, panel + 1, panel + 1, scratch.row_screen);
  const OrderedRows::Screen& column_screen = screen_of(first, last, end, scratch.column_screen);
  const std::size_t first_row = rows_.panel_position(panel);
  const std::size_t first_column = rows_.panel_position(first);
  const std::size_t rows = rows_.panel_position(panel + 1) - first_row;
  const std::size_t columns = rows_.panel_position(last) - first_column;
  const std::size_t features = rows_.features();
  const auto blas_int = [](std::size_t n) { return static_cast<blasint>(n); };
  scratch.products.resize(rows * columns);
  cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(rows), blas_int(columns),
      blas_int(features), 1.0F,
      row_screen.values.data() + (first_row - row_screen.first_position) * features,
      blas_int(features),
      column_screen.values.data() + (first_column - column_screen.first_position) * features,
      blas_int(features), 0.0F, scratch.products.data(), blas_int(columns));
  return {scratch.products.data(), columns, first_row, first_column};
}

/// |error of 2ab| <= 2 gamma_H |a||b| <= gamma_H (|a|^2 + |b|^2) for any order of summation (Higham
/// 2002, section 3.1); the rest of the bound is for rounded inputs and the three-term sum, and for
/// what is flushed to 0 below 2^-126.
double Screening::least_distance(const Products& products, const Leaf& rows,
                                 const Leaf& columns) const {
  const float* const first = products.values + (rows.first - products.first_row) * products.stride +
                             (columns.first - products.first_column);
  const float least = kernel_.least_distance(first, products.stride, rows_.float_norms(rows),
                                             rows.rows, rows_.float_norms(columns), columns.rows);
  const double error = static_cast<double>(rows_.features() + 16) *
                       (0x1p-23 * (rows.largest_norm + columns.largest_norm) + 0x1p-123);
  return static_cast<double>(least) - error;
}

/// A screen that holds panels [first, last); where it has to be filled, with as many as may be kept
/// of those before `end`.
const OrderedRows::Screen& Screening::screen_of(std::size_t first, std::size_t last,
                                                std::size_t end,
                                                OrderedRows::Screen& filled) const {
  if (all_.last_panel > 0) return all_;
  if (filled.first_panel > first || filled.last_panel < last) {
    const std::size_t panel_bytes = box_lanes * leaf_rows * rows_.features() * sizeof(float);
    const std::size_t most = std::max(bytes_kept / panel_bytes, last - first);
    rows_.fill_screen(first, std::min(first + most, end), filled);
  }
  return filled;
}

double Screening::largest_norm(std::size_t panel) const {
  const auto [first, last] = rows_.panel_leaves(panel);
  double largest = 0;
  for (std::size_t l = first; l < last; ++l)
    largest = std::max(largest, rows_.leaves()[l].largest_norm);
  return largest;
}

}  // namespace infoplane::detail
