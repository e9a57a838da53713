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
  EXPECT_EQ(find_torn(Communicator::serial(), run, nullptr), Found(std::in_place));
  {
    ActivationsFile file(run.activations(), ActivationsFile::Access::write, Communicator::serial());
    LedgerEntry entry = file.ledger(1);
    ++entry.checksum;
    file.write_ledger(1, entry);
  }
  EXPECT_EQ(find_torn(Communicator::serial(), run, nullptr), Found(std::vector<std::size_t>{1}));
}

// Reading all of a large file takes minutes, and a batch system waits for seconds.
TEST(FindTorn, EndsWhenAskedTo) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  write_example_activations(run.activations(), example_layout());
  StopRequest stop;
  EXPECT_EQ(find_torn(Communicator::serial(), run, &stop), Found(std::in_place));
  stop.request(StopCause::sigterm);
  EXPECT_EQ(find_torn(Communicator::serial(), run, &stop), std::nullopt);
}

}  // namespace
}  // namespace infoplane::test
