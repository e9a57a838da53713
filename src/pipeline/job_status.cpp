#include "pipeline/job_status.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "core/log.hpp"
#include "core/text.hpp"
#include "store/ledger.hpp"

namespace infoplane {
namespace {

constexpr int host_tag = 103;
constexpr auto at_most_every = std::chrono::seconds(1);
constexpr int quiet_rounds = 5;  ///< of at_most_every, after which it is written unchanged
constexpr std::size_t most_slowest = 5;
constexpr std::size_t most_errors = 5;

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

/// Collective: by rank, on rank 0.
std::vector<std::string> hosts_of(const Communicator& comm) {
  const std::string mine = host_name();
  if (!comm.is_root()) {
    comm.send(mine.data(), mine.size(), 0, host_tag);
    return {};
  }
  std::vector<std::string> hosts{mine};
  for (int rank = 1; rank < comm.size(); ++rank) {
    const Message message = comm.receive(rank, host_tag);
    hosts.emplace_back(message.bytes.begin(), message.bytes.end());
  }
  return hosts;
}

/// "tanh, 0.001, 3": its place in the grid, in the order of the axes.
std::string settings_of(const Trial& trial) {
  std::vector<std::string> words;
  for (const Setting& setting : trial.varied) words.push_back(to_string(setting));
  return join(words);
}

std::string in_brackets(const std::string& settings) {
  return settings.empty() ? "" : " (" + settings + ")";
}

}  // namespace

JobStatus::JobStatus(const Communicator& comm, const RunDirectory& run)
    : comm_(comm),
      run_(run),
      hosts_(hosts_of(comm)),
      counts_(EnumNames<TrialState>::names.size(), 0),
      busy_s_(static_cast<std::size_t>(comm.size()), 0) {
  status_.ranks = comm.size();
  if (active()) status_.host = hosts_[0];
  status_.pid = getpid();
  status_.started_at = working_since_ = phase_since_ = seconds_since_1970();
}

JobStatus::~JobStatus() {
  if (!begun_) return;
  if (!is_over(status_.phase)) end(JobPhase::failed);
}

void JobStatus::begin(const std::string& sweep_name, int threads) {
  if (!active()) return;
  status_.name = sweep_name;
  threads_ = threads;
  begun_ = true;
  write();
  writer_ = std::thread([this] { write_when_due(); });
}

void JobStatus::trials(const std::vector<std::uint8_t>& states) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::fill(counts_.begin(), counts_.end(), 0);
  for (const std::uint8_t state : states) ++counts_.at(state);
  changed_ = true;
}

void JobStatus::begin_training(const RunPlan& plan, const std::vector<std::size_t>& todo,
                               const std::vector<double>& predicted_s, const Estimates& older) {
  if (!active()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  tickets_.clear();
  status_.phase = JobPhase::training;
  working_since_ = phase_since_ = seconds_since_1970();
  // Whatever these were found as, they are waiting now.
  std::int64_t others = 0;
  for (const TrialState state : {TrialState::pending, TrialState::running}) {
    others += counts_[static_cast<std::size_t>(state)];
    counts_[static_cast<std::size_t>(state)] = 0;
  }
  const auto waiting = static_cast<std::int64_t>(todo.size());
  counts_[static_cast<std::size_t>(TrialState::pending)] = waiting;
  std::int64_t again = waiting - others;  // finished ones that are trained again
  std::int64_t& done = counts_[static_cast<std::size_t>(TrialState::done)];
  done -= std::clamp<std::int64_t>(again, 0, done);
  status_.snapshots += static_cast<std::int64_t>(older.missing + older.done);
  status_.snapshots_done += static_cast<std::int64_t>(older.done);
  estimates_left_s_ += older.predicted_s;
  for (std::size_t ticket = 0; ticket < todo.size(); ++ticket) {
    const std::size_t trial = todo[ticket];
    const TrialLayout& layout = plan.layout.trials[trial];
    tickets_.push_back({layout.id, settings_of(plan.grid.trials[trial]), predicted_s[ticket],
                        plan.predicted_estimate_s[trial],
                        static_cast<std::int64_t>(layout.epochs.size() * layout.layers.size())});
    left_predicted_s_ += tickets_.back().train_s;
    estimates_left_s_ += tickets_.back().estimate_s;
    status_.snapshots += tickets_.back().snapshots;
  }
  changed_ = true;
}

void JobStatus::handed_out(std::size_t ticket, int rank) {
  if (!active()) return;
  std::string line;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    working_[rank] = {ticket, seconds_since_1970()};
    if (ticket < tickets_.size()) {
      --counts_[static_cast<std::size_t>(TrialState::pending)];
      ++counts_[static_cast<std::size_t>(TrialState::running)];
      left_predicted_s_ -= tickets_[ticket].train_s;
      line = fmt::format("trial {} starts on {}{}", tickets_[ticket].trial, place_of(rank),
                         in_brackets(tickets_[ticket].settings));
    }
    changed_ = true;
  }
  if (!line.empty()) log_info("{}", line);
}

