#include "core/duration.hpp"

#include <gtest/gtest.h>

namespace infoplane {
namespace {

TEST(Duration, OfThreeHoursNinetyMinutesOrSeconds) {
  EXPECT_EQ(parse_duration_s("3h"), 10800);
  EXPECT_EQ(parse_duration_s("90m"), 5400);
  EXPECT_EQ(parse_duration_s("3600"), 3600);
  EXPECT_EQ(parse_duration_s("1h30m"), 5400);
  EXPECT_EQ(parse_duration_s("2d12h"), 216000);
  EXPECT_EQ(parse_duration_s("1.5h"), 5400);
  EXPECT_EQ(parse_duration_s("45s"), 45);
  for (const char* wrong :
       {"", "h", "3x", "3 h", "-3h", "1h30", "30m1h", "1h2h", "1e3", "nan", "."})
    EXPECT_EQ(parse_duration_s(wrong), std::nullopt) << wrong;
}

TEST(Duration, AsSlurmPrintsIt) {
  EXPECT_EQ(parse_slurm_time_s("4:05"), 245);
  EXPECT_EQ(parse_slurm_time_s("1:02:03"), 3723);
  EXPECT_EQ(parse_slurm_time_s("2-01:00:00"), 176400);
  for (const char* none : {"", "UNLIMITED", "NOT_SET", "INVALID", "5", "1-2-3:00", "1:2:3:4"})
    EXPECT_EQ(parse_slurm_time_s(none), std::nullopt) << none;
}

}  // namespace
}  // namespace infoplane
