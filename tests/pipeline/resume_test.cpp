#include "pipeline/resume.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "store/activations_file.hpp"
#include "store/example_run.hpp"
#include "store/run_directory.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

using Found = std::optional<std::vector<std::size_t>>;

TEST(FindTorn, FindsADamagedSlab) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  const RunLayout layout = example_layout();
  write_example_activations(run.activations(), layout);
  EXPECT_EQ(find_torn(Communicator::serial(), run, {}), Found(std::in_place));
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    LedgerEntry entry = file.ledger(1);
    ++entry.checksum;
    file.write_ledger(1, entry);
  }
  EXPECT_EQ(find_torn(Communicator::serial(), run, {}), Found(std::vector<std::size_t>{1}));
}

// Reading all of a large file takes minutes, and a batch system waits for seconds.
TEST(FindTorn, EndsWhenAskedTo) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  write_example_activations(run.activations(), example_layout());
  StopRequest stop;
  EXPECT_EQ(find_torn(Communicator::serial(), run, {&stop}), Found(std::in_place));
  stop.request(StopCause::sigterm);
  EXPECT_EQ(find_torn(Communicator::serial(), run, {&stop}), std::nullopt);
}

// A run that takes longer to read than a job lasts has to get on all the same: what the jobs before
// did not see comes first.
TEST(FindTorn, ChecksWhatWasFinishedLastWhereTheTimeIsShort) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  write_example_activations(run.activations(), example_layout());
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    std::vector<std::size_t> done;
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      if (ledger[t].state == TrialState::done) done.push_back(t);
    }
    ASSERT_GE(done.size(), 2U);
    for (std::size_t at = 0; at < done.size(); ++at) {  // the last one was finished last
      LedgerEntry entry = ledger[done[at]];
      ++entry.checksum;
      entry.ended = entry.started + static_cast<double>(at);
      file.write_ledger(done[at], entry);
    }
  }
  StopRequest stop(Communicator::serial(), {"", 3600});
  const auto found = [&](double share, double bytes) {
    return find_torn(Communicator::serial(), run, {&stop}, {share, bytes})->size();
  };
  const std::size_t all = found(0.25, 1);
  EXPECT_GE(all, 2U);
  EXPECT_EQ(found(0, 1), 1U);
  EXPECT_EQ(found(0, 256e6), all) << "one round has room for all";
  const std::size_t last = find_torn(Communicator::serial(), run, {}).value().back();
  EXPECT_EQ(find_torn(Communicator::serial(), run, {&stop}, {0, 1}),
            Found(std::vector<std::size_t>{last}));
}

}  // namespace
}  // namespace infoplane::test