void JobStatus::came_back(const TicketReport& report) {
  if (!active()) return;
  std::string line;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    working_.erase(report.rank);
    busy_s_.at(static_cast<std::size_t>(report.rank)) += report.seconds + report.outside_s;
    changed_ = true;
    const auto ticket = static_cast<std::size_t>(report.ticket);
    if (ticket >= tickets_.size()) return;
    const Ticket& trial = tickets_[ticket];
    // Who fails says why; what is left for a later job needs no reason.
    const TrialState state = report.failed == 0       ? TrialState::done
                             : report.note[0] != '\0' ? TrialState::failed
                                                      : TrialState::pending;
    --counts_[static_cast<std::size_t>(TrialState::running)];
    ++counts_[static_cast<std::size_t>(state)];
    if (state == TrialState::pending) {
      left_predicted_s_ += trial.train_s;
      return;
    }
    done_predicted_s_ += trial.train_s;
    done_s_ += report.seconds;
    if (state == TrialState::failed) {
      estimates_left_s_ -= trial.estimate_s;
      status_.snapshots -= trial.snapshots;
      status_.errors.push_back(fmt::format("trial {}{} failed on {}: {}", trial.trial,
                                           in_brackets(trial.settings), place_of(report.rank),
                                           report.note.data()));
      if (status_.errors.size() > most_errors) status_.errors.erase(status_.errors.begin());
    } else {
      line = fmt::format("trial {} done in {} on {}{}", trial.trial, format_seconds(report.seconds),
                         place_of(report.rank), in_brackets(trial.settings));
    }
    std::vector<RunStatus::Finished>& slowest = status_.slowest;
    const RunStatus::Finished entry{trial.trial, trial.settings, report.rank, report.seconds};
    slowest.insert(
        std::upper_bound(slowest.begin(), slowest.end(), entry,
                         [](const auto& a, const auto& b) { return a.seconds > b.seconds; }),
        entry);
    if (slowest.size() > most_slowest) slowest.pop_back();
  }
  if (!line.empty()) log_info("{}", line);
}

void JobStatus::begin_estimating(std::size_t done, std::size_t snapshots, double predicted_s) {
  if (!active()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status_.phase == JobPhase::starting) working_since_ = seconds_since_1970();
  status_.phase = JobPhase::estimating;
  phase_since_ = seconds_since_1970();
  tickets_.clear();
  working_.clear();
  left_predicted_s_ = predicted_s;
  estimates_left_s_ = done_predicted_s_ = done_s_ = 0;
  status_.snapshots = static_cast<std::int64_t>(snapshots);
  status_.snapshots_done = static_cast<std::int64_t>(done);
  changed_ = true;
}

