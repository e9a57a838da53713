#include "pipeline/job_status.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "core/log.hpp"
#include "store/job_alive.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

/// Three trials of 10, 20 and 30 predicted seconds.
RunPlan small_plan() {
  const config::SweepFile sweep = config::SweepFile::parse("", "sweep.toml");
  RunPlan plan{sweep, {}, {}, {}, {10, 20, 30}, {1, 1, 1}};
  for (const char* id : {"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"}) {
    Trial trial;
    trial.id = id;
    trial.varied = {std::string("tanh"), std::int64_t{3}};
    plan.grid.trials.push_back(trial);
    TrialLayout layout;
    layout.id = id;
    layout.epochs = {0, 1};
    layout.layers = {{"h1", 4}};
    plan.layout.trials.push_back(layout);
  }
  return plan;
}

TicketReport report_of(std::int64_t ticket, double seconds, const char* failure = nullptr) {
  TicketReport report;
  report.ticket = ticket;
  report.seconds = seconds;
  report.failed = failure == nullptr ? 0 : 1;
  if (failure != nullptr) std::strncpy(report.note.data(), failure, report.note.size() - 1);
  return report;
}

std::int64_t count_of(const RunStatus& status, const std::string& state) {
  for (const auto& [name, count] : status.trials) {
    if (name == state) return count;
  }
  return -1;
}

class JobStatusTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::error); }
  void TearDown() override { set_log_level(LogLevel::info); }

  Scratch scratch_;
  RunDirectory run_{scratch_.path()};
  RunPlan plan_ = small_plan();
};

TEST_F(JobStatusTest, FollowsTrials) {
  JobStatus status(Communicator::serial(), run_);
  status.begin("small", 1);
  EXPECT_EQ(read_status(run_.status()).phase, JobPhase::starting);
  status.trials({0, 1, 2});  // pending, running (killed), done
  status.begin_training(plan_, {0, 1}, {10, 20}, {});
  status.handed_out(1, 0);
  RunStatus now = status.now();
  EXPECT_EQ(now.phase, JobPhase::training);
  EXPECT_EQ(count_of(now, "pending"), 1);
  EXPECT_EQ(count_of(now, "running"), 1);
  EXPECT_EQ(count_of(now, "done"), 1);
  ASSERT_EQ(now.running.size(), 1u);
  EXPECT_EQ(now.running[0].trial, "bbbbbbbbbbbb");
  EXPECT_EQ(now.running[0].settings, "tanh, 3");
  EXPECT_NEAR(now.left_s, 32, 1);

  // It took twice what was predicted, so the other one will.
  status.came_back(report_of(1, 40));
  status.handed_out(0, 0);
  now = status.now();
  EXPECT_EQ(count_of(now, "done"), 2);
  EXPECT_NEAR(now.left_s, 22, 1);
  ASSERT_EQ(now.slowest.size(), 1u);
  EXPECT_EQ(now.slowest[0].seconds, 40);

  status.came_back(report_of(0, 5, "the loss is inf"));
  now = status.now();
  EXPECT_EQ(count_of(now, "failed"), 1);
  EXPECT_EQ(count_of(now, "running"), 0);
  ASSERT_EQ(now.errors.size(), 1u);
  EXPECT_NE(now.errors[0].find("trial aaaaaaaaaaaa (tanh, 3) failed on rank 0 on "),
            std::string::npos);
  EXPECT_NE(now.errors[0].find("the loss is inf"), std::string::npos);

  status.begin_estimating(3, 7, 8.0);
  status.estimated(1, 2.0);
  EXPECT_EQ(status.now().snapshots_done, 4);
  EXPECT_EQ(status.now().snapshots, 7);
  TicketReport cut_short = report_of(0, 1);
  cut_short.failed = 1;
  cut_short.count = 2;
  status.estimates_came_back(cut_short, 3, 6.0);
  EXPECT_EQ(status.now().snapshots_done, 6);
  status.end(JobPhase::finished);
  const RunStatus last = read_status(run_.status());
  EXPECT_EQ(last.phase, JobPhase::finished);
  EXPECT_EQ(last.left_s, 0);
  EXPECT_EQ(life_of(last), JobLife::over);
}

