#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "core/random.hpp"
#include "estimators/detail/digits.hpp"
#include "estimators/detail/error_budget.hpp"
#include "estimators/detail/fixed_point_sums.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/tickets.hpp"
#include "estimators/snapshot.hpp"

// A problem in pieces gives the bits of the whole, whoever adds which piece when.

namespace infoplane::test {
namespace {

using Sums = PairwiseSums;

void expect_same_bits(const std::vector<PairwiseEstimate>& a,
                      const std::vector<PairwiseEstimate>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE("sigma2 = " + std::to_string(a[i].sigma2));
    EXPECT_EQ(a[i].sigma2, b[i].sigma2);
    EXPECT_EQ(a[i].kl.xt, b[i].kl.xt);
    EXPECT_EQ(a[i].kl.ty, b[i].kl.ty);
    EXPECT_EQ(a[i].bd.xt, b[i].bd.xt);
    EXPECT_EQ(a[i].bd.ty, b[i].bd.ty);
    EXPECT_EQ(a[i].error_bits, b[i].error_bits);
  }
}

/// Tickets in a random order, each by a random one of `workers`, whose sums are then added up.
std::vector<PairwiseEstimate> by_workers(const PairwiseProblem& problem, std::size_t workers,
                                         std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<Sums> sums(workers, problem.no_sums());
  for (const std::int64_t ticket : random_permutation(problem.tickets(), random)) {
    problem.add(static_cast<std::size_t>(ticket), sums[random.below(workers)]);
  }
  Sums total = problem.no_sums();
  for (const std::int64_t worker : random_permutation(workers, random)) {
    const Sums& part = sums[static_cast<std::size_t>(worker)];
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += part[i];
  }
  return problem.finish(total);
}

/// All 2^13 binary vectors: sides of two tickets, and known answers. The first bit is the label.
Snapshot many_rows() {
  Snapshot s(std::size_t{1} << 13, 13);
  for (std::size_t i = 0; i < s.rows; ++i) {
    for (std::size_t k = 0; k < s.cols; ++k) s.at(i, k) = static_cast<float>(i >> k & 1);
    s.labels[i] = static_cast<std::int32_t>(i & 1);
  }
  return s;
}

double bits_of_a_coordinate(double scale) { return 1 - std::log2(1 + std::exp(-1 / scale)); }

// Where nothing is left out the certificate is the sum of what everything may be wrong by.
TEST(PairwiseTickets, TheCertificateContainsWhatTheyRound) {
  const Snapshot s = many_rows();
  const detail::OrderedRows rows(s.view(), s.labels);
  const std::vector<detail::Ticket> tickets = detail::cut_tickets(rows);
  const std::size_t of_a_row = detail::tickets_of_a_row(tickets);
  EXPECT_EQ(of_a_row * (of_a_row + 1) / 2, tickets.size());
  ASSERT_GE(of_a_row, 2U);
  // 8192 needs 14 bits, which leaves 47 of 61.
  const double rounding = detail::FixedPointSums(rows, 1).rounding(of_a_row);
  EXPECT_EQ(rounding, static_cast<double>(of_a_row) * 0x1p-47);
  const double distances = detail::distance_rounding(13, std::log(8192 / 1e-7));
  EXPECT_NEAR(distances, std::log(8192 / 1e-7) * 21 / 9.007199254740992e15, 1e-25);
  // Cancellation, the exponential, constant tiles: as pairwise.cpp grants itself.
  const double relative = 3e-8 + 2e-8 + 5e-8 + distances + rounding;
  EXPECT_DOUBLE_EQ(fast(s, {1e6})[0].error_bits, 2 * relative / std::log(2.0));
}

TEST(PairwiseTickets, AnyOrderAndGroupingGivesTheSameBits) {
  const Snapshot s = many_rows();
  const std::vector<double> sigma2{0.012, 0.3};
  const PairwiseProblem problem(s.view(), s.labels, sigma2);
  ASSERT_GE(problem.tickets(), 3u) << "the test says nothing about one ticket";
  const auto whole = fast(s, sigma2);
#ifdef NDEBUG
  const std::vector<std::size_t> worker_counts{1, 2, 3, 7};
#else
  const std::vector<std::size_t> worker_counts{2};
#endif
  for (const std::size_t workers : worker_counts) {
    const std::uint64_t seed = 50 + workers;
    SCOPED_TRACE(seed_text(seed));
    expect_same_bits(by_workers(problem, workers, seed), whole);
  }
  for (const PairwiseEstimate& estimate : whole) {
    const double kl = bits_of_a_coordinate(2 * estimate.sigma2);
    const double bd = bits_of_a_coordinate(8 * estimate.sigma2);
    EXPECT_NEAR(estimate.kl.xt, 13 * kl, estimate.error_bits);
    EXPECT_NEAR(estimate.kl.ty, kl, estimate.error_bits);
    EXPECT_NEAR(estimate.bd.xt, 13 * bd, estimate.error_bits);
    EXPECT_NEAR(estimate.bd.ty, bd, estimate.error_bits);
  }
}

// Scattered values, classes that share leaves, tiles dropped across the border of two tickets.
TEST(PairwiseTickets, ScatteredRows) {
  const std::uint64_t seed = 61;
  SCOPED_TRACE(seed_text(seed));
  RandomStream random(seed);
  Snapshot s = random_snapshot(4700, 2, 1, 3, seed);
  for (std::size_t i = 0; i < 200; ++i) s.labels[i] = 10 + static_cast<std::int32_t>(i / 9);
  for (std::size_t i = 0; i < s.rows; i += 11) s.at(i, 1) = s.at(i, 0) = 0.5F;
  const std::vector<double> sigma2{1e-5, 1e-3, 7.0};
  const PairwiseProblem problem(s.view(), s.labels, sigma2);
  ASSERT_GE(problem.tickets(), 3u);
  const auto whole = fast(s, sigma2);
  expect_same_bits(by_workers(problem, 3, seed), whole);
}

// Sanitizers make it 20 times slower.
#ifdef NDEBUG
constexpr bool sanitized = false;
const std::vector<std::size_t> wide_features{64, 200, 300};
#else
constexpr bool sanitized = true;
const std::vector<std::size_t> wide_features{64};
#endif

/// Rows in clusters of different size, some of which see each other and some do not. Fewer where
/// products of digits are slow, on a processor that has no instructions for them.
Snapshot wide_clusters(std::size_t features, std::uint64_t seed, WideRows by) {
  const bool slow = sanitized || (by == WideRows::digits && detail::digit_kernel() == nullptr);
  Snapshot s = random_snapshot(slow ? 450 : 2600, features, 1, 3, seed);
  const Snapshot centres = random_snapshot(16, features, 1, 1, seed + 1);
  for (std::size_t i = 0; i < s.rows; ++i) {
    const std::size_t cluster = i % 16;
    const float size = cluster % 4 == 0 ? 1e-7F : cluster % 4 == 1 ? 0.1F : 0.5F;
    for (std::size_t k = 0; k < features; ++k)
      s.at(i, k) = centres.at(cluster, k) + size * s.at(i, k);
  }
  return s;
}

Sums sums_of(const PairwiseProblem& problem) {
  Sums sums = problem.no_sums();
  for (std::size_t t = 0; t < problem.tickets(); ++t) problem.add(t, sums);
  return sums;
}

// Whether a quick look is taken depends on what others have found before, and must not show.
void expect_same_bits_of_wide_rows(const Snapshot& s, WideRows by) {
  const std::vector<double> sigma2{0.01, 0.7, 3, 300};
  const PairwiseOptions options{true, by};
  const PairwiseProblem problem(s.view(), s.labels, sigma2, options);
  ASSERT_GE(problem.tickets(), 3u);
  const auto whole = pairwise_information(s.view(), s.labels, sigma2, options);
  expect_same_bits(by_workers(problem, 3, 1), whole);
  const auto dense = pairwise_information(s.view(), s.labels, sigma2, {false, by});
  for (std::size_t i = 0; i < sigma2.size(); ++i) {
    EXPECT_NEAR(whole[i].kl.xt, dense[i].kl.xt, whole[i].error_bits + dense[i].error_bits);
    EXPECT_NEAR(whole[i].bd.ty, dense[i].bd.ty, whole[i].error_bits + dense[i].error_bits);
    // An entry of a list depends on no other one.
    SCOPED_TRACE("sigma2 = " + std::to_string(sigma2[i]));
    expect_same_bits(pairwise_information(s.view(), s.labels, {sigma2[i]}, options), {whole[i]});
  }
  for (std::size_t ticket = 0; ticket < problem.tickets(); ++ticket) {
    SCOPED_TRACE(ticket);
    // By a worker who has seen others before, and by one who has not.
    Sums again = problem.no_sums();
    problem.add(ticket, again);
    Sums fresh = problem.no_sums();
    PairwiseProblem(s.view(), s.labels, sigma2, options).add(ticket, fresh);
    EXPECT_EQ(again, fresh);
  }
}

TEST(PairwiseTickets, SomebodyElseHasATurnWhileATicketIsAdded) {
  const Snapshot s = many_rows();
  const PairwiseProblem problem(s.view(), s.labels, {0.1});
  const std::size_t last = problem.tickets() - 1;
  Sums undisturbed = problem.no_sums();
  problem.add(last, undisturbed);
  Sums sums = problem.no_sums();
  int turns = 0;
  problem.add(last, sums, [&] { ++turns; });
  EXPECT_GE(turns, 4);
  EXPECT_EQ(sums, undisturbed);
}

TEST(PairwiseTickets, WideRows) {
  // Boxed or not, with and without boxes of blocks.
  for (const std::size_t features : wide_features) {
    for (const WideRows by : {WideRows::digits, WideRows::floats}) {
      const std::uint64_t seed = 63 + features;
      SCOPED_TRACE(seed_text(seed));
      expect_same_bits_of_wide_rows(wide_clusters(features, seed, by), by);
    }
  }
}

TEST(PairwiseTickets, WideRowsGoByDigits) {
  for (const std::size_t features : wide_features) {
    const Snapshot s = wide_clusters(features, 64, WideRows::digits);
    const std::vector<double> sigma2{3};
    const PairwiseProblem digits(s.view(), s.labels, sigma2, {true, WideRows::digits});
    const PairwiseProblem floats(s.view(), s.labels, sigma2, {true, WideRows::floats});
    EXPECT_NE(sums_of(digits), sums_of(floats)) << features << ": the test above says nothing";
  }
}

// A part needs no sums but its own: the others are wrong here.
TEST(PairwiseTickets, FinishedInPartsGiveTheSameBits) {
  const std::uint64_t seed = 62;
  SCOPED_TRACE(seed_text(seed));
  const Snapshot s = random_snapshot(700, 3, 1, 3, seed);
  const std::vector<double> sigma2{1e-3, 0.25, 1, 3};
  const PairwiseProblem problem(s.view(), s.labels, sigma2);
  Sums sums = problem.no_sums();
  for (std::size_t t = 0; t < problem.tickets(); ++t) problem.add(t, sums);
  const auto whole = problem.finish(sums);
  for (const std::size_t parts : {1u, 2u, 3u, 4u, 40u}) {
    SCOPED_TRACE(parts);
    const std::vector<std::size_t> bounds = problem.part_bounds(parts);
    ASSERT_EQ(bounds.size(), parts + 1);
    ASSERT_EQ(bounds.front(), 0u);
    ASSERT_EQ(bounds.back(), sums.size());
    std::vector<PairwiseWidth> widths(problem.widths());
    for (std::size_t part = 0; part < parts; ++part) {
      Sums own(sums.size(), -1);
      std::copy(sums.begin() + static_cast<std::ptrdiff_t>(bounds[part]),
                sums.begin() + static_cast<std::ptrdiff_t>(bounds[part + 1]),
                own.begin() + static_cast<std::ptrdiff_t>(bounds[part]));
      const std::vector<PairwiseWidth> found = problem.finish_part(part, parts, own);
      for (std::size_t w = problem.first_width(part, parts);
           w < problem.first_width(part + 1, parts); ++w)
        widths[w] = found.at(w);
    }
    expect_same_bits(problem.estimates(widths), whole);
  }
}

TEST(PairwiseTickets, AreAFunctionOfTheArguments) {
  const Snapshot s = random_snapshot(300, 2, 1, 3, 5);
  const PairwiseProblem one(s.view(), s.labels, {0.1, 1});
  PairwiseProblem two(s.view(), s.labels, {0.1, 1});
  EXPECT_EQ(one.tickets(), two.tickets());
  EXPECT_EQ(one.sums_size(), two.sums_size());
  EXPECT_EQ(one.ticket_costs_s(), two.ticket_costs_s());
  Sums first = one.no_sums();
  Sums second = one.no_sums();
  const std::size_t last = one.tickets() - 1;
  one.add(last, first);
  const PairwiseProblem moved(std::move(two));
  moved.add(last, second);
  EXPECT_EQ(first, second);
}

TEST(PairwiseTickets, AddOntoWhatIsThere) {
  const Snapshot s = random_snapshot(100, 2, 1, 3, 5);
  const PairwiseProblem problem(s.view(), s.labels, {0.1});
  Sums sums = problem.no_sums();
  problem.add(0, sums);
  Sums raised(problem.sums_size(), 1000);
  problem.add(0, raised);
  for (std::size_t i = 0; i < sums.size(); ++i) ASSERT_EQ(raised[i], sums[i] + 1000);
}

TEST(PairwiseTickets, CostsAddUpToTheWhole) {
  const Snapshot s = many_rows();
  const PairwiseProblem problem(s.view(), s.labels, {0.1, 0.2, 0.7});
  const std::vector<double> costs = problem.ticket_costs_s();
  ASSERT_EQ(costs.size(), problem.tickets());
  double total = 0;
  for (const double cost : costs) {
    EXPECT_GT(cost, 0);
    total += cost;
  }
  EXPECT_NEAR(total, pairwise_cost_s(s.rows, s.cols, 3), 0.05 * total);
}

/// Threads that gather like processes.
class Gathering {
 public:
  explicit Gathering(std::size_t parts) : parts_(parts), filled_(parts) {}

