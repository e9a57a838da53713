#include "core/shard.hpp"

#include <gtest/gtest.h>

namespace infoplane {
namespace {

TEST(Shard, ReadsBackWhatItWrites) {
  for (const char* text : {"1/1", "1/2", "2/2", "7/1000000"}) {
    const std::optional<Shard> shard = shard_from_text(text);
    ASSERT_TRUE(shard.has_value()) << text;
    EXPECT_EQ(to_string(*shard), text);
  }
  EXPECT_TRUE(shard_from_text("1/1")->is_whole());
  EXPECT_FALSE(shard_from_text("1/2")->is_whole());
}

TEST(Shard, RefusesEverythingElse) {
  for (const char* text : {"", "1", "/", "1/", "/2", "0/2", "3/2", "-1/2", "1/2 ", " 1/2", "1/2/3",
                           "1.5/2", "a/b", "1/1000001", "99999999999999999999/2"}) {
    EXPECT_FALSE(shard_from_text(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace infoplane
