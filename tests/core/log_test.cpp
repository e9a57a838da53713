#include "core/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/errors.hpp"
#include "core/progress.hpp"

// With stderr in a file, as in a batch job: no colour, no bar.

namespace infoplane::test {
namespace {

template <class Speak>
std::string stderr_of(Speak&& speak) {
  testing::internal::CaptureStderr();
  speak();
  return testing::internal::GetCapturedStderr();
}

/// Without "HH:MM:SS ", which is checked.
std::string without_time(const std::string& line) {
  EXPECT_GE(line.size(), 9u) << line;
  const std::string pattern = "00:00:00 ";
  for (std::size_t i = 0; i < pattern.size() && i < line.size(); ++i) {
    const bool fits = pattern[i] == '0' ? line[i] >= '0' && line[i] <= '9' : line[i] == pattern[i];
    EXPECT_TRUE(fits) << line;
  }
  return line.size() < 9 ? line : line.substr(9);
}

class Log : public testing::Test {
 protected:
  void TearDown() override {
    set_log_level(LogLevel::info);
    set_log_prefix("");
  }
};

TEST_F(Log, OneLineEach) {
  EXPECT_EQ(without_time(stderr_of([] { log_info("trained {} of {}", 3, 5); })),
            "trained 3 of 5\n");
  EXPECT_EQ(without_time(stderr_of([] { log_warning("slow"); })), "warning: slow\n");
  EXPECT_EQ(without_time(stderr_of([] { log_error("gone"); })), "error: gone\n");
}

TEST_F(Log, TextIsNoFormat) {
  EXPECT_EQ(without_time(stderr_of([] { log_line(LogLevel::info, "{} %d %v {0:x}"); })),
            "{} %d %v {0:x}\n");
}

TEST_F(Log, PrefixIsNoFormat) {
  set_log_prefix("rank 3 (50%v): ");
  EXPECT_EQ(without_time(stderr_of([] { log_info("here"); })), "rank 3 (50%v): here\n");
}

TEST_F(Log, LevelsHideWhatIsBelow) {
  EXPECT_EQ(stderr_of([] { log_line(LogLevel::debug, "x"); }), "");
  set_log_level(LogLevel::debug);
  EXPECT_NE(stderr_of([] { log_line(LogLevel::debug, "x"); }), "");
  set_log_level(LogLevel::error);
  EXPECT_EQ(stderr_of([] { log_warning("x"); }), "");
  EXPECT_NE(stderr_of([] { log_error("x"); }), "");
}

TEST_F(Log, NothingOnStdout) {
  testing::internal::CaptureStdout();
  stderr_of([] { log_error("x"); });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(Log, FilesGetEverythingWithDateAndLevel) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("infoplane-log-" + std::to_string(getpid()));
  const std::filesystem::path path = folder / "log" / "rank-0000.log";
  EXPECT_EQ(stderr_of([&] {
              log_to_file(path);
              log_debug("trial {} begins", 7);
            }),
            "");
  stderr_of([] { log_warning("{} %v", "slow"); });
  std::ifstream file(path);
  std::string first;
  std::string second;
  std::getline(file, first);
  std::getline(file, second);
  EXPECT_EQ(first.substr(0, 2), "20");
  EXPECT_NE(first.find(" debug: trial 7 begins"), std::string::npos) << first;
  EXPECT_NE(second.find(" warning: slow %v"), std::string::npos) << second;
  std::filesystem::remove_all(folder);
}

TEST_F(Log, FilesThatCannotBeWritten) {
  EXPECT_THROW(log_to_file("/proc/none/rank-0000.log"), InputError);
}

TEST_F(Log, ProgressIsQuietInABatchLog) {
  EXPECT_EQ(stderr_of([] {
              Progress progress("training", 100, 0.0);
              for (int i = 0; i < 100; ++i) progress.advance(1, 1.0);
            }),
            "");
}

}  // namespace
}  // namespace infoplane::test
