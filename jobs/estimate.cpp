#include "comm/serialized.hpp"
#include "config/sweep_file.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "jobs/set_up_log.hpp"
#include "jobs/summary.hpp"
#include "jobs/time_budget.hpp"
#include "pipeline/drop_noise.hpp"
#include "pipeline/run.hpp"

namespace infoplane::jobs {

namespace {

constexpr std::size_t most_named = 8;

void drop_unfinished(const RunDirectory& run) {
  std::vector<std::string> words;
  for (const Noise& noise : drop_unfinished_noise(run)) words.push_back(to_string(noise));
  const std::size_t count = words.size();
  if (count > most_named) words.resize(most_named);
  log_info("{}: {}{}{}", run.path().string(),
           count == 0 ? "no noise but the sweep's is unfinished"
                      : count_of(static_cast<std::int64_t>(count), "unfinished noise variance") +
                            " taken away: ",
           join(words), count > most_named ? ", ..." : "");
}

}  // namespace

ExitCode perform(const EstimateCommand& command, const Communicator& comm) {
  if (command.sigma2.empty() && !command.drop_unfinished)
    throw UsageError(
        "estimate needs --sigma2, or --drop-unfinished (see infoplane estimate --help)");
  std::vector<Noise> sigma2;
  if (!command.sigma2.empty()) sigma2 = config::parse_sigma2(command.sigma2, "--sigma2");
  const RunDirectory run(command.run);
  on_root(comm, [&] { run.require_run(); });
  set_up_log(comm, run, command.log);
  if (command.drop_unfinished) on_root(comm, [&] { drop_unfinished(run); });
  if (sigma2.empty()) return ExitCode::done;
  StopRequest stop(comm, {run.stop(), time_budget_s(comm, command.time_budget_s)});
  JobControl job;
  job.stop = &stop;
  return conclude(comm, run,
                  estimate_run(comm, run, sigma2, command.threads, {}, command.device, job));
}

}  // namespace infoplane::jobs
