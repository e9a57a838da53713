#include "estimators/detail/varying_features.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

using detail::VaryingFeatures;

/// 200 random rows, some features of which are everywhere what they are in the first.
Snapshot with_constant(std::size_t features, const std::vector<std::size_t>& constant) {
  Snapshot s = random_snapshot(200, features, 1, 3, 11);
  for (const std::size_t k : constant) {
    for (std::size_t i = 0; i < s.rows; ++i) s.at(i, k) = s.at(0, k);
  }
  return s;
}

void expect_features(const Snapshot& s, const std::vector<std::size_t>& kept) {
  const VaryingFeatures varying(s.view());
  const MatrixView<const float> rows = varying.rows();
  ASSERT_EQ(rows.rows(), s.rows);
  ASSERT_EQ(rows.cols(), kept.size());
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < kept.size(); ++k) ASSERT_EQ(rows(i, k), s.at(i, kept[k])) << i;
  }
}

void expect_untouched(const Snapshot& s) {
  const VaryingFeatures varying(s.view());
  EXPECT_EQ(varying.rows().data(), s.values.data());
  EXPECT_EQ(varying.rows().cols(), s.cols);
}

TEST(VaryingFeatures, LeavesOutAQuarterOrMore) {
  expect_features(with_constant(4, {2}), {0, 1, 3});
  expect_features(with_constant(10, {0, 4, 9}), {1, 2, 3, 5, 6, 7, 8});
}

TEST(VaryingFeatures, LessIsNotWorthACopy) {
  expect_untouched(with_constant(10, {}));
  expect_untouched(with_constant(10, {3, 7}));
}

TEST(VaryingFeatures, OneOfAConstantLayerStays) {
  expect_features(with_constant(3, {0, 1, 2}), {0});
  expect_untouched(with_constant(1, {0}));
  expect_features(Snapshot(1, 5), {0});
}

TEST(VaryingFeatures, TheLastRowCounts) {
  Snapshot s = with_constant(4, {0, 1, 2, 3});
  s.at(s.rows - 1, 2) += 1;
  expect_features(s, {2});
}

TEST(VaryingFeatures, MinusZeroIsZero) {
  Snapshot s = with_constant(2, {});
  for (std::size_t i = 0; i < s.rows; ++i) s.at(i, 1) = i % 2 == 0 ? 0.0F : -0.0F;
  expect_features(s, {0});
}

TEST(VaryingFeatures, EstimatesAreThoseWithoutTheOthers) {
  const Snapshot s = random_snapshot(700, 5, 1, 4, 3);
  Snapshot wider(s.rows, 8);
  wider.labels = s.labels;
  for (std::size_t i = 0; i < s.rows; ++i) {
    wider.at(i, 0) = 1e30F;
    wider.at(i, 3) = -2;
    for (std::size_t k = 0; k < s.cols; ++k) wider.at(i, k + (k < 2 ? 1 : 2)) = s.at(i, k);
  }
  const std::vector<double> sigma2{0.01, 0.3};
  const auto expected = fast(s, sigma2);
  const auto found = fast(wider, sigma2);
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    EXPECT_EQ(found[i].kl.xt, expected[i].kl.xt);
    EXPECT_EQ(found[i].kl.ty, expected[i].kl.ty);
    EXPECT_EQ(found[i].bd.xt, expected[i].bd.xt);
    EXPECT_EQ(found[i].bd.ty, expected[i].bd.ty);
  }
}

}  // namespace
}  // namespace infoplane::test
