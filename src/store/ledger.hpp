#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/enum_names.hpp"

namespace infoplane {

/// Stored as numbers: the order is part of the file format.
enum class TrialState : std::uint8_t { pending, running, done, failed, quarantined };

template <>
struct EnumNames<TrialState> {
  static constexpr std::array<std::string_view, 5> names{"pending", "running", "done", "failed",
                                                         "quarantined"};
};

/// The last of the states.
constexpr TrialState last_trial_state = TrialState::quarantined;

/// Whether nobody has to train the trial any more: it is done, it failed, or it was given up
/// because it ended the ranks that tried.
constexpr bool is_finished(TrialState state) {
  return state != TrialState::pending && state != TrialState::running;
}

/// What is known of one trial; what makes a run resumable. `running` found in a file that no job
/// holds means that the job was killed there; a job that stops in good order takes it back.
struct LedgerEntry {
  TrialState state = TrialState::pending;
  std::uint32_t attempts =
      0;  ///< counted before an attempt starts; taken back when it stops in order
  std::uint64_t checksum = 0;  ///< of the slab, once done
  double started = 0;          ///< seconds since 1970
  double ended = 0;
  std::string reason;        ///< why it failed or is in quarantine
  std::uint32_t epochs = 0;  ///< trained, once done; fewer than planned where it stopped early
};

}  // namespace infoplane
