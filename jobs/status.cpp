#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <thread>

#include "core/terminal.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "store/job_alive.hpp"
#include "store/ledger.hpp"
#include "store/run_directory.hpp"
#include "store/status_file.hpp"

namespace infoplane::jobs {
namespace {

constexpr std::size_t most_columns = 79;
constexpr std::size_t most_running = 8;
constexpr std::size_t most_ranks = 16;
constexpr auto look_every = std::chrono::seconds(1);

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string time_text(double since_1970) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(since_1970)));
}

std::size_t columns_there() { return static_cast<std::size_t>(terminal_columns(STDOUT_FILENO)); }

class Lines {
 public:
  void add(const char* name, const std::string& value) {
    std::string line = wrap_lines(fmt::format("{:<13}{}", name, value), columns_);
    if (!line.empty() && line.back() == '\n') line.pop_back();
    text_ += line + "\n";
  }
  /// A command that is pasted must not end where a line does: half of it is another command.
  void add_whole(const char* name, const std::string& value) {
    text_ += fmt::format("{:<13}{}\n", name, value);
  }
  /// Others wrote it, and it may tell a command to give.
  void add_message(const char* name, const std::string& value) {
    if (value.find("infoplane ") == std::string::npos) {
      add(name, value);
    } else {
      add_whole(name, value);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::size_t columns_ = std::min(most_columns, columns_there());
  std::string text_;
};

std::string trials_text(const RunStatus& status) {
  std::vector<std::string> words;
  std::int64_t all = 0;
  for (const auto& [state, count] : status.trials) {
    all += count;
    if (count > 0) words.push_back(fmt::format("{} {}", count, state));
  }
  return fmt::format("{}: {}", all, words.empty() ? "nothing known yet" : join(words));
}

/// "0: 97 %, 1: 99 %", or of many ranks the least busy ones.
std::string busy_text(const std::vector<double>& busy) {
  std::vector<std::size_t> order(busy.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const double mean = std::accumulate(busy.begin(), busy.end(), 0.0) /
                      static_cast<double>(std::max<std::size_t>(1, busy.size()));
  std::string start;
  if (busy.size() > most_ranks) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return busy[a] < busy[b]; });
    order.resize(most_ranks / 2);
    start = fmt::format("{:.0f} % on average of {} ranks; least: ", 100 * mean, busy.size());
  }
  std::vector<std::string> words;
  for (const std::size_t rank : order)
    words.push_back(fmt::format("rank {} {:.0f} %", rank, 100 * busy[rank]));
  return start + join(words);
}

std::string in_brackets(const std::string& settings) {
  return settings.empty() ? "" : " (" + settings + ")";
}

std::string phase_text(const RunStatus& status, JobLife life, double now) {
  const std::string phase = name_of(status.phase);
  const std::string ago = format_seconds(std::max(0.0, now - status.written_at)) + " ago";
  switch (life) {
    case JobLife::over:
      return fmt::format("{}, {}", phase, time_text(status.written_at));
    case JobLife::working:
      return fmt::format("{} since {}", phase, time_text(status.started_at));
    case JobLife::silent:
      return fmt::format("{}, but the job has not been heard of since {} ({}): it hangs, or died",
                         phase, time_text(status.written_at), ago);
    case JobLife::dead:
      return fmt::format(
          "died while {}: process {} is gone, last heard of {} ({}); the same command goes on",
          phase, status.pid, time_text(status.written_at), ago);
  }
  return phase;
}

/// What is left when a job is over that says that it did all it was asked for: one that estimates
/// trains nothing.
void add_next(Lines& lines, const RunStatus& status, const RunDirectory& run) {
  std::int64_t waiting = 0;
  for (const auto& [state, count] : status.trials) {
    if (state == name_of(TrialState::pending) || state == name_of(TrialState::running))
      waiting += count;
  }
  if (waiting == 0) return;
  lines.add("next", fmt::format("{} {} not trained yet:", count_of(waiting, "trial"),
                                waiting == 1 ? "is" : "are"));
  lines.add_whole("", run.run_command());
}

