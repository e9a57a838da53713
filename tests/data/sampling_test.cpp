#include "data/sampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/szt.hpp"

namespace infoplane {
namespace {

Dataset rows_of_two_classes(std::int64_t rows) {
  return {"test", torch::zeros({rows, 1}), torch::arange(rows) % 2, 2};
}

Split split_rows(std::int64_t rows, double train_fraction, std::uint64_t seed) {
  DataSettings settings;
  settings.train_fraction = train_fraction;
  return infoplane::split_rows(rows_of_two_classes(rows), settings, seed);
}

TEST(SplitRows, PartitionsTheRowsBySeed) {
  const Split a = split_rows(1000, 0.8, 7);
  EXPECT_EQ(a.train.size(), 800U);
  EXPECT_EQ(a.test.size(), 200U);
  std::set<std::int64_t> all(a.train.begin(), a.train.end());
  all.insert(a.test.begin(), a.test.end());
  EXPECT_EQ(all.size(), 1000U);
  EXPECT_EQ(*all.rbegin(), 999);
  EXPECT_TRUE(std::is_sorted(a.train.begin(), a.train.end()));
  EXPECT_EQ(split_rows(1000, 0.8, 7).train, a.train);
  EXPECT_NE(split_rows(1000, 0.8, 8).train, a.train);
}

TEST(SplitRows, FractionsThatMakeAWholeMayBothBeRoundedUp) {
  DataSettings settings;
  settings.train_fraction = settings.validation_fraction = 0.5;
  const Split split = infoplane::split_rows(rows_of_two_classes(5), settings, 1);
  EXPECT_EQ(split.train.size(), 3U);
  EXPECT_EQ(split.validation.size(), 2U);
  settings.validation_fraction = 0.6;
  EXPECT_THROW(infoplane::split_rows(rows_of_two_classes(5), settings, 1), RowsDoNotFit);
  settings.validation_fraction = 0.5;
  settings.train_rows = 4;
  EXPECT_THROW(infoplane::split_rows(rows_of_two_classes(5), settings, 1), RowsDoNotFit);
}

TEST(SplitRows, NothingLeftForTestsAndAtLeastOneRowToTrainOn) {
  EXPECT_TRUE(split_rows(10, 1.0, 1).test.empty());
  EXPECT_EQ(split_rows(10, 1e-9, 1).train.size(), 1U);
}

class SampleRows : public ::testing::Test {
 protected:
  const Dataset data_ = make_szt(0, 1);
  const std::vector<std::int64_t> train_ = split_rows(4096, 0.8, 3).train;

  std::vector<std::int64_t> sample(double rate, std::uint64_t seed = 5) const {
    return sample_rows(data_, train_, rate, seed);
  }
  std::int64_t ones(const std::vector<std::int64_t>& rows) const {
    const std::vector<std::int32_t> labels = labels_of(data_, rows);
    return std::count(labels.begin(), labels.end(), 1);
  }
};

TEST_F(SampleRows, SmallerRatesLieInsideLargerOnes) {
  std::vector<std::int64_t> smaller;
  for (const double rate : {0.001, 0.05, 0.2, 0.45, 0.85, 1.0}) {
    const std::vector<std::int64_t> larger = sample(rate);
    EXPECT_EQ(larger.size(),
              static_cast<std::size_t>(std::llround(rate * static_cast<double>(train_.size()))));
    EXPECT_TRUE(std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end()))
        << rate;
    EXPECT_EQ(std::set<std::int64_t>(larger.begin(), larger.end()).size(), larger.size());
    smaller = larger;
  }
  EXPECT_EQ(smaller, train_);
}

TEST_F(SampleRows, EveryClassGetsItsShareToWithinOneRow) {
  const double share = static_cast<double>(ones(train_)) / static_cast<double>(train_.size());
  for (const double rate : {0.01, 0.05, 0.45, 0.85}) {
    const std::vector<std::int64_t> rows = sample(rate);
    EXPECT_NEAR(static_cast<double>(ones(rows)), share * static_cast<double>(rows.size()), 1.0)
        << rate;
  }
}

TEST_F(SampleRows, TheSeedDecides) {
  EXPECT_EQ(sample(0.1, 9), sample(0.1, 9));
  EXPECT_NE(sample(0.1, 9), sample(0.1, 10));
}

TEST_F(SampleRows, IsASampleOfTheTrainingRowsOnly) {
  const std::vector<std::int64_t> rows = sample(0.3);
  EXPECT_TRUE(std::includes(train_.begin(), train_.end(), rows.begin(), rows.end()));
}

TEST(DrawRows, DrawsDistinctRows) {
  const std::vector<std::int64_t> rows = draw_rows(100, 30, 2);
  EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), 30U);
  EXPECT_EQ(draw_rows(100, 30, 2), rows);
  EXPECT_NE(draw_rows(100, 30, 3), rows);
}

}  // namespace
}  // namespace infoplane
