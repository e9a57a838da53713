#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <variant>

#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "jobs/batch_script.hpp"
#include "jobs/commands.hpp"
#include "jobs/load_sweep.hpp"
#include "store/atomic_file.hpp"
#include "store/run_directory.hpp"
#include "sweep/expand.hpp"

namespace infoplane::jobs {
namespace {

namespace fs = std::filesystem;

void refuse_options_of_ours(const std::vector<std::string>& run_options) {
  for (const std::string& word : run_options) {
    if (word == "--retry") {
      throw UsageError(
          "--retry after -- (a job that goes on would train failing trials again at each start: "
          "run it once without sbatch)");
    }
    for (const char* ours : {"--out", "--shard", "--threads", "--time-budget"}) {
      if (word == ours || word.rfind(std::string(ours) + "=", 0) == 0) {
        throw UsageError(fmt::format("{} after -- (sbatch gives it to run itself{})", word,
                                     word.rfind("--time-budget", 0) == 0
                                         ? ": what SLURM leaves the job"
                                     : word.rfind("--shard", 0) == 0 ? ": --array K"
                                                                     : ": put it before --"));
      }
    }
  }
}

/// These stand in lines for sbatch, which end where a line does.
void refuse_line_breaks(const BatchJob& job) {
  for (const auto& [what, value] : {std::pair{"the run directory (--out)", job.out.string()},
                                    std::pair{"--partition", job.command.partition},
                                    std::pair{"--account", job.command.account}}) {
    if (value.find('\n') != std::string::npos) {
      throw UsageError(
          fmt::format("{} has a line break (a line #SBATCH of the script cannot hold one)", what));
    }
  }
}

/// What `run` will be asked for. Throws UsageError for options that it would refuse when the job
/// starts, perhaps tomorrow.
RunCommand run_command_of(const SbatchCommand& command) {
  std::vector<std::string> words{"infoplane", "run", command.sweep};
  words.insert(words.end(), command.run_options.begin(), command.run_options.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  const Command parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  if (!std::holds_alternative<RunCommand>(parsed)) {
    throw UsageError("after -- come options for infoplane run that say how it runs: " +
                     join(command.run_options, " "));
  }
  return std::get<RunCommand>(parsed);
}

/// Runs sbatch with our stdout; throws InputError when it is not there or refuses.
void submit(const fs::path& script) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    execlp("sbatch", "sbatch", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0)
    throw InputError(fmt::format("cannot start sbatch ({})", std::strerror(errno)));
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (code == 127) {
    throw InputError(
        fmt::format("there is no sbatch on the PATH; the script is {}", script.string()));
  }
  if (code != 0) {
    throw InputError(fmt::format("sbatch refused {} (exit code {}); its reason is above",
                                 script.string(), code));
  }
}

std::string command_line(const SbatchCommand& c) {
  std::string line = "infoplane sbatch " + shell_word(c.sweep);
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) line += fmt::format(" {} {}", option, shell_word(value));
  };
  const auto add_number = [&](const char* option, std::int64_t value) {
    if (value > 0) line += fmt::format(" {} {}", option, value);
  };
  add("--out", c.out);
  add_number("--nodes", c.nodes);
  add_number("--ranks-per-node", c.ranks_per_node);
  add_number("--threads", c.threads);
  add("--time", c.time);
  add("--partition", c.partition);
  add("--account", c.account);
  add("--machine", c.machine);
  add("--launcher", c.launcher);
  add_number("--array", c.array);
  line += fmt::format(" --max-restarts {}", c.max_restarts);
  if (!c.run_options.empty()) line += " --";
  for (const std::string& word : c.run_options) line += " " + shell_word(word);
  return line;
}

void write_and_submit(const BatchJob& job, const std::string& script) {
  const std::vector<fs::path> runs = run_directories(job);
  std::error_code error;
  for (const fs::path& run : runs) {
    fs::create_directories(run / "log", error);  // SLURM makes no folder for its log
    if (error) {
      throw InputError(
          fmt::format("cannot make the folder {} ({})", (run / "log").string(), error.message()));
    }
  }
  const fs::path path = runs[0] / "log" / "job.sh";
  write_text_atomically(path, script);
  submit(path);
  log_info("the script is {}, its output goes to {}", path.string(), (runs[0] / "log").string());
  if (job.command.array > 0) {
    log_info("when all are done: infoplane merge {0} {0}.*-of-{1}", shell_word(job.out.string()),
             job.command.array);
  }
}

}  // namespace

ExitCode perform(const SbatchCommand& command, const Communicator& comm) {
  refuse_options_of_ours(command.run_options);
  const RunCommand run = run_command_of(command);
  if (!command.time.empty()) slurm_time_s(command.time);
  std::vector<std::string> set = run.set;
  if (command.array > 0) set.push_back(fmt::format("sweep.shard=1/{}", command.array));
  const config::SweepFile sweep = load_sweep(comm, command.sweep, set, run.plugins);
  expand(sweep);  // a sweep that is wrong is refused now, not when the job starts
  on_root(comm, [&] {
    BatchJob job;
    job.command = command;
    job.name = sweep.name();
    job.sweep = fs::absolute(command.sweep);
    job.out =
        fs::absolute(command.out.empty() ? "runs/" + sweep.name() : command.out).lexically_normal();
    job.program = fs::read_symlink("/proc/self/exe").parent_path() / "infoplane";
    job.directory = fs::current_path();
    job.command_line = command_line(command);
    refuse_line_breaks(job);
    MachineBlocks machine;
    if (!command.machine.empty()) {
      const fs::path path = find_machine(command.machine);
      machine = parse_machine(read_text(path), path.string());
    }
    const std::string script = batch_script(job, machine);
    if (command.dry_run) {
      fmt::print("{}", script);
    } else {
      write_and_submit(job, script);
    }
  });
  return ExitCode::done;
}

}  // namespace infoplane::jobs
