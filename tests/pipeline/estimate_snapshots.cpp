#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "comm/mpi.hpp"
#include "comm/serialized.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "pipeline/busy_table.hpp"
#include "pipeline/estimate_phase.hpp"
#include "store/activations_file.hpp"
#include "store/results_table.hpp"

// estimate_snapshots RUN whole|cut|auto ROWS FEATURES EPOCHS [damaged]
//
// The estimation phase alone, on a run with one trial of one layer, which it makes if it is not
// there: ROWS x FEATURES around ten centres, at four noise variances. `cut` shares every snapshot
// among the ranks, `whole` none; `auto` decides as the program does. Another number of rows than
// the program's data sets have.

namespace infoplane::test {
namespace {

void make_run(const RunDirectory& run, std::size_t rows, std::size_t features, std::size_t epochs,
              bool damaged) {
  RunLayout layout;
  layout.row_sets.emplace_back();
  for (std::size_t i = 0; i < rows; ++i) {
    layout.row_sets[0].rows.push_back(static_cast<std::int64_t>(i));
    layout.row_sets[0].labels.push_back(static_cast<std::int32_t>(i % 10));
  }
  TrialLayout trial;
  trial.id = "0123456789ab";
  for (std::size_t e = 0; e < epochs; ++e) trial.epochs.push_back(static_cast<std::int64_t>(e));
  trial.layers = {{"layer1", static_cast<std::int64_t>(features)}};
  layout.trials = {trial};
  std::filesystem::create_directories(run.path());
  ActivationsFile::create(run.activations(), layout, {});
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    RandomStream random(7);
    std::vector<float> centres(10 * features);
    for (float& x : centres) x = static_cast<float>(random.uniform());
    std::vector<float> values(rows * features);
    for (std::size_t e = 0; e < epochs; ++e) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t centre = i / features % 10 * features + i % features;
        values[i] = centres[centre] + 0.3F * static_cast<float>(random.uniform());
      }
      if (damaged) values[values.size() / 2] = std::numeric_limits<float>::quiet_NaN();
      file.write_snapshot(0, e, 0, {values.data(), rows, features});
    }
    file.write_ledger(0, {TrialState::done, 1, 0, 0, 0, "", static_cast<std::uint32_t>(epochs)});
  }
  ResultsTable table =
      empty_results(layout, {1.0}, {1e-3, 3e-3, 0.03, 0.5}, {Bound::kl, Bound::bd}, {});
  table.state = {static_cast<std::uint8_t>(TrialState::done)};
  table.train_loss.assign(epochs, 1.0);
  write_results(run.results(), table);
}

int estimate(const Communicator& comm, int argc, char** argv) {
  if (argc < 6) throw UsageError("estimate_snapshots RUN whole|cut|auto ROWS FEATURES EPOCHS");
  const RunDirectory run(argv[1]);
  const std::string how = argv[2];
  on_root(comm, [&] {
    if (std::filesystem::exists(run.results())) return;
    make_run(run, std::stoul(argv[3]), std::stoul(argv[4]), std::stoul(argv[5]), argc > 6);
  });
  SpreadSettings settings;
  if (how == "cut") settings = {0, -1};
  if (how == "whole") settings.uneven = 1e9;
  const EstimateOutcome outcome = estimate_outstanding(comm, run, settings);
  if (comm.is_root()) {
    for (const std::string& line : busy_table({}, outcome.busy)) log_info("{}", line);
    log_info("estimated {} in {:.4f} s", outcome.snapshots, outcome.busy.wall_s);
  }
  return 0;
}

}  // namespace
}  // namespace infoplane::test

int main(int argc, char** argv) {
  infoplane::MpiSession mpi(argc, argv);
  try {
    return infoplane::test::estimate(mpi.world(), argc, argv);
  } catch (const std::exception& error) {
    infoplane::log_error("{}", error.what());
    mpi.world().abort(1);
  }
}
