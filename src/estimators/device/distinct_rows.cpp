#include "estimators/device/distinct_rows.hpp"

#include <algorithm>
#include <cstring>

namespace infoplane::detail {
namespace {

/// Equal rows have equal ones; others seldom.
std::uint64_t hash_of(const float* row, std::size_t features) {
  std::uint64_t hash = 0;
  for (std::size_t k = 0; k < features; ++k) {
    const float value = row[k] + 0.0F;  // -0 becomes 0
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
  }
  return hash;
}

struct Key {
  std::int32_t label;
  std::uint32_t row;
  std::uint64_t hash;
};

}  // namespace

DistinctRows distinct_rows(MatrixView<const float> h, const std::vector<std::int32_t>& labels) {
  const std::size_t features = h.cols();
  std::vector<Key> keys;
  keys.reserve(h.rows());
  for (std::size_t i = 0; i < h.rows(); ++i)
    keys.push_back({labels[i], static_cast<std::uint32_t>(i), hash_of(h.row(i), features)});
  const auto before = [&](const Key& a, const Key& b) {
    if (a.label != b.label) return a.label < b.label;
    if (a.hash != b.hash) return a.hash < b.hash;
    const auto [of_a, of_b] = std::mismatch(h.row(a.row), h.row(a.row) + features, h.row(b.row));
    return of_a == h.row(a.row) + features ? a.row < b.row : *of_a < *of_b;
  };
  std::sort(keys.begin(), keys.end(), before);
  DistinctRows distinct;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Key& key = keys[i];
    if (i > 0 && keys[i - 1].label == key.label && keys[i - 1].hash == key.hash &&
        std::equal(h.row(key.row), h.row(key.row) + features, h.row(keys[i - 1].row))) {
      distinct.weights.back() += 1.0;
      continue;
    }
    distinct.sources.push_back(key.row);
    distinct.weights.push_back(1.0);
    distinct.labels.push_back(key.label);
  }
  return distinct;
}

}  // namespace infoplane::detail
