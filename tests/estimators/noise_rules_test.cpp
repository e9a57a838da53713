#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "estimators/noise/rule.hpp"
#include "estimators/snapshot.hpp"

namespace infoplane::test {
namespace {

double variance(const std::string& rule, const Snapshot& s) {
  return noise_variance(make_noise_rule(rule), summarize_distances(s.view(), 1));
}

/// One feature: 0, 1, 3, 7. Distances 1, 4, 9, 16, 36, 49; mean 2.75, variance 7.1875.
Snapshot four_rows() {
  Snapshot s(4, 1);
  s.at(1, 0) = 1;
  s.at(2, 0) = 3;
  s.at(3, 0) = 7;
  return s;
}

TEST(NoiseRules, Percentile) {
  const Snapshot s = four_rows();
  EXPECT_EQ(variance("p50/1", s), 9) << "the third of six";
  EXPECT_EQ(variance("p90/1000", s), 0.049);
  EXPECT_EQ(variance("p16/2", s), 0.5);
  EXPECT_EQ(variance("p17/2", s), 2) << "17 % of 6 pairs is more than one";
  EXPECT_EQ(variance("p0.1/0.5", s), 2);
}

// The square of activations twice as large is four times as large, and so is the noise.
TEST(NoiseRules, FollowTheScale) {
  const Snapshot s = random_snapshot(100, 4, 1, 2, 6);
  Snapshot large = s;
  for (float& value : large.values) value *= 1024;
  for (const char* rule : {"p90/1000", "scale:0.3", "median", "median:2"}) {
    EXPECT_NEAR(variance(rule, large), 0x1p20 * variance(rule, s), 1e-9 * variance(rule, large))
        << rule;
  }
}

TEST(NoiseRules, Scale) {
  EXPECT_NEAR(variance("scale:1", four_rows()), 7.1875, 1e-14);
  EXPECT_NEAR(variance("scale:0.01", four_rows()), 0.071875, 1e-16);
  Snapshot wide(4, 2);  // the other feature is constant: half the mean variance
  for (std::size_t i = 0; i < 4; ++i) {
    wide.at(i, 0) = four_rows().at(i, 0);
    wide.at(i, 1) = 5;
  }
  EXPECT_NEAR(variance("scale:1", wide), 7.1875 / 2, 1e-14);
}

TEST(NoiseRules, Median) {
  EXPECT_EQ(variance("median", four_rows()), 4.5) << "2 sigma2 is the median";
  EXPECT_EQ(variance("median:1", four_rows()), 4.5);
  EXPECT_EQ(variance("median:0.1", four_rows()), 0.1 * 9 / 2);
}

// More than half of the pairs are duplicates: median and low percentiles are 0.
TEST(NoiseRules, DegenerateSnapshotsGetAFloor) {
  Snapshot s(10, 1);
  s.at(9, 0) = 10;  // mean 1, variance 9
  EXPECT_NEAR(variance("median", s), 9e-6, 1e-18);
  EXPECT_NEAR(variance("p50/1000", s), 9e-6, 1e-18);
  EXPECT_EQ(variance("p90/1000", s), 0.1) << "9 of 45 pairs are not duplicates";
  EXPECT_NEAR(variance("scale:2", s), 18, 1e-13);
  for (const char* rule : {"p90/1000", "scale:1", "median"})
    EXPECT_EQ(variance(rule, Snapshot(10, 3)), 1e-12) << rule << ", all rows alike";
}

TEST(NoiseRules, AreAllDescribed) {
  const std::string help = describe_noise_rules();
  for (const NoiseRule& rule : noise_rules()) {
    EXPECT_NE(help.find(rule.forms), std::string::npos) << rule.name;
    EXPECT_NO_THROW(make_noise_rule(rule.example)) << rule.name;
    EXPECT_EQ(RuleText::parse(rule.example).name, rule.name);
  }
}

std::string refusal(const std::string& rule) {
  try {
    make_noise_rule(rule);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(NoiseRules, UnknownOnes) {
  const std::string all =
      "there is no such rule; rules: pQ/DIVISOR, scale:C, median or median:C; ranges: "
      "log:from:to:count, lin:from:to:count, x2:from:to";
  EXPECT_EQ(refusal("percentile:90"), all);
  EXPECT_EQ(refusal("meidan"), "did you mean \"median\"? " + all);
  EXPECT_EQ(refusal("scael:0.5"), "did you mean \"scale:0.5\"? " + all);
  EXPECT_EQ(refusal("lgo:1:2:3"), "did you mean \"log:1:2:3\"? " + all);
  EXPECT_EQ(refusal("loo-ml"), all);
}

TEST(NoiseRules, WrongNumbers) {
  const std::string percentile =
      "must be pQ/DIVISOR, for example \"p90/1000\": the Q-th percentile of the squared distances "
      "between rows, 0 < Q < 100, over DIVISOR, 1e-12 to 1e12";
  for (const char* rule : {"p", "p90", "p90:1000", "p:90/1000", "p0/10", "p100/10", "p-5/10",
                           "p90/0", "p90/-1", "p90/1e13", "p90/1e-13", "p90/10/10"}) {
    EXPECT_EQ(refusal(rule), percentile) << rule;
  }
  const std::string scale =
      "must be scale:C, for example \"scale:0.01\": C times the mean variance of a unit, tr Cov(h) "
      "/ H, C from 1e-12 to 1e12";
  for (const char* rule : {"scale", "scale1", "scale/2", "scale:0", "scale:-1", "scale:1:2"})
    EXPECT_EQ(refusal(rule), scale) << rule;
  const std::string median =
      "must be median or median:C, for example \"median\": half the median of the squared "
      "distances "
      "between rows, times C from 1e-12 to 1e12";
  for (const char* rule : {"median2", "median/2", "median:0", "median:1e300"})
    EXPECT_EQ(refusal(rule), median) << rule;
}

}  // namespace
}  // namespace infoplane::test
