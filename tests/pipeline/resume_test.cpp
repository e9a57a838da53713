#include "pipeline/resume.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "pipeline/snapshot_work.hpp"
#include "store/activations_file.hpp"
#include "store/example_run.hpp"
#include "store/results_table.hpp"
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

// A run that takes longer to read than a job lasts has to get on all the same. What numbers are
// made from is checked, whatever it takes.
TEST(FindTorn, ChecksWhatIsEstimatedAndTheLastOnesWhereTheTimeIsShort) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  const RunLayout layout = example_layout();
  write_example_activations(run.activations(), layout);
  std::vector<std::size_t> done;
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    const std::vector<LedgerEntry> ledger = file.ledger();
    for (std::size_t t = 0; t < ledger.size(); ++t) {
      if (ledger[t].state != TrialState::done) continue;
      LedgerEntry entry = ledger[t];
      ++entry.checksum;
      entry.ended = entry.started + static_cast<double>(t);  // the last one was finished last
      file.write_ledger(t, entry);
      done.push_back(t);
    }
  }
  ASSERT_GE(done.size(), 3U);
  ResultsTable table = empty_results(layout, {1.5, 0.9}, {1e-2}, {Bound::kl}, {});
  write_results(run.results(), table);
  StopRequest stop(Communicator::serial(), {"", 3600});
  const auto found = [&](double share, double bytes) {
    return find_torn(Communicator::serial(), run, {&stop}, {share, bytes});
  };
  EXPECT_EQ(found(0.25, 1), Found(done));
  EXPECT_EQ(found(0, 256e6), Found(done)) << "one round has room for all";
  EXPECT_EQ(found(0, 1), Found({{done.back()}}));

  table = read_results(run.results());
  table.state[done[0]] = static_cast<std::uint8_t>(TrialState::done);
  table.train_loss[table.at_epoch(done[0], 0)] = 1;
  write_results(run.results(), table);
  ASSERT_FALSE(find_outstanding(table).empty());
  EXPECT_EQ(count_recorded(table), find_outstanding(table).size()) << "nothing is estimated";
  EXPECT_EQ(found(0, 1), Found({{done[0]}})) << "it is estimated: no time for any other";
  table.state[done[1]] = table.state[done[0]];
  table.train_loss[table.at_epoch(done[1], 0)] = 1;
  write_results(run.results(), table);
  EXPECT_EQ(found(0, 1), Found({{done[0], done[1]}}));
}

}  // namespace
}  // namespace infoplane::test