void JobStatus::estimated(std::size_t snapshots, double predicted_s) {
  if (!active()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  status_.snapshots_done += static_cast<std::int64_t>(snapshots);
  if (status_.phase == JobPhase::estimating) {
    left_predicted_s_ -= predicted_s;
    done_predicted_s_ += predicted_s;
  } else {
    estimates_left_s_ -= predicted_s;
  }
  changed_ = true;
}

void JobStatus::estimates_came_back(const TicketReport& report, std::size_t snapshots,
                                    double predicted_s) {
  const auto done = report.failed == 0 ? snapshots : static_cast<std::size_t>(report.count);
  estimated(done, predicted_s * static_cast<double>(done) / static_cast<double>(snapshots));
}

void JobStatus::was_busy(int rank, double seconds) {
  if (!active()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  busy_s_.at(static_cast<std::size_t>(rank)) += seconds;
  changed_ = true;
}

void JobStatus::end(JobPhase phase, const std::string& message) {
  if (!begun_) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    over_ = true;
    status_.phase = phase;
    status_.message = message;
    if (!message.empty()) status_.errors.push_back(message);
    if (status_.errors.size() > most_errors) status_.errors.erase(status_.errors.begin());
    working_.clear();
    wake_.notify_all();
  }
  if (writer_.joinable()) writer_.join();
  write();
}

RunStatus JobStatus::now() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const double time = seconds_since_1970();
  RunStatus status = status_;
  status.written_at = time;
  for (std::size_t state = 0; state < counts_.size(); ++state)
    status.trials.emplace_back(EnumNames<TrialState>::names[state], counts_[state]);
  std::vector<double> busy_s = busy_s_;
  for (const auto& [rank, working] : working_) {
    busy_s.at(static_cast<std::size_t>(rank)) += time - working.since;
    if (working.ticket >= tickets_.size()) continue;
    const Ticket& trial = tickets_[working.ticket];
    status.running.push_back({trial.trial, trial.settings,
                              hosts_.at(static_cast<std::size_t>(rank)), rank, working.since});
  }
  const double elapsed = std::max(time - working_since_, 1e-9);
  for (const double seconds : busy_s) status.busy.push_back(std::min(1.0, seconds / elapsed));
  predict_end(status, time);
  return status;
}

std::string JobStatus::place_of(int rank) const {
  return fmt::format("rank {} on {}", rank, hosts_.at(static_cast<std::size_t>(rank)));
}

/// From what tickets were predicted to take and took; until the first is done, from predictions.
void JobStatus::predict_end(RunStatus& status, double time) const {
  if (is_over(status.phase)) {
    if (status.phase == JobPhase::finished) status.left_s = status.core_hours_left = 0;
    return;
  }
  if (status.phase == JobPhase::starting) return;
  const auto ranks = static_cast<double>(comm_.size());
  double work_s = 0;
  double longest_s = 0;
  if (status.phase == JobPhase::training) {
    const double slower = done_predicted_s_ > 0 ? done_s_ / done_predicted_s_ : 1;
    work_s = left_predicted_s_ * slower + estimates_left_s_;
    for (const auto& [rank, working] : working_) {
      if (working.ticket >= tickets_.size()) continue;
      const double left =
          std::max(0.0, tickets_[working.ticket].train_s * slower - (time - working.since));
      work_s += left;
      longest_s = std::max(longest_s, left);
    }
  } else {
    const double slower =
        done_predicted_s_ > 0 ? (time - phase_since_) * ranks / done_predicted_s_ : 1;
    work_s = left_predicted_s_ * slower;
  }
  status.left_s = std::max(work_s / ranks, longest_s);
  status.core_hours_left = threads_ * work_s / 3600;
}

void JobStatus::write_when_due() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (int quiet = 0; !over_;) {
    wake_.wait_for(lock, at_most_every, [this] { return over_; });
    if (over_) return;
    if (!changed_ && working_.empty() && ++quiet < quiet_rounds) continue;
    quiet = 0;
    changed_ = false;
    lock.unlock();
    write();
    lock.lock();
  }
}

void JobStatus::write() {
  try {
    write_status(run_.status(), now());
  } catch (const std::exception& error) {
    if (could_write_) log_warning("no status of this job: {}", error.what());
    could_write_ = false;
  }
}

}  // namespace infoplane