  PreparedTogether part(std::size_t part) {
    return {part, parts_, [this, part](char* bytes, const std::vector<std::size_t>& bounds) {
              std::unique_lock<std::mutex> lock(mutex_);
              std::vector<std::uint64_t> values(bounds.back() / sizeof(std::uint64_t));
              std::memcpy(values.data(), bytes, bounds.back());
              filled_[part].push_back(values.size() - std::count(values.begin(), values.end(), 0U));
              all_.resize(bounds.back());
              std::copy(bytes + bounds[part], bytes + bounds[part + 1], all_.data() + bounds[part]);
              meet(lock);
              std::copy(all_.begin(), all_.end(), bytes);
              meet(lock);
            }};
  }
  /// Numbers other than 0 that the parts had in their lists when they came to the n-th gathering:
  /// their own, if nobody made what another one gives.
  std::size_t filled(std::size_t n) const {
    std::size_t all = 0;
    for (const std::vector<std::size_t>& of_part : filled_) all += of_part.at(n);
    return all;
  }

 private:
  void meet(std::unique_lock<std::mutex>& lock) {
    const std::size_t meeting = meetings_;
    if (++came_ == parts_) {
      came_ = 0;
      ++meetings_;
      all_came_.notify_all();
    }
    all_came_.wait(lock, [&] { return meetings_ != meeting; });
  }

