#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "comm/communicator.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"
#include "core/noise.hpp"
#include "core/settings.hpp"

// The subcommands: what the command line can ask of each, and the functions that do it. A command
// is called on every rank; what it prints on stdout comes from rank 0.

namespace infoplane::jobs {

struct PlanCommand {
  std::string sweep;
  std::vector<std::string> set;
  std::vector<std::string> plugins;
  std::vector<int> ranks;  ///< how many to predict the time for
  double calibrate_s = 0;  ///< measure for so long first; 0: do not
  int threads = 1;
};
ExitCode perform(const PlanCommand& command, const Communicator& comm);

/// How much a run says, and where.
struct LogChoice {
  LogLevel level = LogLevel::info;
  bool files = false;  ///< also RUN/log/rank-0000.log, one for each rank, with everything
};

struct RunCommand {
  std::string sweep;
  std::string out;  ///< default runs/<name of the sweep>
  std::vector<std::string> set;
  std::vector<std::string> plugins;
  std::string shard;  ///< "I/K"; default: the sweep's
  int threads = 1;
  LogChoice log;
  std::optional<double> time_budget_s;  ///< default: the scheduler's, or none
  double checkpoint_every_s = 60;
  bool extend = false;
  bool retry = false;
};
ExitCode perform(const RunCommand& command, const Communicator& comm);

struct EstimateCommand {
  std::string run;
  std::vector<std::string> sigma2;
  std::vector<std::string> drop;       ///< noise too
  std::optional<DeviceChoice> device;  ///< default: the sweep's
  int threads = 1;
  LogChoice log;
  std::optional<double> time_budget_s;  ///< default: the scheduler's, or none
};
ExitCode perform(const EstimateCommand& command, const Communicator& comm);

struct CompareCommand {
  std::vector<std::string> runs;
  std::optional<Noise> sigma2;
  std::optional<std::string> bound;
  std::string sort = "test_accuracy";
  std::vector<std::string> where;
  bool csv = false;
  bool json = false;
};
ExitCode perform(const CompareCommand& command, const Communicator& comm);

struct PlotCommand {
  std::string run;
  std::string trial;  ///< default: the best of those that meet `where`
  std::vector<std::string> where;
  std::optional<Noise> sigma2;
  std::optional<std::string> bound;
};
ExitCode perform(const PlotCommand& command, const Communicator& comm);

struct VerifyCommand {
  std::vector<std::string> runs;  ///< one or two
};
ExitCode perform(const VerifyCommand& command, const Communicator& comm);

struct StatusCommand {
  std::string run;
  bool watch = false;
  bool json = false;
};
ExitCode perform(const StatusCommand& command, const Communicator& comm);

struct DoctorCommand {
  std::string folder = ".";  ///< where runs would be
};
ExitCode perform(const DoctorCommand& command, const Communicator& comm);

struct PackCommand {
  static constexpr int usual_level = 4;
  std::string run;
  std::optional<int> level;  ///< default: usual_level
  bool undo = false;
};
ExitCode perform(const PackCommand& command, const Communicator& comm);
struct MergeCommand {
  std::string out;
  std::vector<std::string> runs;
  bool results_only = false;
};
ExitCode perform(const MergeCommand& command, const Communicator& comm);

struct SbatchCommand {
  std::string sweep;
  std::string out;         ///< default runs/<name of the sweep>
  std::int64_t nodes = 0;  ///< 0, or empty: as the machine says
  std::int64_t ranks_per_node = 0;
  int threads = 1;
  std::string time, partition, account;  ///< as sbatch takes them
  std::string machine;                   ///< name of a file in slurm/machines, or a path
  std::string launcher;                  ///< "mpirun" or "srun"; default: the machine's
  std::int64_t array = 0;                ///< number of jobs that share the trials; 0: one job
  std::int64_t max_restarts = 100;
  bool dry_run = false;
  std::vector<std::string> run_options;
};
ExitCode perform(const SbatchCommand& command, const Communicator& comm);

struct DataCommand {
  std::string action;             ///< "list" or "check"
  std::vector<std::string> sets;  ///< of which; empty: all, to check: all that are found
  std::string root;
};
ExitCode perform(const DataCommand& command, const Communicator& comm);

struct VersionCommand {};
ExitCode perform(const VersionCommand& command, const Communicator& comm);

/// Help and messages that were asked for: text for stdout.
struct HelpCommand {
  std::string text;
};
ExitCode perform(const HelpCommand& command, const Communicator& comm);

using Command = std::variant<PlanCommand, RunCommand, EstimateCommand, CompareCommand, PlotCommand,
                             VerifyCommand, StatusCommand, DoctorCommand, PackCommand, MergeCommand,
                             SbatchCommand, DataCommand, VersionCommand, HelpCommand>;

/// Throws UsageError.
Command parse_command_line(int argc, char** argv);

/// Commands that compute for long end cleanly on SIGTERM, SIGUSR1, SIGHUP and the first SIGINT;
/// others die of them.
template <class T>
constexpr bool computes = std::is_same_v<T, RunCommand> || std::is_same_v<T, EstimateCommand>;

}  // namespace infoplane::jobs
