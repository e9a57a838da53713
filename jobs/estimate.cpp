#include "config/sweep_file.hpp"
#include "jobs/commands.hpp"
#include "jobs/summary.hpp"
#include "pipeline/run.hpp"

namespace infoplane::jobs {

ExitCode perform(const EstimateCommand& command, const Communicator& comm) {
  const RunDirectory run(command.run);
  const std::vector<Noise> sigma2 = config::parse_sigma2(command.sigma2, "--sigma2");
  return conclude(comm, run, estimate_run(comm, run, sigma2, command.threads, {}, command.device));
}

}  // namespace infoplane::jobs