  std::size_t parts_;
  std::vector<std::vector<std::size_t>> filled_;  // [part][gathering]
  std::mutex mutex_;
  std::condition_variable all_came_;
  std::vector<char> all_;
  std::size_t came_ = 0, meetings_ = 0;
};

TEST(PairwiseTickets, CostsAndSumsOfAProblemPreparedTogether) {
  const Snapshot s = many_rows();
  const std::vector<double> sigma2{0.1, 0.2, 0.7};
  const PairwiseProblem alone(s.view(), s.labels, sigma2);
  const std::vector<double> costs = alone.ticket_costs_s();
  const std::size_t last = alone.tickets() - 1;
  Sums sums = alone.no_sums();
  alone.add(last, sums);
  for (const std::size_t parts : {2U, 3U, 30U}) {
    SCOPED_TRACE(parts);
    Gathering gathering(parts);
    std::vector<std::vector<double>> costs_of(parts);
    std::vector<Sums> sums_of(parts);
    std::vector<std::thread> threads;
    for (std::size_t part = 0; part < parts; ++part) {
      threads.emplace_back([&, part] {
        const PairwiseProblem problem(s.view(), s.labels, sigma2, {}, gathering.part(part));
        costs_of[part] = problem.ticket_costs_s();
        sums_of[part] = problem.no_sums();
        problem.add(last, sums_of[part]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t part = 0; part < parts; ++part) {
      EXPECT_EQ(costs_of[part], costs) << part;
      EXPECT_EQ(sums_of[part], sums) << part;
    }
    constexpr std::size_t of_costs = 1;  // behind that of the rows' order
    EXPECT_EQ(gathering.filled(of_costs), costs.size());
  }
}

// Two clusters far apart, of two labels: half of the sides see nothing of the other half.
TEST(PairwiseTickets, TicketsWithoutNearRowsArePredictedShort) {
  Snapshot s = random_snapshot(8192, 3, 1, 2, 8);
  for (std::size_t i = 0; i < s.rows; ++i) {
    s.labels[i] = static_cast<std::int32_t>(i % 2);
    s.at(i, 0) += i % 2 == 0 ? 1000 : -1000;
  }
  const PairwiseProblem problem(s.view(), s.labels, {0.1});
  ASSERT_EQ(problem.tickets(), 10u);  // sides 0 1 | 2 3: of (0,0) (0,1) (0,2) (0,3) (1,1) ...
  const std::vector<double> costs = problem.ticket_costs_s();
  for (const std::size_t apart : {2U, 3U, 5U, 6U}) {
    for (const std::size_t together : {0U, 1U, 4U, 7U, 8U, 9U}) {
      EXPECT_LT(10 * costs[apart], costs[together]) << apart << ", " << together;
    }
  }
}

TEST(PairwiseTickets, ProblemRefusesWhatIsNoSnapshot) {
  const auto refusal = [](const Snapshot& s, const std::vector<double>& sigma2) -> std::string {
    try {
      const PairwiseProblem problem(s.view(), s.labels, sigma2);
    } catch (const SnapshotError& error) {
      return error.what();
    }
    return "no error";
  };
  Snapshot s = random_snapshot(900, 70, 1, 2, 1);
  s.at(899, 69) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(refusal(s, {1}), "row 899, feature 69 is nan");
  s.at(700, 3) = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(refusal(s, {1}), "row 700, feature 3 is -inf");
  s.at(700, 3) = std::numeric_limits<float>::max();
  s.at(899, 69) = 0;
  EXPECT_EQ(refusal(s, {1}), "no error");
  EXPECT_EQ(refusal(s, {1, 0}), "sigma2 = 0 (must be positive)");
  s.labels.pop_back();
  EXPECT_EQ(refusal(s, {1}), "899 labels for 900 rows");
}

}  // namespace
}  // namespace infoplane::test
