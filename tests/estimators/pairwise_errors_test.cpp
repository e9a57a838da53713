#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "estimators/snapshot.hpp"

// What is no snapshot is refused, by the fast code and by the reference, in the same words.

namespace infoplane::test {
namespace {

template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const SnapshotError& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_input);
    return error.what();
  }
  return "no error";
}

void expect_refused(const Snapshot& s, const std::vector<double>& sigma2,
                    const std::string& words) {
  EXPECT_EQ(refusal([&] { fast(s, sigma2); }), words);
  EXPECT_EQ(refusal([&] { reference(s, sigma2); }), words);
}

TEST(PairwiseErrors, ValueThatIsNoNumber) {
  Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  s.at(3, 1) = std::numeric_limits<float>::quiet_NaN();
  expect_refused(s, {1}, "row 3, feature 1 is nan");
}

TEST(PairwiseErrors, InfiniteValue) {
  Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  s.at(0, 2) = std::numeric_limits<float>::infinity();
  expect_refused(s, {1}, "row 0, feature 2 is inf");
  s.at(0, 2) = -std::numeric_limits<float>::infinity();
  expect_refused(s, {1}, "row 0, feature 2 is -inf");
}

TEST(PairwiseErrors, FirstBadValueIsNamed) {
  Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  s.at(4, 0) = std::numeric_limits<float>::infinity();
  s.at(2, 2) = std::numeric_limits<float>::quiet_NaN();
  expect_refused(s, {1}, "row 2, feature 2 is nan");
}

TEST(PairwiseErrors, BadValueAtAnyPlace) {
  const Snapshot good = random_snapshot(8, 5, 1, 2, 1);  // two times 16 numbers and some
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < 5; ++k) {
      Snapshot s = good;
      s.at(i, k) = std::numeric_limits<float>::infinity();
      expect_refused(s, {1}, fmt::format("row {}, feature {} is inf", i, k));
    }
  }
}

TEST(PairwiseErrors, LabelsOfAnotherNumber) {
  Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  s.labels.pop_back();
  expect_refused(s, {1}, "4 labels for 5 rows");
  s.labels.clear();
  expect_refused(s, {1}, "0 labels for 5 rows");
  s.labels.assign(6, 0);
  expect_refused(s, {1}, "6 labels for 5 rows");
}

TEST(PairwiseErrors, NothingToEstimate) {
  expect_refused(Snapshot(0, 3), {1},
                 "a snapshot of 0 rows and 3 features has nothing to estimate");
  expect_refused(Snapshot(4, 0), {1},
                 "a snapshot of 4 rows and 0 features has nothing to estimate");
}

TEST(PairwiseErrors, NoiseThatIsNone) {
  const Snapshot s = random_snapshot(5, 3, 1, 2, 1);
  expect_refused(s, {0}, "sigma2 = 0 (must be positive)");
  expect_refused(s, {0.1, -2.5}, "sigma2 = -2.5 (must be positive)");
  expect_refused(s, {std::numeric_limits<double>::quiet_NaN()}, "sigma2 = nan (must be positive)");
  expect_refused(s, {1, std::numeric_limits<double>::infinity()},
                 "sigma2 = inf (must be positive)");
}

}  // namespace
}  // namespace infoplane::test
