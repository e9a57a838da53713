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
};

/// results.nc while a job runs: every rank writes numbers into it, independently, where
/// write_results left room for them. Indices are positions on the axes of the file (ResultsTable).
class ResultsFile {
 public:
  /// Collective; so is the destructor. Throws InputError.
  ResultsFile(const std::filesystem::path& path, const Communicator& comm);
  ~ResultsFile();
  ResultsFile(ResultsFile&&) noexcept;
  ResultsFile& operator=(ResultsFile&&) noexcept;

  // Independent, not collective; each throws InputError when the disk is full or gone.

  void write_metrics(std::size_t trial, std::size_t epoch, const EpochMetrics& metrics);
  /// What was written for the trial before reaches the disk first when `entry` says done.
  void write_state(std::size_t trial, const LedgerEntry& entry);
  /// `i_xt` and `i_ty` hold one value for each bound of the file, bits.
  void write_estimate(std::size_t trial, std::size_t epoch, std::size_t layer, std::size_t sigma2,
                      const std::vector<double>& i_xt, const std::vector<double>& i_ty);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace infoplane
