#include "estimators/pairwise_validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "estimators/pairwise.hpp"

namespace infoplane::detail {
namespace {

/// 0 times what is not finite is no number. In lanes: one sum would wait for itself.
template <class T>
bool all_finite(const T* values, std::size_t count) {
  constexpr std::size_t lanes = 16;
  T zeros[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) zeros[lane] += values[i + lane] * T{0};
  }
  for (; i < count; ++i) zeros[0] += values[i] * T{0};
  return std::all_of(std::begin(zeros), std::end(zeros), [](T zero) { return zero == 0; });
}

}  // namespace

template <class T>
void require_snapshot(MatrixView<const T> h, const std::vector<std::int32_t>& labels,
                      const std::vector<double>& sigma2) {
  if (h.rows() == 0 || h.cols() == 0) {
    throw SnapshotError(fmt::format("a snapshot of {} rows and {} features has nothing to estimate",
                                    h.rows(), h.cols()));
  }
  if (labels.size() != h.rows()) {
    throw SnapshotError(fmt::format("{} labels for {} rows", labels.size(), h.rows()));
  }
  if (!all_finite(h.data(), h.size())) {
    for (std::size_t i = 0; i < h.rows(); ++i) {
      for (std::size_t k = 0; k < h.cols(); ++k) {
        if (!std::isfinite(h(i, k)))
          throw SnapshotError(fmt::format("row {}, feature {} is {}", i, k, h(i, k)));
      }
    }
  }
  for (const double s : sigma2) {
    if (!(s > 0) || !std::isfinite(s))
      throw SnapshotError(fmt::format("sigma2 = {} (must be positive)", s));
  }
}

template void require_snapshot(MatrixView<const float>, const std::vector<std::int32_t>&,
                               const std::vector<double>&);
template void require_snapshot(MatrixView<const double>, const std::vector<std::int32_t>&,
                               const std::vector<double>&);

std::vector<std::int32_t> distinct_labels(const std::vector<std::int32_t>& labels) {
  std::vector<std::int32_t> distinct = labels;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  return distinct;
}

}  // namespace infoplane::detail
