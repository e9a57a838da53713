#include "comm/serialized.hpp"
#include "config/sweep_file.hpp"
#include "jobs/commands.hpp"
#include "jobs/set_up_log.hpp"
#include "jobs/summary.hpp"
#include "jobs/time_budget.hpp"
#include "pipeline/run.hpp"

namespace infoplane::jobs {

namespace {

std::vector<Noise> noise_of(const std::vector<std::string>& words, const char* option) {
  return words.empty() ? std::vector<Noise>{} : config::parse_sigma2(words, option);
}

}  // namespace

ExitCode perform(const EstimateCommand& command, const Communicator& comm) {
  if (command.sigma2.empty() && command.drop.empty())
    throw UsageError("estimate needs --sigma2 or --drop (see infoplane estimate --help)");
  const NoiseChange noise{noise_of(command.sigma2, "--sigma2"), noise_of(command.drop, "--drop")};
  const RunDirectory run(command.run);
  on_root(comm, [&] { run.require_run(); });
  set_up_log(comm, run, command.log);
  StopRequest stop(comm, {run.stop(), time_budget_s(comm, command.time_budget_s)});
  JobControl job;
  job.stop = &stop;
  return conclude(comm, run,
                  estimate_run(comm, run, noise, command.threads, {}, command.device, job));
}

}  // namespace infoplane::jobs
