#include "store/pack.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "store/atomic_file.hpp"
#include "store/example_run.hpp"
#include "store/hdf5.hpp"
#include "store/no_times.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

class Pack : public testing::Test {
 protected:
  void SetUp() override {
    write_example_activations(run_.activations(), layout_);
    write_text_atomically(run_.sweep(), "");
  }
  std::vector<std::uint64_t> checksums() const {
    const ActivationsFile file(run_.activations(), ActivationsFile::Access::read,
                               Communicator::serial());
    std::vector<std::uint64_t> sums;
    for (std::size_t t = 0; t < layout_.trials.size(); ++t) sums.push_back(file.slab_checksum(t));
    return sums;
  }
  void set_state(std::size_t trial, TrialState state, std::uint64_t checksum) {
    ActivationsFile file(run_.activations(), ActivationsFile::Access::write,
                         Communicator::serial());
    LedgerEntry entry = file.ledger(trial);
    entry.state = state;
    entry.checksum = checksum;
    file.write_ledger(trial, entry);
  }

  Scratch scratch_;
  RunDirectory run_{scratch_.path()};
  RunLayout layout_ = example_layout();
};

TEST_F(Pack, KeepsEveryBit) {
  const std::vector<std::uint64_t> before = checksums();
  EXPECT_FALSE(is_packed(run_));
  EXPECT_TRUE(pack_run(run_, 4).changed);
  EXPECT_TRUE(is_packed(run_));
  EXPECT_EQ(checksums(), before);
  const ActivationsFile file(run_.activations(), ActivationsFile::Access::read,
                             Communicator::serial());
  EXPECT_EQ(file.layout().trials[0].layers[0].shape, layout_.trials[0].layers[0].shape);
  EXPECT_EQ(file.layout().trials[1].train_rows, layout_.trials[1].train_rows);
  EXPECT_EQ(file.ledger(1).ended, done_entry(1, 0).ended);
  EXPECT_EQ(scratch_.names(), (std::set<std::string>{"activations.h5", "lock", "sweep.toml"}));
}

TEST_F(Pack, TwiceChangesNothingAndThereIsAWayBack) {
  const std::vector<std::uint64_t> before = checksums();
  pack_run(run_, 4);
  EXPECT_FALSE(pack_run(run_, 9).changed);
  EXPECT_TRUE(unpack_run(run_).changed);
  EXPECT_FALSE(is_packed(run_));
  EXPECT_EQ(checksums(), before);
  EXPECT_FALSE(unpack_run(run_).changed);
  ActivationsFile file(run_.activations(), ActivationsFile::Access::write, Communicator::serial());
  write_example_trial(file, layout_, 0);
}

TEST_F(Pack, KeepsNoTimes) {
  pack_run(run_, 4);
  const h5::Id file = h5::open_file(run_.activations(), h5::Access::read, Communicator::serial());
  const std::string trial = "/trials/" + layout_.trials[0].id;
  expect_no_times(file.get(), trial);
  expect_no_times(file.get(), trial + "/" + layout_.trials[0].layers[0].name);
  expect_no_times(file.get(), "/ledger");
}

// Long rows of zeros: what is compressible becomes small.
TEST_F(Pack, MakesFilesSmaller) {
  RunLayout layout;
  layout.row_sets = {{{0, 1}, {0, 1}}};
  layout.trials = {{"abcabcabcabc", {0, 1}, {{"h1", 500'000}}, 0, 1, 1, {}}};
  ActivationsFile::create(run_.activations(), layout, {});
  {
    ActivationsFile file(run_.activations(), ActivationsFile::Access::write,
                         Communicator::serial());
    const std::vector<float> zeros(1'000'000, 0.0F);
    SlabChecksum checksum(1);
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      file.write_snapshot(0, epoch, 0, {zeros.data(), 2, 500'000});
      checksum.add(epoch, 0, {zeros.data(), 2, 500'000});
    }
    file.write_ledger(0, done_entry(0, checksum.value()));
  }
  double last = 0;
  const PackSizes sizes = pack_run(run_, 4, [&](double share) {
    EXPECT_GE(share, last);
    last = share;
  });
  EXPECT_EQ(last, 1);
  EXPECT_GT(sizes.before_bytes, 8'000'000u);
  EXPECT_LT(sizes.after_bytes, 100'000u);
}

TEST_F(Pack, UnfinishedRunsAreRefused) {
  for (const TrialState state : {TrialState::pending, TrialState::running}) {
    set_state(1, state, 0);
    const std::string before = bytes_of(run_.activations());
    EXPECT_THROW(pack_run(run_, 4), InputError);
    EXPECT_TRUE(bytes_of(run_.activations()) == before);
  }
}

TEST_F(Pack, FailedTrialsHaveNothingToKeep) {
  set_state(1, TrialState::failed, 0);
  EXPECT_TRUE(pack_run(run_, 4).changed);
}

TEST_F(Pack, DamageIsFoundAndTheFileLeftAlone) {
  set_state(2, TrialState::done, 12345);
  const std::string before = bytes_of(run_.activations());
  try {
    pack_run(run_, 4);
    FAIL() << "packed a damaged run";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("beefbeefbeef"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(bytes_of(run_.activations()) == before);
  EXPECT_EQ(scratch_.names().count("activations.h5.tmp"), 0u);
}

TEST_F(Pack, MissingAndForeignRuns) {
  std::filesystem::remove(run_.activations());
  EXPECT_THROW(pack_run(run_, 4), InputError);
  EXPECT_THROW(pack_run(RunDirectory(scratch_ / "none"), 4), InputError);
}

TEST_F(Pack, RunsInUseAreRefused) {
  const RunLock lock(run_);
  EXPECT_THROW(pack_run(run_, 4), InputError);
}

}  // namespace
}  // namespace infoplane::test
