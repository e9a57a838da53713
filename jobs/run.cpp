#include "pipeline/run.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "core/log.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "jobs/load_sweep.hpp"
#include "jobs/summary.hpp"
#include "jobs/time_budget.hpp"

namespace infoplane::jobs {

ExitCode perform(const RunCommand& command, const Communicator& comm) {
  const config::SweepFile sweep = load_sweep(comm, command.sweep, command.set, command.plugins);
  const RunDirectory run(command.out.empty() ? "runs/" + sweep.name() : command.out);
  StopRequest stop(comm, {run.stop(), time_budget_s(comm, command.time_budget_s)});
  const RunSummary summary = run_sweep(comm, sweep, run, command.threads, {},
                                       {&stop, command.checkpoint_every_s, command.extend});
  return conclude(comm, run, summary);
}

}  // namespace infoplane::jobs
