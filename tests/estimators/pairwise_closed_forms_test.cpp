#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "estimators/snapshot.hpp"
#include "support/szt_rule.hpp"

// Answers known without the program: all binary n-vectors, a fixed 60 x 4 matrix and the six
// numbers on which the BD estimate of I(T;Y) overtakes the truth.

namespace infoplane::test {
namespace {

/// All 2^bits binary vectors as rows.
Snapshot binary_vectors(int bits) {
  Snapshot s(std::size_t{1} << bits, static_cast<std::size_t>(bits));
  for (std::size_t p = 0; p < s.rows; ++p) {
    for (std::size_t k = 0; k < s.cols; ++k)
      s.at(p, k) = static_cast<float>(p >> (s.cols - 1 - k) & 1);
  }
  return s;
}

Snapshot szt_snapshot() {
  Snapshot s = binary_vectors(szt_inputs);
  s.labels = szt_labels();
  return s;
}

/// Coordinates are independent, so the double sum is a product: bits (1 - log2(1 + exp(-1 /
/// scale))).
double closed_form(int bits, double scale) {
  return bits * (1 - std::log2(1 + std::exp(-1 / scale)));
}

struct TableRow {
  double sigma2;
  double kl_xt, bd_xt, truth, kl_ty, bd_ty;
};
const std::vector<TableRow> table{
    {1e-3, 12.0000000000, 12.0000000000, 12.0000000000, .99915712, .99915712},
    {1e-2, 12.0000000000, 11.9999354830, 11.9999850566, .99915712, .99914320},
    {0.1, 11.8837416004, 7.6385179642, 9.5149374320, .97437495, .42705822},
    {0.25, 9.8025790550, 3.7926178311, 5.8313298496, .63501641, .18703119},
    {1, 3.7926178311, 1.0482301065, 1.9289666376, .18703119, .04944375},
};

std::vector<double> sigma2_of_table() {
  std::vector<double> sigma2;
  for (const TableRow& row : table) sigma2.push_back(row.sigma2);
  return sigma2;
}

/// `tolerance` is the error of the estimator; the table adds half a unit of its last digit.
void expect_table_row(const PairwiseEstimate& estimate, const TableRow& row, double tolerance) {
  SCOPED_TRACE("sigma2 = " + std::to_string(row.sigma2));
  EXPECT_NEAR(estimate.kl.xt, row.kl_xt, 0.5e-10 + tolerance);
  EXPECT_NEAR(estimate.bd.xt, row.bd_xt, 0.5e-10 + tolerance);
  EXPECT_NEAR(estimate.kl.ty, row.kl_ty, 0.5e-8 + tolerance);
  EXPECT_NEAR(estimate.bd.ty, row.bd_ty, 0.5e-8 + tolerance);
  EXPECT_LE(estimate.bd.xt, row.truth + 0.5e-10 + tolerance);
  EXPECT_GE(estimate.kl.xt, row.truth - 0.5e-10 - tolerance);
}

// float64 sums of 4096 terms lose some 4096 * 1.1e-16 = 5e-13; 1e-9 leaves room for the logarithms.
constexpr double reference_tolerance = 1e-9;
constexpr double fast_tolerance = 1e-6;  // promised in estimators/pairwise.hpp

TEST(SztRule, GivesThePublishedLabels) {
  const std::vector<std::int32_t> labels = szt_labels();
  ASSERT_EQ(labels.size(), 4096u);
  EXPECT_EQ(std::accumulate(labels.begin(), labels.end(), 0), 2118);
  EXPECT_NEAR(label_entropy_bits(labels), 0.9991571209, 0.5e-10);
}

TEST(SztRule, DistancesAreThoseOfAnIcosahedron) {
  for (int u = 0; u < szt_inputs; ++u) {
    int count[4] = {0, 0, 0, 0};
    for (int v = 0; v < szt_inputs; ++v) {
      if (v != u) ++count[szt_distance(u, v)];
    }
    EXPECT_EQ(count[1], 5) << "vertex " << u;
    EXPECT_EQ(count[2], 5) << "vertex " << u;
    EXPECT_EQ(count[3], 1) << "vertex " << u;
  }
}

TEST(PairwiseReference, ClosedFormOfAllBinaryVectors) {
  for (const int bits : {1, 2, 5, 8}) {
    SCOPED_TRACE(bits);
    const Snapshot s = binary_vectors(bits);
    for (const PairwiseEstimate& estimate : reference(s, {1e-3, 1e-2, 0.1, 0.25, 1, 30})) {
      EXPECT_NEAR(estimate.kl.xt, closed_form(bits, 2 * estimate.sigma2), reference_tolerance);
      EXPECT_NEAR(estimate.bd.xt, closed_form(bits, 8 * estimate.sigma2), reference_tolerance);
    }
  }
}

// 4096 rows cost the reference half a second for each sigma2, and 25 times that with sanitizers.
TEST(PairwiseReference, TableOfAll12BitPatterns) {
#ifdef NDEBUG
  const std::vector<TableRow> rows = table;
#else
  const std::vector<TableRow> rows{table[2]};
#endif
  const Snapshot s = szt_snapshot();
  for (const TableRow& row : rows) {
    const PairwiseEstimate estimate = reference(s, {row.sigma2})[0];
    expect_table_row(estimate, row, reference_tolerance);
    EXPECT_NEAR(estimate.kl.xt, closed_form(12, 2 * row.sigma2), reference_tolerance);
    EXPECT_NEAR(estimate.bd.xt, closed_form(12, 8 * row.sigma2), reference_tolerance);
  }
}

TEST(Pairwise, TableOfAll12BitPatterns) {
  const std::vector<PairwiseEstimate> estimates = fast(szt_snapshot(), sigma2_of_table());
  ASSERT_EQ(estimates.size(), table.size());
  for (std::size_t r = 0; r < table.size(); ++r) {
    EXPECT_EQ(estimates[r].sigma2, table[r].sigma2);
    expect_table_row(estimates[r], table[r], fast_tolerance);
    EXPECT_NEAR(estimates[r].kl.xt, closed_form(12, 2 * table[r].sigma2), fast_tolerance);
    EXPECT_NEAR(estimates[r].bd.xt, closed_form(12, 8 * table[r].sigma2), fast_tolerance);
  }
}

struct VectorARow {
  double sigma2;
  double kl_xt, kl_ty, bd_xt, bd_ty;
  double monte_carlo, standard_error;  ///< of the I(X;T) that the two bounds enclose
};
const std::vector<VectorARow> vector_a_table{
    {1e-3, 4.703953791, .455854516, 4.306253669, .161248663, 4.4364, .0015},
    {1e-2, 4.176488130, .094719806, 4.094579896, .061884191, 4.1221, .0008},
    {1e-1, 3.996099587, .054618226, 3.385900102, .037777866, 3.6614, .0016},
    {1, 2.192422258, .013503191, .694293446, .001266738, 1.1789, .0026},
};

/// tanh(1.5 sin(0.37 (i+1)(d+1))), y = i mod 3.
std::vector<double> vector_a() {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) {
    for (int d = 0; d < 4; ++d)
      values.push_back(std::tanh(1.5 * std::sin(0.37 * (i + 1) * (d + 1))));
  }
  return values;
}

std::vector<std::int32_t> vector_a_labels() {
  std::vector<std::int32_t> labels;
  for (std::int32_t i = 0; i < 60; ++i) labels.push_back(i % 3);
  return labels;
}

TEST(VectorA, IsTheOneOfTheTable) {
  double sum = 0;
  double squares = 0;
  for (const double t : vector_a()) {
    sum += t;
    squares += t * t;
  }
  EXPECT_NEAR(sum, 7.423284461, 0.5e-9 + 1e-12);
  EXPECT_NEAR(squares, 124.7205444603, 0.5e-10 + 1e-12);
}

void expect_vector_a_row(const PairwiseEstimate& estimate, const VectorARow& row,
                         double tolerance) {
  SCOPED_TRACE("sigma2 = " + std::to_string(row.sigma2));
  EXPECT_NEAR(estimate.kl.xt, row.kl_xt, tolerance);
  EXPECT_NEAR(estimate.kl.ty, row.kl_ty, tolerance);
  EXPECT_NEAR(estimate.bd.xt, row.bd_xt, tolerance);
  EXPECT_NEAR(estimate.bd.ty, row.bd_ty, tolerance);
  EXPECT_LE(estimate.bd.xt, row.monte_carlo + 4 * row.standard_error);
  EXPECT_GE(estimate.kl.xt, row.monte_carlo - 4 * row.standard_error);
}

TEST(VectorA, Reference) {
  const std::vector<double> values = vector_a();
  for (const VectorARow& row : vector_a_table) {
    const auto estimates =
        pairwise_information_reference({values.data(), 60, 4}, vector_a_labels(), {row.sigma2});
    expect_vector_a_row(estimates[0], row, 0.5e-9 + 1e-12);  // nine printed digits
  }
}

// Rounding T to float32 moves a distance d by some 1e-7 sqrt(d); at sigma2 = 1e-3, where d ~ sigma2
// matters, that is an exponent off by 3e-6 at worst and by its square root's average in the mean.
TEST(VectorA, Fast) {
  const std::vector<double> values = vector_a();
  const std::vector<float> rounded(values.begin(), values.end());
  std::vector<double> sigma2;
  for (const VectorARow& row : vector_a_table) sigma2.push_back(row.sigma2);
  const auto estimates = pairwise_information({rounded.data(), 60, 4}, vector_a_labels(), sigma2);
  for (std::size_t r = 0; r < vector_a_table.size(); ++r) {
    expect_vector_a_row(estimates[r], vector_a_table[r], 5e-6);
  }
}

// BD lies above the truth here although it bounds I(X;T) from below: a difference of two lower
// bounds is no bound.
TEST(PairwiseReference, BdEstimateOfLabelInformationIsNoLowerBound) {
  const std::vector<double> h{-3.477, .754, .592, .754, -3.477, -3.315};
  const std::vector<std::int32_t> labels{0, 1, 0, 1, 0, 1};
  const double truth_nats = .058559;
  const PairwiseEstimate estimate =
      pairwise_information_reference({h.data(), 6, 1}, labels, {1.0})[0];
  const double nats = std::log(2.0);
  EXPECT_NEAR(estimate.bd.ty * nats, .060468, 0.5e-6);
  EXPECT_NEAR(estimate.kl.ty * nats, .062474, 0.5e-6);
  EXPECT_GT(estimate.bd.ty * nats, truth_nats);
}

/// `leaves` unit vectors along axes of their own, and so many rows in the middle, another class.
Snapshot star(std::size_t leaves, std::size_t in_the_middle) {
  Snapshot s(leaves + in_the_middle, leaves);
  for (std::size_t i = 0; i < leaves; ++i) s.at(i, i) = 1;
  for (std::size_t i = 0; i < s.rows; ++i) s.labels[i] = i < leaves ? 0 : 1;
  return s;
}

/// H(Y) + mean_i log2( same_i / all_i ): leaves are at distance 1 from the middle, at 2 from each
/// other.
double label_information_of_star(std::size_t leaves, std::size_t in_the_middle, double scale) {
  const auto m = static_cast<double>(leaves);
  const auto w = static_cast<double>(in_the_middle);
  const double a = std::exp(-1 / scale);
  const double same = 1 + (m - 1) * a * a;
  const double share_of_leaf = same / (same + w * a);
  const double share_of_middle = w / (w + m * a);
  const double n = m + w;
  const double entropy = -(m * std::log2(m / n) + w * std::log2(w / n)) / n;
  return entropy + (m * std::log2(share_of_leaf) + w * std::log2(share_of_middle)) / n;
}

// The formula is no information there: a row of the wide class has the other one nearer than its
// own.
TEST(PairwiseClosedForms, LabelInformationCanBeNegative) {
  const Snapshot s = star(30, 8);
  const std::vector<double> sigma2{0.01, 0.3, 1, 1.7, 4, 100};
  const auto estimates = fast(s, sigma2);
  const auto references = reference(s, sigma2);
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    SCOPED_TRACE("sigma2 = " + std::to_string(sigma2[i]));
    const double kl = label_information_of_star(30, 8, 2 * sigma2[i]);
    const double bd = label_information_of_star(30, 8, 8 * sigma2[i]);
    EXPECT_NEAR(estimates[i].kl.ty, kl, estimates[i].error_bits);
    EXPECT_NEAR(estimates[i].bd.ty, bd, estimates[i].error_bits);
    EXPECT_NEAR(references[i].kl.ty, kl, reference_tolerance);
    EXPECT_NEAR(references[i].bd.ty, bd, reference_tolerance);
  }
  EXPECT_NEAR(estimates[2].kl.ty, -0.0138, 5e-5);
}

}  // namespace
}  // namespace infoplane::test
