// Makes a run directory of activations in .npy files, so that the whole program can estimate them.
//
//   make_run OUT LABELS.npy NAME=FILE.npy...
//
// One trial that is done, epoch 0, one layer for each file; results.nc has no noise variance yet:
// `infoplane estimate OUT --sigma2 ...` adds them. sweep.toml stands for the data set that the
// program cannot read by itself; only its [estimate] is ever looked at.

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bench/npy.hpp"
#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"
#include "core/errors.hpp"
#include "estimators/pairwise.hpp"
#include "pipeline/provenance.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"

namespace {

using namespace infoplane;

const char* const sweep_text = R"([sweep]
name = "benchmark"

[data]
set = "szt"

[model]
hidden = [20]

[training]
epochs = 0

[estimate]
sigma2 = [1e6]
)";

void make_run(const RunDirectory& run, const std::vector<std::int32_t>& labels,
              const std::vector<std::pair<std::string, bench::Matrix>>& layers) {
  const config::SweepFile sweep = config::SweepFile::parse(sweep_text, "make_run");
  const Communicator alone = Communicator::serial();
  RunLayout layout;
  layout.row_sets.resize(1);
  layout.row_sets[0].labels = labels;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    layout.row_sets[0].rows.push_back(static_cast<std::int64_t>(row));
  }
  layout.trials.resize(1);
  TrialLayout& trial = layout.trials[0];
  trial.id = "benchmark";
  trial.epochs = {0};
  trial.train_rows = static_cast<std::int64_t>(labels.size());
  for (const auto& [name, values] : layers) {
    trial.layers.push_back({name, static_cast<std::int64_t>(values.cols)});
  }

  run.prepare();
  const Provenance provenance = provenance_of(sweep, alone, 1);
  ActivationsFile::create(run.activations(), layout, provenance);
  ActivationsFile activations(run.activations(), ActivationsFile::Access::write, alone);
  SlabChecksum checksum(layers.size());
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const MatrixView<const float> snapshot = layers[layer].second.view();
    activations.write_snapshot(0, 0, layer, snapshot);
    checksum.add(0, layer, snapshot);
  }
  LedgerEntry entry;
  entry.state = TrialState::done;
  entry.attempts = 1;
  entry.checksum = checksum.value();
  activations.write_ledger(0, entry);

  ResultsTable table = empty_results(layout, {label_entropy_bits(labels)}, sweep.estimate().sigma2,
                                     sweep.estimate().bounds, provenance);
  table.state = {static_cast<std::uint8_t>(TrialState::done)};
  table.train_loss = {0};  // an epoch with metrics is one that was recorded
  write_results(run.results(), table);
  write_text_atomically(run.sweep(), sweep.resolved());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) throw UsageError("usage: make_run OUT LABELS.npy NAME=FILE.npy...");
  const std::vector<std::int32_t> labels = bench::read_npy_labels(argv[2]);
  std::vector<std::pair<std::string, bench::Matrix>> layers;
  for (int i = 3; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) throw UsageError("'" + argument + "' is not NAME=FILE.npy");
    layers.emplace_back(argument.substr(0, equals),
                        bench::read_npy_matrix(argument.substr(equals + 1), labels.size()));
  }
  make_run(RunDirectory(argv[1]), labels, layers);
  return 0;
} catch (const infoplane::Error& error) {
  fmt::print(stderr, "make_run: {}\n", error.what());
  return static_cast<int>(error.code());
} catch (const std::exception& error) {
  fmt::print(stderr, "make_run: {}\n", error.what());
  return 1;
}
