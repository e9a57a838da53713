#include "comm/serialized.hpp"
#include "config/sweep_file.hpp"
#include "jobs/commands.hpp"
#include "jobs/set_up_log.hpp"
#include "jobs/summary.hpp"
#include "jobs/time_budget.hpp"
#include "pipeline/run.hpp"

namespace infoplane::jobs {

ExitCode perform(const EstimateCommand& command, const Communicator& comm) {
  const std::vector<Noise> sigma2 = config::parse_sigma2(command.sigma2, "--sigma2");
  const RunDirectory run(command.run);
  on_root(comm, [&] { run.require_run(); });
  set_up_log(comm, run, command.log);
  StopRequest stop(comm, {run.stop(), time_budget_s(comm, command.time_budget_s)});
  JobControl job;
  job.stop = &stop;
  return conclude(comm, run,
                  estimate_run(comm, run, sigma2, command.threads, {}, command.device, job));
}

}  // namespace infoplane::jobs