std::string status_text(const RunStatus& status, const RunDirectory& run) {
  const double now = seconds_since_1970();
  const JobLife life = life_of(status);
  const bool works = life == JobLife::working || life == JobLife::silent;
  Lines lines;
  lines.add("run", status.name);
  lines.add("job", phase_text(status, life, now));
  if (status.phase == JobPhase::failed && !status.message.empty())
    lines.add_message("why", status.message);
  lines.add("where", fmt::format("{}, rank 0 is process {} on {}", count_of(status.ranks, "rank"),
                                 status.pid, status.host));
  lines.add("trials", trials_text(status));
  if (status.snapshots > 0) {
    lines.add("snapshots",
              fmt::format("{} of {} estimated", status.snapshots_done, status.snapshots));
  }
  if (works && std::isfinite(status.left_s)) {
    lines.add("left", fmt::format("about {}, {:.2g} core-hours", format_seconds(status.left_s),
                                  status.core_hours_left));
  }
  lines.add("busy", busy_text(status.busy));
  if (status.phase == JobPhase::finished) add_next(lines, status, run);
  for (std::size_t i = 0; works && i < status.running.size() && i < most_running; ++i) {
    const RunStatus::Running& r = status.running[i];
    lines.add(i == 0 ? "running" : "",
              fmt::format("{}{} on rank {} of {} for {}", r.trial, in_brackets(r.settings), r.rank,
                          r.host, format_seconds(std::max(0.0, now - r.since))));
  }
  if (works && status.running.size() > most_running)
    lines.add("", fmt::format("and {} more", status.running.size() - most_running));
  for (std::size_t i = 0; i < status.slowest.size(); ++i) {
    const RunStatus::Finished& f = status.slowest[i];
    lines.add(i == 0 ? "slowest" : "",
              fmt::format("{} {}{} on rank {}", f.trial, format_seconds(f.seconds),
                          in_brackets(f.settings), f.rank));
  }
  for (std::size_t i = 0; i < status.errors.size(); ++i)
    lines.add_message(i == 0 ? "errors" : "", status.errors[i]);
  return lines.text();
}

RunStatus read(const RunDirectory& run) {
  if (!std::filesystem::exists(run.status())) {
    run.require_run();
    throw InputError(fmt::format(
        "{} has no status.json: no job has worked on it yet, or one of an older infoplane did; "
        "infoplane verify {} looks at the results themselves",
        run.path().string(), run.word()));
  }
  return read_status(run.status());
}

std::string text_of(const RunStatus& status, const RunDirectory& run, bool json) {
  return json ? status_json(status) : status_text(status, run);
}

void show(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

bool ended(const RunStatus& status) {
  const JobLife life = life_of(status);
  return life == JobLife::over || life == JobLife::dead;
}

/// How many lines of the terminal a line of text takes, which goes on below where it is longer.
std::size_t lines_on_screen(const std::string& line) {
  const auto characters = static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
  const std::size_t columns = columns_there();
  return std::max<std::size_t>(1, (characters + columns - 1) / columns);
}

/// A text as it stands on the terminal, to be written over.
class Screen {
 public:
  /// As much of it as fits: what has scrolled away could not be written over.
  void draw(const std::string& text) {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    const std::size_t most = known ? size.ws_row - 1U : text.size();
    clear();
    std::size_t end = 0;
    for (std::size_t next = 0; end < text.size(); end = next) {
      next = text.find('\n', end) + 1;
      const std::size_t more = lines_on_screen(text.substr(end, next - 1 - end));
      if (lines_ + more > most) break;
      lines_ += more;
    }
    show(text.substr(0, end));
  }
  void clear() {
    if (lines_ > 0) fmt::print("\x1b[{}A\x1b[J", lines_);
    lines_ = 0;
  }

 private:
  std::size_t lines_ = 0;
};

/// On a terminal the text stays in its place, elsewhere a new one follows when something is new.
void watch(const RunDirectory& run, bool json) {
  const bool in_place = isatty(STDOUT_FILENO) == 1 && !json;
  Screen screen;
  double shown = 0;
  for (;;) {
    const RunStatus status = read(run);
    const bool over = ended(status);
    if (status.written_at != shown || in_place || over) {
      const std::string text = text_of(status, run, json);
      if (in_place && !over) {
        screen.draw(text);
      } else {
        screen.clear();
        if (!in_place && shown > 0 && !json) fmt::print("\n");
        show(text);
      }
      shown = status.written_at;
    }
    if (over) return;
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace

ExitCode perform(const StatusCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const RunDirectory run(command.run);
  if (command.watch) {
    watch(run, command.json);
  } else {
    show(text_of(read(run), run, command.json));
  }
  return ExitCode::done;
}

}  // namespace infoplane::jobs
