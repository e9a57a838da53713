#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "comm/communicator.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"

// What a run that is there still lacks. Internal to the room.

namespace infoplane {

/// Which finished trials are checked.
struct CheckLimits {
  /// Of those of which nothing is left to estimate, so many as can be read in this share of what a
  /// job with a time limit has, the last finished ones first: no number is made from them, and a
  /// run that takes longer to read than any job lasts gets on.
  double share_of_time = std::numeric_limits<double>::infinity();
  double bytes_of_a_round = 256e6;  ///< of a rank, between two looks at the time
};

/// Collective: the finished trials whose slabs do not have the checksum of their ledger entry.
/// Ranks share the reading, which takes as long as the disk takes for all of the file. Nothing when
/// a stop came before the end.
std::optional<std::vector<std::size_t>> find_torn(const Communicator& comm, const RunDirectory& run,
                                                  const JobControl& job,
                                                  const CheckLimits& limits = {});

/// Collective: the trials to train, as positions in the plan: those never finished, those of which
/// the ledger and the results tell different stories (a power cut between the two), and those whose
/// slab is torn, with `job.retry` also those that had failed or been put in quarantine before; all
/// these are as if they had never been finished, in both files. Empty when the run is finished and
/// its activations were deleted. Nothing when a stop came before they were looked through. Throws
/// InputError when files are missing, damaged or of another run.
std::optional<std::vector<std::size_t>> find_todo(const Communicator& comm, const RunPlan& plan,
                                                  const RunDirectory& run, const JobControl& job);

}  // namespace infoplane
