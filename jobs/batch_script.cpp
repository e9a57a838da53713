#include "jobs/batch_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "jobs/batch_template.hpp"

namespace infoplane::jobs {
namespace {

namespace fs = std::filesystem;

/// How long before its end a job is asked to stop, seconds: SLURM may be a minute early.
std::int64_t stop_before_s(const std::string& time) {
  constexpr std::int64_t usual = 120;
  return time.empty() ? usual : std::min(usual, std::max<std::int64_t>(slurm_time_s(time) / 5, 5));
}

/// A command may have line breaks within its words; each has to stay behind a #.
std::string comment_text(const std::string& command) {
  std::string text;
  for (const char c : command) text += c == '\n' ? "\n#   " : std::string{c};
  return text;
}

/// "RUN" in a script: the path of the run, that of its shard in an array.
std::string run_word(const BatchJob& job) {
  if (job.command.array == 0) return shell_word(job.out.string());
  return fmt::format("{}.\"$SLURM_ARRAY_TASK_ID\"-of-{}", shell_word(job.out.string()),
                     job.command.array);
}

/// Not by what the environment says: a job has that of the job that submitted it.
std::string job_word(const BatchJob& job) {
  return job.command.array == 0 ? "$SLURM_JOB_ID" : "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID";
}

/// %a is the number of a job in its array, %A that of the array, %j the job's.
std::string log_pattern(const BatchJob& job) {
  if (job.command.array == 0) return (job.out / "log" / "slurm-%j.log").string();
  return fmt::format("{}.%a-of-{}/log/slurm-%A_%a.log", job.out.string(), job.command.array);
}

/// The value of an option in a line for sbatch, which reads quotes as a shell does.
std::string directive_word(const std::string& value) {
  if (shell_word(value) == value) return value;
  std::string quoted = "\"";
  for (const char c : value)
    quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return quoted + "\"";
}

std::string resources_text(const BatchJob& job, const MachineBlocks& machine) {
  const SbatchCommand& c = job.command;
  std::vector<std::string> lines;
  // What is said twice counts as it is said last: defaults, the machine, the command line.
  const auto add = [&](const std::string& option) { lines.push_back("#SBATCH " + option); };
  add("--job-name=" + job.name);
  add("--output=" + directive_word(log_pattern(job)));
  add("--open-mode=append");  // one log, however often the job starts
  add("--requeue");
  add("--nodes=1");
  add("--ntasks-per-node=1");
  if (!machine.resources.empty()) lines.push_back(machine.resources);
  if (c.nodes > 0) add(fmt::format("--nodes={}", c.nodes));
  if (c.ranks_per_node > 0) add(fmt::format("--ntasks-per-node={}", c.ranks_per_node));
  if (c.threads > 1) add(fmt::format("--cpus-per-task={}", c.threads));
  if (!c.time.empty()) add("--time=" + c.time);
  if (!c.partition.empty()) add("--partition=" + directive_word(c.partition));
  if (!c.account.empty()) add("--account=" + directive_word(c.account));
  if (c.array > 0) add(fmt::format("--array=1-{}", c.array));
  add(fmt::format("--signal=B:USR1@{}", stop_before_s(c.time)));
  return join(lines, "\n");
}

/// Threads of a rank need a core each: Open MPI binds a rank to one when there are only two ranks,
/// and srun does not take from the job what a rank is to have, since SLURM 22.05.
std::string launch_text(const BatchJob& job, const MachineBlocks& machine) {
  const int threads = job.command.threads;
  if (job.command.launcher == "srun") {
    return fmt::format("launch=(srun --mpi=pmix --kill-on-bad-exit=1{})",
                       threads > 1 ? fmt::format(" --cpus-per-task={}", threads) : "");
  }
  if (job.command.launcher.empty() && !machine.launch.empty()) return machine.launch;
  return fmt::format("launch=(mpirun -n \"$ranks\"{})", threads > 1 ? " --bind-to none" : "");
}

std::string options_text(const BatchJob& job) {
  std::vector<std::string> words;
  if (job.command.array > 0)
    words.push_back(fmt::format("--shard \"$SLURM_ARRAY_TASK_ID\"/{}", job.command.array));
  // Always: a job has the environment of who submits it, with an INFOPLANE_THREADS of its own.
  words.push_back(fmt::format("--threads {}", job.command.threads));
  for (const std::string& word : job.command.run_options) words.push_back(shell_word(word));
  return join(words, " ");
}

std::string fill(std::string text, const std::map<std::string, std::string>& blocks) {
  for (const auto& [name, block] : blocks) {
    const std::string mark = "@" + name + "@";
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) throw InternalError("slurm/job.sh has no " + mark);
    text.replace(at, mark.size(), block);
  }
  return text;
}

}  // namespace

