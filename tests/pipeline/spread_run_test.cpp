#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "comm/mpi.hpp"
#include "comm/serialized.hpp"
#include "config/sweep_file.hpp"
#include "pipeline/run.hpp"
#include "store/results_table.hpp"
#include "support/mpi_test.hpp"

// The same run on any number of ranks, however its work is shared out: the same bits.

namespace infoplane::test {
namespace {

namespace fs = std::filesystem;

const char* const sweep_text = R"(
[sweep]
name = "spread"
seed = 3
[model]
hidden = [6, 4]
[training]
batch = 256
epochs = 4
[record]
epochs = [0, 2, 4]
rows = 400
[estimate]
sigma2 = [1e-3, 0.04, 1]
[grid]
"training.learning_rate" = [1e-3, 4e-3]
"data.sampling_rate" = [0.2, 1.0]
)";

const SpreadSettings cut_all{0, -1};

config::SweepFile sweep() { return config::SweepFile::parse(sweep_text, "spread.toml"); }

/// Collective: an empty folder of this rank count.
fs::path fresh_folder(const std::string& name) {
  const fs::path path = fs::path(INFOPLANE_TEST_SCRATCH) / "pipeline_distributed" /
                        std::to_string(world().size()) / name;
  on_root(world(), [&] {
    fs::remove_all(path);
    fs::create_directories(path.parent_path());
  });
  return path;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

/// On rank 0.
void expect_same(const fs::path& a, const fs::path& b) {
  const ResultsTable one = read_results(RunDirectory(a).results());
  const ResultsTable two = read_results(RunDirectory(b).results());
  EXPECT_EQ(one.sigma2, two.sigma2);
  EXPECT_TRUE(same_bits(one.train_loss, two.train_loss));
  EXPECT_TRUE(same_bits(one.i_xt, two.i_xt));
  EXPECT_TRUE(same_bits(one.i_ty, two.i_ty));
  for (const double value : one.i_xt) ASSERT_FALSE(std::isnan(value)) << "an estimate is missing";
}

/// Collective: rank 0 makes the run alone while the others wait.
fs::path run_alone() {
  const fs::path path = fresh_folder("alone");
  on_root(world(), [&] { run_sweep(Communicator::serial(), sweep(), RunDirectory(path), 1); });
  return path;
}

std::int64_t all_tickets(const BusyLog& log) {
  std::int64_t sum = 0;
  for (const RankBusy& rank : log.ranks) sum += rank.tickets;
  return sum;
}

TEST(SpreadRun, CutOrWholeHasTheBitsOfOneRank) {
  const fs::path alone = run_alone();
  const fs::path whole = fresh_folder("whole");
  const RunSummary handed_out = run_sweep(world(), sweep(), RunDirectory(whole), 1);
  const fs::path cut = fresh_folder("cut");
  const RunSummary shared = run_sweep(world(), sweep(), RunDirectory(cut), 1, cut_all);
  EXPECT_EQ(shared.trained_now, 4u);
  EXPECT_EQ(shared.estimated_now, 36);
  EXPECT_EQ(handed_out.estimated_now, 36);
  if (!world().is_root()) return;
  expect_same(alone, whole);
  expect_same(alone, cut);
  EXPECT_EQ(shared.training.ranks.size(), static_cast<std::size_t>(world().size()));
  EXPECT_EQ(all_tickets(shared.training), 4);
  EXPECT_GE(all_tickets(shared.estimating), 1);
  for (std::size_t rank = 0; rank < shared.training.ranks.size(); ++rank) {
    EXPECT_LE(shared.training.share(rank), 1.001) << "rank " << rank;
    EXPECT_LE(shared.estimating.share(rank), 1.001) << "rank " << rank;
  }
}

TEST(SpreadRun, OtherNoiseLaterHasTheSameBits) {
  const fs::path alone = run_alone();
  const fs::path cut = fresh_folder("later");
  run_sweep(world(), sweep(), RunDirectory(cut), 1);
  const RunSummary added = estimate_run(world(), RunDirectory(cut), {{0.3, 7}, {}}, 1, cut_all);
  EXPECT_EQ(added.trained_now, 0u);
  EXPECT_EQ(added.estimated_now, 36);
  on_root(world(), [&] {
    estimate_run(Communicator::serial(), RunDirectory(alone), {{0.3, 7}, {}}, 1);
    expect_same(alone, cut);
  });
}

}  // namespace
}  // namespace infoplane::test