TEST_F(JobStatusTest, FinishedTrialsThatAreTrainedAgainAreNotDone) {
  JobStatus status(Communicator::serial(), run_);
  status.trials({2, 2, 2});
  status.begin_training(plan_, {2}, {30}, {});
  EXPECT_EQ(count_of(status.now(), "done"), 2);
  EXPECT_EQ(count_of(status.now(), "pending"), 1);
}

TEST_F(JobStatusTest, WhatAStoppedJobLeavesIsWaitingAgain) {
  JobStatus status(Communicator::serial(), run_);
  status.trials({0, 0, 0});
  status.begin_training(plan_, {0, 1, 2}, {10, 20, 30}, {});
  status.handed_out(2, 0);
  TicketReport report = report_of(2, 5);
  report.failed = 1;
  status.came_back(report);
  const RunStatus now = status.now();
  EXPECT_EQ(count_of(now, "pending"), 3);
  EXPECT_EQ(count_of(now, "failed"), 0);
  EXPECT_TRUE(now.slowest.empty());
}

// Ranks without a trial estimate those of an earlier job, too.
TEST_F(JobStatusTest, CountsTheSnapshotsThatThereAre) {
  JobStatus status(Communicator::serial(), run_);
  status.trials({2, 0, 0});
  status.begin_training(plan_, {1, 2}, {20, 30}, {5, 7.0, 3});
  EXPECT_EQ(status.now().snapshots, 3 + 5 + 2 * 2);
  EXPECT_EQ(status.now().snapshots_done, 3);
  EXPECT_NEAR(status.now().core_hours_left, (20 + 30 + 1 + 1 + 7) / 3600.0, 1e-6);
  status.estimated(5, 7.0);
  EXPECT_EQ(status.now().snapshots_done, 3 + 5);
  EXPECT_NEAR(status.now().core_hours_left, (20 + 30 + 1 + 1) / 3600.0, 1e-6);
  status.handed_out(0, 0);
  status.came_back(report_of(0, 5, "the loss is inf"));
  EXPECT_EQ(status.now().snapshots, 3 + 5 + 2);
}

TEST_F(JobStatusTest, ThreadsOfARankHaveACoreEach) {
  JobStatus status(Communicator::serial(), run_);
  status.begin("small", 3);
  status.trials({0, 0, 0});
  status.begin_training(plan_, {0, 1}, {10, 20}, {});
  const RunStatus now = status.now();
  EXPECT_NEAR(now.left_s, 32, 1);
  EXPECT_DOUBLE_EQ(now.core_hours_left, 3 * now.left_s / 3600);
}

TEST_F(JobStatusTest, WhoDoesNotSayThatItEndedFailed) {
  {
    JobStatus status(Communicator::serial(), run_);
    status.begin("small", 1);
    EXPECT_EQ(life_of(read_status(run_.status())), JobLife::working);
  }
  EXPECT_EQ(read_status(run_.status()).phase, JobPhase::failed);
}

TEST_F(JobStatusTest, NothingIsWrittenBeforeTheRunIsItsOwn) {
  { JobStatus status(Communicator::serial(), run_); }
  EXPECT_FALSE(std::filesystem::exists(run_.status()));
}

TEST_F(JobStatusTest, FileThatCannotBeWrittenCostsNothing) {
  const RunDirectory nowhere(scratch_ / "gone");
  JobStatus status(Communicator::serial(), nowhere);
  EXPECT_NO_THROW(status.begin("small", 1));
  EXPECT_NO_THROW(status.end(JobPhase::finished));
}

}  // namespace
}  // namespace infoplane::test
