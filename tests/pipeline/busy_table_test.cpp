#include "pipeline/busy_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace infoplane::test {
namespace {

using Lines = std::vector<std::string>;

TEST(BusyTable, ExampleOfTheHeader) {
  const BusyLog training{31, {{4, 0, 30.1}, {3, 17, 30.8}}};
  const BusyLog estimating{4.2, {{12, 0, 4.1}, {13, 0, 4.1}}};
  EXPECT_EQ(busy_table(training, estimating),
            (Lines{"ranks at work   training, 31 s                   estimating, 4.2 s",
                   "  rank  trials  early         busy         tickets         busy",
                   "     0       4      0         30 s  97 %        12        4.1 s  98 %",
                   "     1       3     17         31 s  99 %        13        4.1 s  98 %"}));
}

TEST(BusyTable, OnePhaseAlone) {
  const BusyLog log{10, {{2, 0, 10}, {1, 0, 5}}};
  EXPECT_EQ(busy_table({}, log),
            (Lines{"ranks at work   estimating, 10 s", "  rank   tickets         busy",
                   "     0         2         10 s 100 %", "     1         1        5.0 s  50 %"}));
  EXPECT_EQ(busy_table(log, {}),
            (Lines{"ranks at work   training, 10 s", "  rank  trials  early         busy",
                   "     0       2      0         10 s 100 %",
                   "     1       1      0        5.0 s  50 %"}));
}

TEST(BusyTable, NothingToTell) {
  EXPECT_EQ(busy_table({}, {}), Lines{});
  EXPECT_EQ(busy_table({5, {{1, 0, 5}}}, {5, {{1, 0, 5}}}), Lines{}) << "a rank alone";
}

TEST(BusyTable, ManyRanksAreSummedUp) {
  BusyLog log{100, {}};
  for (int rank = 0; rank < 1024; ++rank) log.ranks.push_back({1, 0, rank == 700 ? 20.0 : 95.0});
  log.ranks[5].busy_s = 60;
  const Lines lines = busy_table(log, log);
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_EQ(lines[2].substr(0, 6), "   700");
  EXPECT_EQ(lines[3].substr(0, 6), "     5");
  EXPECT_EQ(lines[10], "  the other 1016 were busy for 95 % of the time or more");
}

TEST(BusyTable, FitsBesideTheTimeOfALogLine) {
  const double days = 86400 * 13.5;
  const BusyLog log{days, {{1234567, 123456, days}, {1234567, 123456, days}}};
  for (const std::string& line : busy_table(log, log)) EXPECT_LE(line.size(), 71u) << line;
}

TEST(BusyLog, LaterPartsAreAdded) {
  BusyLog log;
  log += {2, {{1, 2, 0.5}, {3, 0, 1}}};
  log += {1, {{1, 1, 0.25}, {0, 0, 0}}};
  EXPECT_EQ(log.wall_s, 3);
  EXPECT_EQ(log.ranks[0].tickets, 2);
  EXPECT_EQ(log.ranks[0].fillers, 3);
  EXPECT_EQ(log.ranks[0].busy_s, 0.75);
  EXPECT_EQ(log.ranks[1].tickets, 3);
  EXPECT_EQ(log.share(0), 0.25);
  EXPECT_EQ(BusyLog{}.ranks.size(), 0u);
}

}  // namespace
}  // namespace infoplane::test
