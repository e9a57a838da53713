#include "pipeline/run_plan.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace infoplane::test {
namespace {

// Data sets are loaded one after the other; what comes out has the order of the grid, on whichever
// axis they are.
TEST(MakePlan, IsInTheOrderOfTheGrid) {
  const config::SweepFile sweep = config::SweepFile::parse(R"(
[training]
epochs = 2
[record]
rows = "train"
[grid]
"data.sampling_rate" = [0.5, 1.0]
"data.label_gamma" = [0, 0.05]
)",
                                                           "sweep.toml");
  const RunPlan plan = make_plan(sweep, ShowProgress::no);
  ASSERT_EQ(plan.layout.trials.size(), 4U);
  std::vector<std::int64_t> train_rows;
  for (std::size_t t = 0; t < 4; ++t) {
    const TrialLayout& trial = plan.layout.trials[t];
    EXPECT_EQ(trial.id, plan.grid.trials[t].id);
    EXPECT_EQ(trial.varied, plan.grid.trials[t].varied);
    EXPECT_EQ(trial.row_set, t) << "numbered as trials come to them";
    EXPECT_EQ(plan.layout.row_sets.at(t).rows.size(), static_cast<std::size_t>(trial.train_rows));
    EXPECT_EQ(plan.sizes[t].train_rows, trial.train_rows);
    EXPECT_GT(plan.predicted_trial_s[t], 0);
    EXPECT_GT(plan.predicted_estimate_s[t], 0);
    train_rows.push_back(trial.train_rows);
  }
  const std::int64_t all = train_rows[3];
  EXPECT_EQ(train_rows, (std::vector<std::int64_t>{(all + 1) / 2, (all + 1) / 2, all, all}));
  EXPECT_EQ(plan.row_set_entropy.size(), 4U);
}

}  // namespace
}  // namespace infoplane::test
