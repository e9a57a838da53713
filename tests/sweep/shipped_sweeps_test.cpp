#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sweep/expand.hpp"

// Every sweep that is shipped, without its data: tests/jobs/test_sweeps.py runs them.

namespace infoplane::test {
namespace {

std::vector<std::filesystem::path> shipped() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(INFOPLANE_SOURCE_DIR "/sweeps")) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedSweeps, AreTheSameTrialsWhenResolved) {
  const std::vector<std::filesystem::path> files = shipped();
  EXPECT_GE(files.size(), 12u);
  for (const auto& path : files) {
    SCOPED_TRACE(path);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto sweep = config::SweepFile::parse(text.str(), path.string());
    EXPECT_EQ(sweep.name(), path.stem().string()) << "runs/NAME is the file's name";
    const TrialGrid grid = expand(sweep);
    EXPECT_EQ(grid.duplicates, 0);
    const TrialGrid again = expand(config::SweepFile::parse(sweep.resolved(), "resolved.toml"));
    ASSERT_EQ(again.trials.size(), grid.trials.size());
    for (std::size_t t = 0; t < grid.trials.size(); ++t)
      EXPECT_EQ(again.trials[t].id, grid.trials[t].id);
  }
}

}  // namespace
}  // namespace infoplane::test
