#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/aligned_vector.hpp"
#include "core/errors.hpp"
#include "core/matrix_view.hpp"

namespace infoplane {

/// Mutual information of a layer T with the input X and with the labels Y, in bits.
struct MutualInformation {
  double xt = 0;
  double ty = 0;
};

/// What one noise variance gives. T = h + e, e ~ N(0, sigma2 I).
struct PairwiseEstimate {
  double sigma2 = 0;
  MutualInformation kl;  ///< xt: upper bound on I(X;T)
  MutualInformation bd;  ///< xt: lower bound on I(X;T); ty: the "BD estimate", no bound by itself
  /// The certificate: none of the four numbers is further than this from exact evaluation of its
  /// formula on these rows. Bits; at most 1e-6, of up to 20 million rows.
  double error_bits = 0;
};

/// A snapshot the estimator cannot accept: a value that is NaN or infinite, labels of another
/// number. The caller adds the trial, layer and epoch.
class SnapshotError : public InputError {
 public:
  using InputError::InputError;
};

/// How rows of 64 features or more are multiplied.
enum class WideRows {
  fastest,  ///< what is fastest on this machine
  digits,   ///< in integers, digit by digit, though this machine may be slow at it; floats where
            ///< that would not be accurate
  floats,   ///< in float64, after a look in float32
};

struct PairwiseOptions {
  /// Leave out what provably cannot be seen. Without it every kernel value is evaluated: for
  /// measurements and tests.
  bool prune = true;
  /// Likewise.
  WideRows wide_rows = WideRows::fastest;
};

/// Pairwise-distance estimates of Kolchinsky & Tracey (2017, eq. 10), with d_ij = |h_i - h_j|^2:
///
///   I_KL(X;T) = -1/N sum_i log2( 1/N sum_j exp(-d_ij / (2 sigma2)) )
///   I_BD(X;T) = the same with 8 sigma2
///   I(T;Y)    = I(X;T) - sum_c p_c [ the same inside class c ]
///
/// `h` is N x H; labels[i] is the class of row i, any integers. All of `sigma2` (each > 0) are
/// evaluated in one pass over the distances; the result is in their order.
///
/// The result depends on nothing but the arguments and the instruction set, and an entry of it on
/// no other sigma2. It lies within error_bits of the formula. 0 <= I(X;T) <= log2 N and
/// I(T;Y) <= H(Y) hold for every noise and data set and are asserted: InternalError if they do not.
/// I(T;Y) can be below 0: where a class lies close together inside a wide one, in many dimensions,
/// most of the kernel sum of the wide one's rows comes from the other. Throws SnapshotError for
/// what is no snapshot. Beside the snapshot it takes about (32 * sigma2.size() + 8 H) * N bytes, at
/// most 64 MiB of it for the 8 H; with H >= 64 up to 176 MiB more for some of the rows as digits,
/// in float32 or in float64. Not collective.
std::vector<PairwiseEstimate> pairwise_information(MatrixView<const float> h,
                                                   const std::vector<std::int32_t>& labels,
                                                   const std::vector<double>& sigma2,
                                                   const PairwiseOptions& options = {});

/// Several processes that each hold a snapshot prepare it together. By itself: one process, alone.
struct PreparedTogether {
  std::size_t part = 0;  ///< of this process
  std::size_t parts = 1;
  /// Collective: bytes [bounds[p], bounds[p + 1]) of process p reach all others.
  std::function<void(char* bytes, const std::vector<std::size_t>& bounds)> gather;
};

/// What one kernel width exp(-d / (2 variance)) gives: KL at sigma2 = variance, BD at a quarter of
/// it.
struct PairwiseWidth {
  double xt = 0;
  double ty = 0;
  double error_bits = 0;
};

/// Kernel sums of all rows in fixed point. Integers, so that it does not matter in which order they
/// are added up. They begin as no_sums() of a problem: PairwiseSums(n) is not zeroed.
using PairwiseSums = AlignedVector<std::int64_t>;

/// The same in pieces, for several processes that each hold the snapshot. Every one of the tickets
/// has to be added once, by whomever; the sums of several processes may be added up in any order.
///
/// Processes that have added tickets can finish together: part p of `parts`, one for each, are the
/// sums of some widths. It needs no other sums:
///
///     bounds = part_bounds(parts);            // sums from bounds[p] up to bounds[p + 1]
///     widths = finish_part(p, parts, sums);   // once these are those over all tickets
///     estimates(widths);                      // with the widths of all parts
class PairwiseProblem {
 public:
  /// `h` must outlive it, and `together` is kept. Throws SnapshotError, where there are several
  /// processes before they are asked to gather anything. Collective among these; each gets the
  /// problem that one alone would.
  PairwiseProblem(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                  const std::vector<double>& sigma2, const PairwiseOptions& options = {},
                  const PreparedTogether& together = {});
  ~PairwiseProblem();
  PairwiseProblem(PairwiseProblem&&) noexcept;
  PairwiseProblem& operator=(PairwiseProblem&&) noexcept;

  /// At least 1; a function of the arguments.
  std::size_t tickets() const;
  /// Predicted seconds of add() of every ticket, from how many rows lie near each other. Together
  /// they are pairwise_cost_s, which knows nothing of that: relative to each other they are better.
  /// Collective among the processes that prepared the problem together, which gather the costs, and
  /// the same for each.
  std::vector<double> ticket_costs_s() const;
  std::size_t sums_size() const;
  /// So many zeros: the sums of no ticket.
  PairwiseSums no_sums() const;
  /// Adds what the ticket contributes to `sums`, and calls `meanwhile` some ten times in between.
  /// One thread at a time.
  void add(std::size_t ticket, PairwiseSums& sums,
           const std::function<void()>& meanwhile = {}) const;
  /// Estimates from the sums over all tickets, in the order of sigma2. Throws InternalError.
  std::vector<PairwiseEstimate> finish(const PairwiseSums& sums) const;

  /// Part p has widths from first_width(p, parts) up to first_width(p + 1, parts), and may have
  /// none.
  std::size_t widths() const;
  std::size_t first_width(std::size_t part, std::size_t parts) const;
  std::vector<std::size_t> part_bounds(std::size_t parts) const;
  /// All widths, but only those of the part have values. Throws InternalError.
  std::vector<PairwiseWidth> finish_part(std::size_t part, std::size_t parts,
                                         const PairwiseSums& sums) const;
  std::vector<PairwiseEstimate> estimates(const std::vector<PairwiseWidth>& widths) const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// H(Y) of the labels in bits: the ceiling of I(T;Y).
double label_entropy_bits(const std::vector<std::int32_t>& labels);

/// Predicted seconds of pairwise_information on one core, good for ordering and batching work.
double pairwise_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count);

/// Exponentials per pair that these noise variances take; the other kernels come by squaring.
std::size_t pairwise_exponentials(const std::vector<double>& sigma2);

/// "avx512", "avx2" or "baseline", and "+amx" where wide rows go by digits: the vector code in use,
/// which decides last bits.
std::string pairwise_vector_code();

}  // namespace infoplane