MachineBlocks parse_machine(const std::string& text, const std::string& path) {
  MachineBlocks machine;
  const std::map<std::string, std::string*> blocks{{"resources", &machine.resources},
                                                   {"modules", &machine.modules},
                                                   {"launch", &machine.launch}};
  std::string* into = nullptr;
  std::istringstream stream(text);
  std::int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.rfind("#@", 0) == 0) {
      const std::string name = line.substr(2, line.find('@', 2) - 2);
      const auto found = blocks.find(name);
      if (found == blocks.end()) {
        throw UsageError(
            fmt::format("{} at {}:{} (the blocks are #@resources@, #@modules@ and #@launch@)", line,
                        path, number));
      }
      into = found->second;
    } else if (into != nullptr) {
      *into += line + "\n";
    }
  }
  for (const auto& [name, block] : blocks) block->erase(block->find_last_not_of(" \n") + 1);
  return machine;
}

fs::path find_machine(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos ||
                       (name.size() > 3 && name.compare(name.size() - 3, 3, ".sh") == 0);
  if (is_path) return name;
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("INFOPLANE_MACHINES")) folders.emplace_back(own);
  folders.emplace_back("slurm/machines");
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  folders.push_back(program.parent_path().parent_path() / "share/infoplane/slurm/machines");
  folders.emplace_back(INFOPLANE_SOURCE_MACHINES);
  std::set<std::string> known;
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / (name + ".sh"), ignored)) return folder / (name + ".sh");
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.path().extension() == ".sh") known.insert(entry.path().stem().string());
    }
  }
  throw InputError(
      fmt::format("no file {}.sh in $INFOPLANE_MACHINES or slurm/machines (known machines: {})",
                  name, join({known.begin(), known.end()})));
}

std::vector<fs::path> run_directories(const BatchJob& job) {
  std::vector<fs::path> runs;
  for (std::int64_t i = 1; i <= job.command.array; ++i)
    runs.emplace_back(fmt::format("{}.{}-of-{}", job.out.string(), i, job.command.array));
  if (runs.empty()) runs.push_back(job.out);
  return runs;
}

std::string batch_script(const BatchJob& job, const MachineBlocks& machine) {
  return fill(batch_template,
              {{"resources", resources_text(job, machine)},
               {"command", comment_text(job.command_line)},
               {"modules", machine.modules.empty() ? "# no modules" : machine.modules},
               {"threads", std::to_string(job.command.threads)},
               {"launch", launch_text(job, machine)},
               {"job", job_word(job)},
               {"directory", shell_word(job.directory.string())},
               {"run", run_word(job)},
               {"program", shell_word(job.program.string())},
               {"sweep", shell_word(job.sweep.string())},
               {"options", options_text(job)},
               {"max_restarts", std::to_string(job.command.max_restarts)}});
}

std::int64_t slurm_time_s(const std::string& text) {
  const auto refuse = [&]() -> UsageError {
    return UsageError(fmt::format(
        "--time {} (must be minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS)", text));
  };
  const std::size_t dash = text.find('-');
  const bool has_days = dash != std::string::npos;
  std::vector<std::int64_t> numbers;
  std::int64_t days = 0;
  std::string rest = has_days ? text.substr(dash + 1) : text;
  const auto number = [&](const std::string& word) {
    if (word.empty() || word.size() > 6 ||
        word.find_first_not_of("0123456789") != std::string::npos)
      throw refuse();
    return std::stoll(word);
  };
  if (has_days) days = number(text.substr(0, dash));
  for (std::size_t at = 0; at <= rest.size();) {
    const std::size_t end = std::min(rest.find(':', at), rest.size());
    numbers.push_back(number(rest.substr(at, end - at)));
    at = end + 1;
  }
  if (numbers.size() > 3) throw refuse();
  // With days the first number is hours; without, it depends on how many there are.
  const std::int64_t first = has_days || numbers.size() == 3 ? 3600 : 60;
  std::int64_t seconds = days * 86400;
  std::int64_t unit = first;
  for (const std::int64_t n : numbers) {
    seconds += n * unit;
    unit /= 60;
  }
  if (seconds <= 0) throw refuse();
  return seconds;
}

}  // namespace infoplane::jobs
