#include "core/settings.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace infoplane::test {
namespace {

template <class Enum>
void expect_round_trip(const std::vector<std::string>& words) {
  EXPECT_EQ(enum_words<Enum>(), words);
  for (const std::string& word : words) {
    const auto value = enum_from_name<Enum>(word);
    ASSERT_TRUE(value.has_value()) << word;
    EXPECT_EQ(name_of(*value), word);
  }
  EXPECT_FALSE(enum_from_name<Enum>("").has_value());
  EXPECT_FALSE(enum_from_name<Enum>(words[0] + " ").has_value());
}

TEST(EnumNames, EveryWordIsItsValue) {
  expect_round_trip<Activation>({"tanh", "relu", "sigmoid", "elu"});
  expect_round_trip<Initialization>(
      {"truncated-normal", "xavier-uniform", "he-normal", "torch", "own"});
  expect_round_trip<Optimizer>({"adam", "sgd"});
  expect_round_trip<Bound>({"kl", "bd"});
  expect_round_trip<RowSet>({"all", "train", "validation", "test"});
  EXPECT_EQ(name_of(Activation::sigmoid), "sigmoid");
  EXPECT_EQ(name_of(Initialization::he_normal), "he-normal");
  EXPECT_EQ(enum_from_name<Bound>("bd"), Bound::bd);
}

TEST(Setting, TextWithoutQuotes) {
  EXPECT_EQ(to_string(Setting(std::int64_t{-3})), "-3");
  EXPECT_EQ(to_string(Setting(4e-4)), "0.0004");
  EXPECT_EQ(to_string(Setting(0.1)), "0.1");
  EXPECT_EQ(to_string(Setting(std::string("tanh"))), "tanh");
}

}  // namespace
}  // namespace infoplane::test
