#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/ticket_service.hpp"
#include "pipeline/run_plan.hpp"
#include "store/run_directory.hpp"
#include "store/status_file.hpp"

namespace infoplane {

/// Keeps status.json of a job up to date, and logs when trials start and end. Only rank 0 does
/// anything; a thread of its own writes the file once a second while something has changed, else
/// every few seconds, so that a reader can tell a job that works from one that died. A file that
/// cannot be written is said once and never costs the run anything.
///
/// Everything but the constructor is cheap, may be called from several threads, and does nothing on
/// other ranks.
class JobStatus {
 public:
  /// Collective: every rank tells its host. Writes nothing yet.
  JobStatus(const Communicator& comm, const RunDirectory& run);
  /// The last state of the file; when end() was not called, that the job failed.
  ~JobStatus();
  JobStatus(const JobStatus&) = delete;
  JobStatus& operator=(const JobStatus&) = delete;

  /// The run, of a sweep of this name, is this job's: the file may be written from now on.
  /// `threads`: of each rank.
  void begin(const std::string& sweep_name, int threads);
  /// Trials of all states, a number of TrialState each.
  void trials(const std::vector<std::uint8_t>& states);
  struct Estimates {
    std::size_t missing = 0;  ///< snapshots
    double predicted_s = 0;   ///< of these
    std::size_t done = 0;     ///< snapshots that have all
  };
  /// `todo`: positions in the plan, tickets 0, 1, ... of the train phase, that are predicted to
  /// take `predicted_s`; larger tickets of its service are estimates. `older`: those of trials that
  /// were trained before.
  void begin_training(const RunPlan& plan, const std::vector<std::size_t>& todo,
                      const std::vector<double>& predicted_s, const Estimates& older);
  void handed_out(std::size_t ticket, int rank);
  /// A ticket of the train phase. Logs the end of a trial that did not fail: what failed is logged
  /// by its own rank, which knows why; the reason comes in report.note.
  void came_back(const TicketReport& report);

  /// `done` of `snapshots` have all their estimates; the others are predicted to take
  /// `predicted_s`.
  void begin_estimating(std::size_t done, std::size_t snapshots, double predicted_s);
  void estimated(std::size_t snapshots, double predicted_s);
  /// A ticket of so many snapshots, or what it had done of them when it was cut short.
  void estimates_came_back(const TicketReport& report, std::size_t snapshots, double predicted_s);
  /// What a rank did, beside what came_back() knows of.
  void was_busy(int rank, double seconds);

  void end(JobPhase phase, const std::string& message = "");

  /// What would be written now.
  RunStatus now() const;
  /// "rank 3 on node7"
  std::string place_of(int rank) const;

 private:
  using Clock = std::chrono::steady_clock;
  /// What the thread needs of the plan, which may be gone before it.
  struct Ticket {
    std::string trial, settings;
    double train_s = 0, estimate_s = 0;  ///< predicted
    std::int64_t snapshots = 0;
  };
  struct Working {
    std::size_t ticket = 0;
    double since = 0;
  };

  bool active() const { return comm_.is_root(); }
  void predict_end(RunStatus& status, double time) const;
  void write_when_due();
  void write();

  Communicator comm_;
  RunDirectory run_;
  std::vector<std::string> hosts_;  ///< by rank, on rank 0
  int threads_ = 1;                 ///< of each rank, that many cores are kept for it

  mutable std::mutex mutex_;
  RunStatus status_;
  std::vector<std::int64_t> counts_;  ///< by TrialState
  std::vector<Ticket> tickets_;       ///< of the train phase
  std::map<int, Working> working_;    ///< by rank
  std::vector<double> busy_s_;        ///< by rank
  double working_since_ = 0;          ///< since when ranks could be busy
  double left_predicted_s_ = 0;       ///< of this phase, tickets that nobody has
  double estimates_left_s_ = 0;       ///< predicted, of all trials that are not estimated
  double done_predicted_s_ = 0, done_s_ = 0;
  double phase_since_ = 0;

  std::condition_variable wake_;
  bool changed_ = false;
  bool begun_ = false;
  bool over_ = false;
  bool could_write_ = true;
  std::thread writer_;
};

}  // namespace infoplane
