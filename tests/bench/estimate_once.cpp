// The estimate phase of a run directory, as the program does it, for scripts that time it.
//
//   mpirun -n P estimate_once RUN SIGMA2[,SIGMA2...]
//
// Adds the noise and estimates it. Rank 0 prints JSON: wall_s of the phase, without starting up and
// opening the files, and busy_s of every rank.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "comm/guard.hpp"
#include "comm/mpi.hpp"
#include "core/errors.hpp"
#include "core/noise.hpp"
#include "pipeline/run.hpp"

namespace {

using namespace infoplane;

void estimate(const Communicator& comm, const std::string& run, const std::string& list) {
  std::vector<Noise> sigma2;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) sigma2.push_back(Noise::from_text(word));
  const RunSummary summary =
      estimate_run(comm, RunDirectory(run), {sigma2, {}}, 1, {}, DeviceChoice::cpu);
  if (!comm.is_root()) return;
  nlohmann::json result;
  result["wall_s"] = summary.estimating.wall_s;
  for (const RankBusy& rank : summary.estimating.ranks) result["busy_s"].push_back(rank.busy_s);
  fmt::print("{}\n", result.dump());
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  const Communicator comm = mpi.world();
  try {
    if (argc != 3) throw UsageError("usage: estimate_once RUN SIGMA2[,SIGMA2...]");
    estimate(comm, argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "estimate_once: {}\n", error.what());
    comm.abort(1);
  }
  return 0;
}
