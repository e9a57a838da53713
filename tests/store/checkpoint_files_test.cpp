#include "store/checkpoint_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

constexpr const char* trial = "0123456789ab";

class CheckpointFilesTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::error); }  // hundreds of warnings are expected
  void TearDown() override { set_log_level(LogLevel::info); }

  CheckpointFiles files(const std::string& id = trial) const { return {folder_.path(), id}; }
  std::filesystem::path file(int slot) const {
    return folder_.path() / "checkpoints" / trial / (std::to_string(slot) + ".checkpoint");
  }

  /// What is found: the bytes, or nothing.
  std::optional<std::string> found(const std::string& id = trial) const {
    std::optional<std::string> bytes;
    files(id).read([&](const CheckpointHead&, const std::string& read) {
      bytes = read;
      return true;
    });
    return bytes;
  }

  Scratch folder_;
};

std::string random_bytes(RandomStream& random, std::size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

TEST_F(CheckpointFilesTest, TheNewestIsFoundAndTwoAreKept) {
  EXPECT_EQ(found(), std::nullopt);
  EXPECT_EQ(files().head().attempt, 0U);
  CheckpointFiles writer = files();
  for (const char* text : {"one", "two", "three", "four"}) {
    writer.write({7, 0.25}, text);
    EXPECT_EQ(found(), text);
  }
  files().write({8, 0.5}, "five");  // by another job
  EXPECT_EQ(found(), "five");
  EXPECT_EQ(files().head().attempt, 8U);
  EXPECT_EQ(files().head().share, 0.5);
  EXPECT_EQ(files().claimed_share(), 0.5);
  EXPECT_EQ(files("no such").claimed_share(), 0);
  std::vector<std::string> seen;
  files().read([&](const CheckpointHead&, const std::string& bytes) {
    seen.push_back(bytes);
    return false;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"five", "four"}));
}

TEST_F(CheckpointFilesTest, ADamagedOneIsNotUsedAndReplacedFirst) {
  CheckpointFiles writer = files();
  writer.write({1, 0}, "older");
  writer.write({1, 0}, "newer");
  const int newer = bytes_of(file(1)).find("newer") != std::string::npos ? 1 : 2;
  put_bytes(file(newer), bytes_of(file(newer)).substr(0, 30));
  EXPECT_EQ(found(), "older");
  CheckpointFiles next = files();
  next.write({1, 0}, "newest");
  EXPECT_NE(bytes_of(file(3 - newer)).find("older"), std::string::npos);
  EXPECT_EQ(found(), "newest");
  // What turns out to be of no use only when it is looked at counts as damaged too.
  std::string used;
  EXPECT_TRUE(files().read([&](const CheckpointHead&, const std::string& bytes) {
    if (bytes == "newest") throw InputError("the snapshots are gone");
    used = bytes;
    return true;
  }));
  EXPECT_EQ(used, "older");
}

TEST_F(CheckpointFilesTest, OfAnotherTrialIsRefused) {
  files().write({1, 0}, "mine");
  std::filesystem::copy(folder_.path() / "checkpoints" / trial,
                        folder_.path() / "checkpoints" / "ba9876543210");
  EXPECT_EQ(found("ba9876543210"), std::nullopt);
}

TEST_F(CheckpointFilesTest, RemovedWithItsFolder) {
  files().write({1, 0}, "a");
  files().remove();
  EXPECT_EQ(found(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(file(1).parent_path()));
  files().remove();  // nothing there
}

TEST_F(CheckpointFilesTest, AThousandMutationsGiveTheTruthOrNothing) {
  const std::uint64_t seed = 20260131;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  const std::string old_bytes = random_bytes(random, 700);
  const std::string new_bytes = random_bytes(random, 900);
  CheckpointFiles writer = files();
  writer.write({1, 0.1}, old_bytes);
  writer.write({2, 0.2}, new_bytes);
  const std::string intact[2] = {bytes_of(file(1)), bytes_of(file(2))};
  int newest = 0, older = 0, none = 0, reached = 0;
  for (int round = 0; round < 1000; ++round) {
    for (const int slot : {0, 1}) {
      std::string bytes = intact[slot];
      switch (random.below(5)) {
        case 0:  // cut short
          bytes.resize(random.below(bytes.size()));
          break;
        case 1:  // some bits
          for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips)
            bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
          break;
        case 2:  // foreign
          bytes = random_bytes(random, random.below(2000));
          break;
        case 3:  // a part of another file, or more than there should be
          bytes.insert(random.below(bytes.size()), random_bytes(random, 1 + random.below(40)));
          break;
        default:
          break;  // as it was
      }
      put_bytes(file(slot + 1), bytes);
    }
    const std::optional<std::string> bytes = found();
    reached += files().head().attempt > 0 ? 1 : 0;
    if (!bytes) {
      ++none;
    } else if (*bytes == new_bytes) {
      ++newest;
    } else {
      ASSERT_EQ(*bytes, old_bytes) << "round " << round << ": neither of the two that were written";
      ++older;
    }
  }
  EXPECT_EQ(reached, newest + older);
  EXPECT_GT(newest, 100);
  EXPECT_GT(older, 100);
  EXPECT_GT(none, 100);
}

}  // namespace
}  // namespace infoplane::test
