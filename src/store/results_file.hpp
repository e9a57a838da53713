#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "comm/communicator.hpp"
#include "store/ledger.hpp"
#include "store/results_table.hpp"

namespace infoplane {

struct EpochMetrics {
  double train_loss = 0;      ///< nats
  double train_accuracy = 0;  ///< share
  double test_loss = 0;       ///< NaN without test rows
  double test_accuracy = 0;
  double validation_loss = 0;  ///< NaN without validation rows
  double validation_accuracy = 0;
};

/// Gradients of a layer's weights over the mini-batches, or the examples, of an epoch.
struct GradientRecord {
  double mean = 0;         ///< Frobenius norm of their mean
  double deviation = 0;    ///< square root of the trace of their covariance; NaN for one gradient
  double weight_norm = 0;  ///< Frobenius norm of the weights when the epoch is over
  std::int64_t count = 0;  ///< of gradients
};

/// Squared distances between the rows of a snapshot, on the axes of core/distance_axes.hpp.
struct SnapshotDistances {
  std::vector<double> quantiles;
  std::vector<float> histogram;  ///< shares of the pairs
  double mean = 0;
  double rank_error = 0;  ///< share; 0 when all pairs were looked at
};

/// results.nc while a job runs: every rank writes numbers into it, independently, where
/// write_results left room for them. Indices are positions on the axes of the file (ResultsTable).
class ResultsFile {
 public:
  /// Collective; so is the destructor. From here on the file is not sealed (ResultsTable::sealed).
  /// Throws Error, of bad input.
  ResultsFile(const std::filesystem::path& path, const Communicator& comm);
  ~ResultsFile();
  ResultsFile(ResultsFile&&) noexcept;
  ResultsFile& operator=(ResultsFile&&) noexcept;

  // Independent, not collective; each throws InputError when the disk is full or gone.

  void write_metrics(std::size_t trial, std::size_t epoch, const EpochMetrics& metrics);
  void write_gradients(std::size_t trial, std::size_t epoch, std::size_t layer,
                       const GradientRecord& gradients);
  /// Metrics and gradients of one epoch, as if they had never been written.
  void forget_epoch(std::size_t trial, std::size_t epoch);
  /// What was written for the trial before reaches the disk first when `entry` says done.
  void write_state(std::size_t trial, const LedgerEntry& entry);
  void write_distances(std::size_t trial, std::size_t epoch, std::size_t layer,
                       const SnapshotDistances& distances);
  /// The variance the estimates are made with, and the bound on their error in bits. Goes before
  /// write_estimate: an entry that has estimates is not looked at again.
  void write_noise(std::size_t trial, std::size_t epoch, std::size_t layer, std::size_t sigma2,
                   double sigma2_used, double error_bits);
  /// `i_xt` and `i_ty` hold one value for each bound of the file, bits.
  void write_estimate(std::size_t trial, std::size_t epoch, std::size_t layer, std::size_t sigma2,
                      const std::vector<double>& i_xt, const std::vector<double>& i_ty);
  /// Everything written so far, by any rank of this node, is on the disk when this returns.
  void sync() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace infoplane
