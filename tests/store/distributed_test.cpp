#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "comm/serialized.hpp"
#include "core/distance_axes.hpp"
#include "store/activations_file.hpp"
#include "store/example_run.hpp"
#include "store/other_process.hpp"
#include "store/results_file.hpp"
#include "store/results_table.hpp"
#include "support/mpi_test.hpp"

// One file, all ranks: rank 0 makes the skeleton, each rank writes what is its own, all read all.

namespace infoplane::test {
namespace {

class SharedFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name;
    on_root(world(), [&] {
      const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
      folder_ = std::filesystem::path(INFOPLANE_TEST_SCRATCH) /
                ("shared." + std::string(test->name()) + "-" + std::to_string(getpid()));
      std::filesystem::create_directories(folder_);
      name = folder_.string();
    });
    broadcast(world(), name);
    folder_ = name;
  }
  void TearDown() override {
    world().barrier();
    if (world().is_root()) std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
};

/// More trials than ranks, of very different size, so that slabs of different ranks share pages.
RunLayout many_trials() {
  RunLayout layout = example_layout();
  const std::vector<TrialLayout> kinds = layout.trials;
  layout.trials.clear();
  for (int i = 0; i < 13; ++i) {
    layout.trials.push_back(kinds[static_cast<std::size_t>(i) % kinds.size()]);
    layout.trials.back().id = "trial" + std::to_string(i);
  }
  return layout;
}

int owner(std::size_t trial) { return static_cast<int>(trial) % world().size(); }

void expect_written(const ActivationsFile& file, const RunLayout& layout) {
  std::size_t compared = 0;
  std::vector<float> values;
  for (std::size_t t = 0; t < layout.trials.size(); ++t) {
    const LedgerEntry entry = file.ledger(t);
    EXPECT_EQ(entry.state, TrialState::done) << "trial " << t;
    EXPECT_EQ(entry.attempts, t + 1);
    EXPECT_EQ(entry.started, done_entry(t, 0).started);
    EXPECT_EQ(entry.ended, done_entry(t, 0).ended);
    EXPECT_EQ(entry.checksum, file.slab_checksum(t)) << "trial " << t;
    for (std::size_t e = 0; e < layout.trials[t].epochs.size(); ++e) {
      for (std::size_t l = 0; l < layout.trials[t].layers.size(); ++l) {
        file.read_snapshot(t, e, l, values);
        const std::vector<float> expected = example_snapshot(layout, t, e, l);
        EXPECT_TRUE(values.size() == expected.size() &&
                    std::memcmp(values.data(), expected.data(), values.size() * sizeof(float)) == 0)
            << "trial " << t << ", epoch " << e << ", layer " << l << ", read on rank "
            << world().rank();
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 5 * 9u + 4 * 4u + 4 * 4u);
}

TEST_F(SharedFile, EveryRankReadsWhatAllWrote) {
  const std::filesystem::path path = folder_ / "activations.h5";
  const RunLayout layout = many_trials();
  on_root(world(), [&] { ActivationsFile::create(path, layout, example_provenance()); });
  {
    ActivationsFile file(path, ActivationsFile::Access::write, world());
    EXPECT_EQ(file.layout().trials.size(), layout.trials.size());
    for (std::size_t t = 0; t < layout.trials.size(); ++t) {
      if (owner(t) != world().rank()) continue;
      file.write_ledger(t, {TrialState::running, 1, 0, 1, 1, ""});
      file.write_ledger(t, done_entry(t, write_example_trial(file, layout, t)));
    }
  }
  {
    const ActivationsFile file(path, ActivationsFile::Access::read, world());
    expect_written(file, layout);
  }
  // And as a process alone sees it.
  const ActivationsFile file(path, ActivationsFile::Access::read, Communicator::serial());
  expect_written(file, layout);
}

// A rank that has nothing to write only opens and closes with the others.
TEST_F(SharedFile, OnlyTheLastRankWrites) {
  const std::filesystem::path path = folder_ / "activations.h5";
  const RunLayout layout = many_trials();
  on_root(world(), [&] { ActivationsFile::create(path, layout, example_provenance()); });
  {
    ActivationsFile file(path, ActivationsFile::Access::write, world());
    if (world().rank() == world().size() - 1) {
      for (std::size_t t = 0; t < layout.trials.size(); ++t) {
        file.write_ledger(t, done_entry(t, write_example_trial(file, layout, t)));
      }
    }
  }
  const ActivationsFile file(path, ActivationsFile::Access::read, world());
  expect_written(file, layout);
}

// A run resumed on the same file: what the first job wrote stays, what is written now is added.
TEST_F(SharedFile, ASecondJobAddsToTheFirst) {
  const std::filesystem::path path = folder_ / "activations.h5";
  const RunLayout layout = many_trials();
  on_root(world(), [&] { ActivationsFile::create(path, layout, example_provenance()); });
  for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
    ActivationsFile file(path, ActivationsFile::Access::write, world());
    for (std::size_t t = half; t < layout.trials.size(); t += 2) {
      const TrialState before = file.ledger(t).state;
      EXPECT_TRUE(before == TrialState::pending || owner(t / 2) != world().rank()) << "trial " << t;
      if (owner(t / 2) == world().rank())
        file.write_ledger(t, done_entry(t, write_example_trial(file, layout, t)));
    }
  }
  const ActivationsFile file(path, ActivationsFile::Access::read, world());
  expect_written(file, layout);
}

TEST_F(SharedFile, FailedTrialsKeepTheirReasons) {
  const std::filesystem::path path = folder_ / "activations.h5";
  const RunLayout layout = many_trials();
  const auto reason = [](std::size_t trial) {
    return "the loss is inf after epoch " + std::to_string(trial * 7);
  };
  on_root(world(), [&] { ActivationsFile::create(path, layout, {}); });
  {
    ActivationsFile file(path, ActivationsFile::Access::write, world());
    for (std::size_t t = 0; t < layout.trials.size(); ++t) {
      if (owner(t) == world().rank())
        file.write_ledger(t, {TrialState::failed, 2, 0, 5, 6, reason(t)});
    }
  }
  const ActivationsFile file(path, ActivationsFile::Access::read, world());
  for (std::size_t t = 0; t < layout.trials.size(); ++t) {
    EXPECT_EQ(file.ledger(t).state, TrialState::failed);
    EXPECT_EQ(file.ledger(t).reason, reason(t));
  }
}

TEST_F(SharedFile, ResultsOfAllRanks) {
  const std::filesystem::path path = folder_ / "results.nc";
  const ResultsTable axes =
      empty_results(many_trials(), {1.5, 0.9}, {1e-3, 1e-2, 1e-1}, {Bound::kl, Bound::bd}, {});
  on_root(world(), [&] { write_results(path, axes); });
  const auto number = [](std::size_t place) { return 1.0 / static_cast<double>(place + 1); };
  {
    ResultsFile file(path, world());
    std::size_t snapshot = 0;
    for (std::size_t t = 0; t < axes.trials.size(); ++t) {
      if (owner(t) == world().rank())
        file.write_state(t, {TrialState::done, 1, 0, 10, 10 + number(t), ""});
      for (std::size_t e = 0; e < axes.epochs.size(); ++e) {
        if (owner(t) == world().rank()) {
          const double metric = number(axes.at_epoch(t, e));
          file.write_metrics(t, e, {metric, -metric, 2 * metric, std::nan("")});
        }
        // Estimates of one trial come from all ranks.
        for (std::size_t l = 0; l < axes.layers.size(); ++l, ++snapshot) {
          if (owner(snapshot) != world().rank()) continue;
          for (std::size_t s = 0; s < axes.sigma2.size(); ++s) {
            const std::size_t at = axes.at_estimate(t, e, l, s, 0);
            file.write_noise(t, e, l, s, number(axes.at_noise(t, e, l, s)), number(at));
            file.write_estimate(t, e, l, s, {number(at), number(at + 1)},
                                {-number(at), -number(at + 1)});
          }
          const double distance = number(axes.at_snapshot(t, e, l));
          file.write_distances(t, e, l,
                               {std::vector<double>(distance_percents.size(), distance),
                                std::vector<float>(distance_bins, 0.5F), 2 * distance, -distance});
        }
      }
    }
  }
  const ResultsTable table = read_results(path);
  ASSERT_EQ(table.distance_mean.size(), 13u * 4 * 4);
  for (std::size_t i = 0; i < table.distance_mean.size(); ++i) {
    EXPECT_EQ(table.distance_mean[i], 2 * number(i));
    EXPECT_EQ(table.distance_rank_error[i], -number(i));
    EXPECT_EQ(table.distance_quantiles[i * distance_percents.size() + 10], number(i));
    EXPECT_EQ(table.distance_histogram[i * distance_bins + 63], 0.5F);
  }
  for (std::size_t i = 0; i < table.sigma2_used.size(); ++i)
    EXPECT_EQ(table.sigma2_used[i], number(i));
  ASSERT_EQ(table.i_xt.size(), 13u * 4 * 4 * 3 * 2);
  for (std::size_t t = 0; t < table.trials.size(); ++t) {
    EXPECT_EQ(table.state_of(t), TrialState::done);
    EXPECT_EQ(table.seconds[t], 10 + number(t) - 10);
  }
  for (std::size_t i = 0; i < table.train_loss.size(); ++i) {
    EXPECT_EQ(table.train_loss[i], number(i));
    EXPECT_EQ(table.train_accuracy[i], -number(i));
    EXPECT_EQ(table.test_loss[i], 2 * number(i));
    EXPECT_TRUE(std::isnan(table.test_accuracy[i]));
  }
  for (std::size_t i = 0; i < table.i_xt.size(); ++i) {
    EXPECT_EQ(table.i_xt[i], number(i)) << i;
    EXPECT_EQ(table.i_ty[i], -number(i)) << i;
  }
}

// Somebody has the results of a job open that goes on from training to estimating: ranks lock
// nothing, and rank 0 does not have to, even where HDF5 locks (store_distributed.with-locks).
TEST_F(SharedFile, WhoReadsResultsIsInNobodysWay) {
  const std::filesystem::path path = folder_ / "results.nc";
  const RunLayout layout = many_trials();
  on_root(world(), [&] {
    write_results(path, empty_results(layout, {1.5, 0.9}, {1e-3}, {Bound::kl}, {}));
  });
  { const ResultsFile training(path, world()); }
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(reader, LOCK_SH), 0) << "as HDF5 locks what it reads";
  {
    ResultsFile estimating(path, world());
    on_root(world(), [&] { estimating.write_metrics(0, 0, {1, 2, 3, 4}); });
  }
  close(reader);
  EXPECT_EQ(read_results(path).train_loss.at(0), 1);
}

// The bytes are the same however many ranks wrote them: nothing of the format depends on it.
TEST_F(SharedFile, SlabsDoNotDependOnTheRanks) {
  const RunLayout layout = many_trials();
  std::vector<std::uint64_t> checksums[2];
  for (const int alone : {0, 1}) {
    const std::filesystem::path path = folder_ / (alone ? "alone.h5" : "together.h5");
    on_root(world(), [&] {
      ActivationsFile::create(path, layout, {});
      if (alone) {
        ActivationsFile file(path, ActivationsFile::Access::write, Communicator::serial());
        for (std::size_t t = 0; t < layout.trials.size(); ++t) write_example_trial(file, layout, t);
      }
    });
    if (!alone) {
      ActivationsFile file(path, ActivationsFile::Access::write, world());
      for (std::size_t t = 0; t < layout.trials.size(); ++t) {
        if (owner(t) == world().rank()) write_example_trial(file, layout, t);
      }
    }
    const ActivationsFile file(path, ActivationsFile::Access::read, world());
    for (std::size_t t = 0; t < layout.trials.size(); ++t)
      checksums[alone].push_back(file.slab_checksum(t));
  }
  EXPECT_EQ(checksums[0], checksums[1]);
}

// All ranks are refused together; none waits for the others in an open that failed.
TEST_F(SharedFile, ADamagedFileIsRefusedOnEveryRank) {
  const std::filesystem::path whole = folder_ / "whole.h5";
  on_root(world(), [&] {
    ActivationsFile::create(whole, many_trials(), {});
    std::filesystem::copy_file(whole, folder_ / "short.h5");
    std::filesystem::resize_file(folder_ / "short.h5", std::filesystem::file_size(whole) / 2);
    std::filesystem::copy_file(whole, folder_ / "empty.h5");
    std::filesystem::resize_file(folder_ / "empty.h5", 0);
    write_results(folder_ / "results.h5", example_table());
  });
  for (const char* name : {"short.h5", "empty.h5", "results.h5", "missing.h5"}) {
    const std::filesystem::path path = folder_ / name;
    const std::string text =
        message_of([&] { ActivationsFile(path, ActivationsFile::Access::write, world()); });
    EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
    EXPECT_NE(text.find(path.string()), std::string::npos) << text;
  }
  EXPECT_EQ(message_of([&] { ActivationsFile(whole, ActivationsFile::Access::write, world()); }),
            "no error");
}

}  // namespace
}  // namespace infoplane::test
