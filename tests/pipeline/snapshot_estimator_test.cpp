#include "pipeline/snapshot_estimator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "core/random.hpp"
#include "store/results_table.hpp"
#include "store/run_directory.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

/// One snapshot, of so many rows that they make several tickets.
void make_run(const RunDirectory& run, const std::vector<Noise>& noise) {
  constexpr std::size_t rows = 5000;
  constexpr std::size_t features = 3;
  RunLayout layout;
  layout.row_sets.emplace_back();
  RandomStream random(3);
  std::vector<float> values(rows * features);
  for (float& value : values) value = static_cast<float>(random.normal());
  for (std::size_t i = 0; i < rows; ++i) {
    layout.row_sets[0].rows.push_back(static_cast<std::int64_t>(i));
    layout.row_sets[0].labels.push_back(static_cast<std::int32_t>(i % 2));
  }
  TrialLayout trial;
  trial.id = "0123456789ab";
  trial.epochs = {0};
  trial.layers = {{"layer1", features}};
  layout.trials = {trial};
  ActivationsFile::create(run.activations(), layout, {});
  ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
  file.write_snapshot(0, 0, 0, {values.data(), rows, features});
  file.write_ledger(0, {TrialState::done, 1, 0, 0, 0, "", 1});
  ResultsTable table = empty_results(layout, {1.0}, noise, {Bound::kl, Bound::bd}, {});
  table.state = {static_cast<std::uint8_t>(TrialState::done)};
  table.train_loss.assign(1, 1.0);
  write_results(run.results(), table);
}

// A large snapshot takes minutes, and a job that is to end has two.
TEST(SnapshotEstimator, StopsInTheMiddleOfASnapshot) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  const std::vector<Noise> noise{Noise::from_text("0.1")};
  make_run(run, noise);
  const std::vector<SnapshotWork> work = find_outstanding(read_results(run.results()));
  ASSERT_EQ(work.size(), 1u);

  const ActivationsFile activations(run.activations(), ActivationsFile::Access::read,
                                    Communicator::serial());
  ResultsFile results(run.results(), Communicator::serial());
  SnapshotEstimator estimate(activations, results, noise, {"kl", "bd"}, {});
  int asked = 0;
  EXPECT_FALSE(estimate(work[0], [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3) << "has it only one ticket?";
  EXPECT_TRUE(std::isnan(read_results(run.results()).i_xt.at(0)));
  EXPECT_TRUE(estimate(work[0], [] { return false; }));
  EXPECT_FALSE(std::isnan(read_results(run.results()).i_xt.at(0)));
}

}  // namespace
}  // namespace infoplane::test
