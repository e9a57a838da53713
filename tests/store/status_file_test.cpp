#include "store/status_file.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "store/job_alive.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

RunStatus example_status() {
  RunStatus status;
  status.name = "szt-s\xc3\xa4mpling";
  status.phase = JobPhase::training;
  status.trials = {{"pending", 3}, {"running", 1}, {"done", 7}, {"failed", 0}};
  status.snapshots = 90;
  status.snapshots_done = 12;
  status.running = {{"aaaabbbbcccc", "tanh, 0.1", "node7", 3, 1.7e9}};
  status.slowest = {{"ddddeeeeffff", "relu, 0.1", 2, 12.5}};
  status.left_s = 61.25;
  status.busy = {0.5, 0.75};
  status.errors = {"trial x failed"};
  status.ranks = 2;
  status.host = "node7";
  status.pid = 4711;
  status.started_at = 1.7e9;
  status.written_at = 1.7e9 + 60;
  return status;
}

TEST(StatusFile, ReadsWhatWasWritten) {
  const Scratch scratch;
  const RunStatus status = example_status();
  write_status(scratch / "status.json", status);
  const RunStatus read = read_status(scratch / "status.json");
  EXPECT_EQ(status_json(read), status_json(status));
  EXPECT_EQ(read.trials, status.trials);
  EXPECT_EQ(read.running[0].trial, "aaaabbbbcccc");
  EXPECT_EQ(read.left_s, 61.25);
  EXPECT_TRUE(std::isnan(read.core_hours_left));
  EXPECT_EQ(scratch.names(), std::set<std::string>{"status.json"});
}

TEST(StatusFile, TextThatIsNoUtf8) {
  const Scratch scratch;
  RunStatus status = example_status();
  status.errors = {"broken \xff\xc3"};
  write_status(scratch / "status.json", status);
  EXPECT_EQ(read_status(scratch / "status.json").errors.size(), 1u);
}

TEST(StatusFile, WhatIsNoStatusIsRefused) {
  const Scratch scratch;
  const std::string whole = status_json(example_status());
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1, 2]"), whole.substr(0, whole.size() / 2),
        std::string("{\"status_version\": 99}")}) {
    put_bytes(scratch / "status.json", text);
    EXPECT_THROW(read_status(scratch / "status.json"), InputError) << text;
  }
  EXPECT_THROW(read_status(scratch / "missing.json"), InputError);
}

TEST(JobLifeTest, WhatCanBeTold) {
  const RunStatus status = example_status();  // written at 60 s
  const double soon = status.written_at + 3;
  const double late = status.written_at + 10 * silent_after_s;
  EXPECT_EQ(life_of(status, "node7", soon, true), JobLife::working);
  EXPECT_EQ(life_of(status, "node7", soon, false), JobLife::dead);
  EXPECT_EQ(life_of(status, "node7", late, true), JobLife::silent);
  // From another host the process cannot be seen.
  EXPECT_EQ(life_of(status, "login1", soon, false), JobLife::working);
  EXPECT_EQ(life_of(status, "login1", late, false), JobLife::silent);
  RunStatus over = status;
  over.phase = JobPhase::stopped;
  EXPECT_EQ(life_of(over, "node7", late, false), JobLife::over);
}

}  // namespace
}  // namespace infoplane::test
