#include "pipeline/run.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "core/log.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "jobs/load_sweep.hpp"
#include "jobs/set_up_log.hpp"
#include "jobs/summary.hpp"
#include "jobs/time_budget.hpp"

namespace infoplane::jobs {

namespace {

std::string default_out(const config::SweepFile& sweep) {
  const Shard& shard = sweep.shard();
  const std::string part =
      shard.is_whole() ? "" : fmt::format(".{}-of-{}", shard.index, shard.count);
  return "runs/" + sweep.name() + part;
}

}  // namespace

ExitCode perform(const RunCommand& command, const Communicator& comm) {
  std::vector<std::string> set = command.set;
  if (!command.shard.empty()) set.push_back("sweep.shard=" + command.shard);
  const config::SweepFile sweep = load_sweep(comm, command.sweep, set, command.plugins);
  const RunDirectory run(command.out.empty() ? default_out(sweep) : command.out);
  set_up_log(comm, run, command.log);
  StopRequest stop(comm, {run.stop(), time_budget_s(comm, command.time_budget_s)});
  const RunSummary summary =
      run_sweep(comm, sweep, run, command.threads, {},
                {&stop, command.checkpoint_every_s, command.extend, command.retry});
  return conclude(comm, run, summary);
}

}  // namespace infoplane::jobs
