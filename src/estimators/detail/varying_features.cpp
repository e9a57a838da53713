#include "estimators/detail/varying_features.hpp"

#include <algorithm>

namespace infoplane::detail {
namespace {

constexpr std::size_t least_share_left_out = 4;  ///< one in so many
constexpr std::size_t copied_bytes = std::size_t{64} << 20;
/// After so many rows it is seen whether there is still something to leave out.
constexpr std::size_t rows_at_once = 64;

bool is_worth_it(std::size_t constant, std::size_t features) {
  return constant > 0 && constant * least_share_left_out >= features;
}

/// By feature, 0 for those that are the same in all rows; nothing where these are too few.
std::vector<int> find_varying(MatrixView<const float> h) {
  std::vector<int> varies(h.cols(), 0);
  const float* const first = h.row(0);
  for (std::size_t begin = 0; begin < h.rows(); begin += rows_at_once) {
    for (std::size_t i = begin; i < std::min(h.rows(), begin + rows_at_once); ++i) {
      const float* const row = h.row(i);
      for (std::size_t k = 0; k < varies.size(); ++k)
        varies[k] |= static_cast<int>(row[k] != first[k]);
    }
    const auto constant = static_cast<std::size_t>(std::count(varies.begin(), varies.end(), 0));
    if (!is_worth_it(constant, h.cols())) return {};
  }
  return varies;
}

}  // namespace

VaryingFeatures::VaryingFeatures(MatrixView<const float> h) : h_(h), features_(h.cols()) {
  std::vector<int> varies = find_varying(h);
  if (varies.empty()) return;
  if (std::count(varies.begin(), varies.end(), 0) == static_cast<std::ptrdiff_t>(varies.size()))
    varies[0] = 1;
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < varies.size(); ++k) {
    if (varies[k] != 0) kept.push_back(k);
  }
  if (kept.size() == h.cols() || h.rows() * kept.size() * sizeof(float) > copied_bytes) return;
  features_ = kept.size();
  copy_.reserve(h.rows() * features_);
  for (std::size_t i = 0; i < h.rows(); ++i) {
    const float* const row = h.row(i);
    for (const std::size_t k : kept) copy_.push_back(row[k]);
  }
}

}  // namespace infoplane::detail
