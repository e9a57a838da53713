#include "pipeline/drop_noise.hpp"

#include <algorithm>
#include <set>

#include "config/sweep_file.hpp"
#include "pipeline/disk_space.hpp"
#include "pipeline/snapshot_work.hpp"
#include "store/atomic_file.hpp"
#include "store/results_table.hpp"

namespace infoplane {

std::vector<Noise> drop_unfinished_noise(const RunDirectory& run) {
  run.require_run();
  const RunLock lock(run);
  ResultsTable table = read_results(run.results());
  const config::SweepFile sweep =
      config::SweepFile::parse(read_text(run.sweep()), run.sweep().string());
  const std::vector<Noise>& stays = sweep.estimate().sigma2;
  std::set<std::uint64_t> unfinished;
  for (const SnapshotWork& work : find_outstanding(table))
    unfinished.insert(work.sigma2.begin(), work.sigma2.end());
  std::vector<Noise> dropped;
  for (const std::uint64_t s : unfinished) {
    if (std::find(stays.begin(), stays.end(), table.sigma2[s]) == stays.end())
      dropped.push_back(table.sigma2[s]);
  }
  if (dropped.empty()) return dropped;
  drop_sigma2(table, dropped);
  require_disk_space(table, run);
  write_results(run.results(), table);
  return dropped;
}

}  // namespace infoplane
