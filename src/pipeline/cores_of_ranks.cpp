#include "pipeline/cores_of_ranks.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <cstdint>
#include <vector>

#include "comm/serialized.hpp"
#include "core/errors.hpp"

namespace infoplane {
namespace {

/// Of this process; as many as are wanted where the system does not say.
int cores_or(int wanted) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : wanted;
}

}  // namespace

void require_cores(const Communicator& comm, int threads) {
  require_cores(comm, threads, cores_or(threads));
}

void require_cores(const Communicator& comm, int threads, int cores) {
  std::vector<std::int64_t> with_fewer{cores < threads ? 1 : 0};
  comm.sum(with_fewer);
  on_root(comm, [&] {
    if (with_fewer[0] == 0) return;
    throw UsageError(fmt::format(
        "--threads {0}: {1} of {2} rank{3} may run on fewer cores than that, where libraries use "
        "fewer threads and results get other bits; give each rank {0} cores (mpirun --bind-to none "
        "or --map-by slot:PE={0}, srun --cpus-per-task={0}), or take fewer threads",
        threads, with_fewer[0], comm.size(), comm.size() == 1 ? "" : "s"));
  });
}

}  // namespace infoplane
