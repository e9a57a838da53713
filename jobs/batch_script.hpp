#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jobs/commands.hpp"

namespace infoplane::jobs {

/// The blocks that a machine file replaces. Empty: the default.
struct MachineBlocks {
  std::string resources;  ///< lines "#SBATCH ..."
  std::string modules;    ///< shell
  std::string launch;     ///< shell that sets the array `launch`
};

/// Reads a machine file: lines "#@resources@", "#@modules@" and "#@launch@" begin a block, what
/// comes before the first is a comment. Throws UsageError for a block that does not exist.
MachineBlocks parse_machine(const std::string& text, const std::string& path);

/// Where the file of a machine is: a path as it is (with a '/' or ending in .sh), else NAME.sh in
/// $INFOPLANE_MACHINES, ./slurm/machines, or the machines that were installed with the program.
/// Throws InputError with the folders and the names there are.
std::filesystem::path find_machine(const std::string& name);

/// What the script is made of, beside the machine.
struct BatchJob {
  SbatchCommand command;
  std::string name;                  ///< of the sweep
  std::filesystem::path sweep, out;  ///< absolute
  std::filesystem::path program;     ///< absolute
  std::filesystem::path directory;   ///< where it was submitted
  std::string command_line;          ///< for the head of the script
};

/// The run directories: one, or that of each shard of an array.
std::vector<std::filesystem::path> run_directories(const BatchJob& job);

/// The script for sbatch: slurm/job.sh with its blocks filled in.
std::string batch_script(const BatchJob& job, const MachineBlocks& machine);

/// Seconds of a time as sbatch takes it: "30" (minutes), "30:00", "2:00:00", "1-12", "1-12:00",
/// "1-12:00:00". Throws UsageError.
std::int64_t slurm_time_s(const std::string& text);

}  // namespace infoplane::jobs
