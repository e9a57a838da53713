#include "store/copy_trial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "store/example_run.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

RunLayout with_trials(const std::vector<std::size_t>& which) {
  RunLayout layout = example_layout();
  const std::vector<TrialLayout> all = layout.trials;
  layout.trials.clear();
  for (const std::size_t t : which) layout.trials.push_back(all[t]);
  return layout;
}

ResultsTable table_of(const Scratch& folder, const RunLayout& layout) {
  const std::vector<Noise> noise{Noise::from_text("0.1"), Noise::from_text("2.0")};
  write_results(folder / "table.nc", empty_results(layout, {1.5, 0.9}, noise,
                                                   {Bound::kl, Bound::bd}, example_provenance()));
  return read_results(folder / "table.nc");
}

/// Every array of the table, to be filled and compared without naming each.
template <class Table, class Visit>
void for_each_array(Table& table, const Visit& visit) {
  for (auto* values :
       {&table.train_loss, &table.train_accuracy, &table.validation_loss,
        &table.validation_accuracy, &table.test_loss, &table.test_accuracy, &table.gradient_mean,
        &table.gradient_deviation, &table.weight_norm, &table.gradient_count, &table.i_xt,
        &table.i_ty, &table.sigma2_used, &table.error_bits, &table.distance_quantiles,
        &table.distance_mean, &table.distance_rank_error, &table.seconds}) {
    visit(*values);
  }
}

TEST(CopyTrial, ResultsThereAndBackAreTheSame) {
  const Scratch folder;
  ResultsTable small = table_of(folder, with_trials({2, 0}));
  double next = 1;
  for_each_array(small, [&](std::vector<double>& values) {
    for (double& value : values) value = next++;
  });
  for (float& value : small.distance_histogram) value = static_cast<float>(next++);
  small.state = {2, 4};
  small.attempts = {1, 3};
  small.failure = {"", "killed its rank 3 times"};

  ResultsTable large = table_of(folder, with_trials({0, 1, 2}));
  copy_trial(small, 0, large, 2);
  copy_trial(small, 1, large, 0);
  EXPECT_EQ(large.state, (std::vector<std::uint8_t>{4, 0, 2}));
  EXPECT_EQ(large.failure[0], "killed its rank 3 times");
  for (std::size_t e = 0; e < large.epochs.size(); ++e) {
    EXPECT_TRUE(std::isnan(large.train_loss[large.at_epoch(1, e)])) << "not its trial";
    EXPECT_TRUE(std::isnan(large.i_xt[large.at_estimate(1, e, 0, 0, 0)]));
  }

  ResultsTable back = table_of(folder, with_trials({2, 0}));
  copy_trial(large, 2, back, 0);
  copy_trial(large, 0, back, 1);
  std::vector<std::vector<double>> expected;
  for_each_array(small, [&](const std::vector<double>& values) { expected.push_back(values); });
  std::size_t at = 0;
  for_each_array(back, [&](const std::vector<double>& values) {
    EXPECT_EQ(values, expected[at]) << "array " << at;
    ++at;
  });
  EXPECT_EQ(back.distance_histogram, small.distance_histogram);
  EXPECT_EQ(back.attempts, small.attempts);
}

TEST(CopyTrial, SnapshotsKeepTheirChecksum) {
  const Scratch folder;
  const RunLayout small = with_trials({2, 0});
  const RunLayout large = with_trials({0, 1, 2});
  ActivationsFile::create(folder / "a.h5", small, example_provenance());
  ActivationsFile::create(folder / "b.h5", large, example_provenance());
  ActivationsFile a(folder / "a.h5", ActivationsFile::Access::write, Communicator::serial());
  ActivationsFile b(folder / "b.h5", ActivationsFile::Access::write, Communicator::serial());
  for (const std::size_t t : {std::size_t{0}, std::size_t{1}})
    a.write_ledger(t, done_entry(t, write_example_trial(a, small, t)));
  copy_trial(a, 0, b, 2);
  copy_trial(a, 1, b, 0);
  EXPECT_EQ(b.slab_checksum(2), a.ledger(0).checksum);
  EXPECT_EQ(b.slab_checksum(0), a.ledger(1).checksum);
  EXPECT_EQ(b.ledger(0).attempts, a.ledger(1).attempts);
  EXPECT_EQ(b.ledger(1).state, TrialState::pending);
}

TEST(CopyTrial, SnapshotsOfATrialThatWasStoppedComeAlong) {
  const Scratch folder;
  const RunLayout layout = example_layout();
  for (const char* name : {"a.h5", "b.h5"})
    ActivationsFile::create(folder / name, layout, example_provenance());
  ActivationsFile a(folder / "a.h5", ActivationsFile::Access::write, Communicator::serial());
  ActivationsFile b(folder / "b.h5", ActivationsFile::Access::write, Communicator::serial());
  const std::vector<float> values = example_snapshot(layout, 0, 0, 0);
  a.write_snapshot(0, 0, 0, view_of(layout, 0, 0, values));
  // A job that is told to stop takes its attempt back.
  a.write_ledger(0, {TrialState::pending, 0, 0, 1.7e9, 1.7e9, "", 0});
  copy_trial(a, 0, b, 0);
  std::vector<float> copied;
  b.read_snapshot(0, 0, 0, copied);
  ASSERT_EQ(copied.size(), values.size());
  EXPECT_EQ(std::memcmp(copied.data(), values.data(), values.size() * sizeof(float)), 0);
}

TEST(ActivationsFile, HoldsTheSnapshotsThatWereWritten) {
  const Scratch folder;
  const RunLayout layout = example_layout();
  ActivationsFile::create(folder / "a.h5", layout, example_provenance());
  ActivationsFile file(folder / "a.h5", ActivationsFile::Access::write, Communicator::serial());
  SlabChecksum checksum(layout.trials[0].layers.size());
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    for (std::size_t layer = 0; layer < layout.trials[0].layers.size(); ++layer) {
      const std::vector<float> values = example_snapshot(layout, 0, epoch, layer);
      file.write_snapshot(0, epoch, layer, view_of(layout, 0, layer, values));
      checksum.add(epoch, layer, view_of(layout, 0, layer, values));
    }
  }
  EXPECT_TRUE(file.holds(0, {}));
  EXPECT_TRUE(file.holds(0, checksum.parts()));
  std::vector<std::uint64_t> wrong = checksum.parts();
  EXPECT_FALSE(file.holds(0, {wrong.begin(), wrong.end() - 1})) << "not whole epochs";
  wrong.back() ^= 1;
  EXPECT_FALSE(file.holds(0, wrong));
  EXPECT_FALSE(file.holds(0, std::vector<std::uint64_t>(3000, 1))) << "more than there are";
}

}  // namespace
}  // namespace infoplane::test
