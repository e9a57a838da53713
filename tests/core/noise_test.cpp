#include "core/noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/distance_axes.hpp"

namespace infoplane::test {
namespace {

std::string refusal(const std::string& text) {
  try {
    return "no error: " + to_string(Noise::from_text(text));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Noise, TextIsCanonicalAndReadsBack) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"0.01", "0.01"},
      {" 1e-2 ", "0.01"},
      {"1", "1"},
      {"5e-324", "5e-324"},
      {"[5,2 , 0.30,.125]", "[5, 2, 0.3, 0.125]"},
      {"[1]", "[1]"},
      {"p90/1000", "p90/1000"},
      {"p90/1e3@last", "p90/1000@last"},
      {"p2.50/1e-3", "p2.5/0.001"},
      {"scale:1e20", "scale:1e+20"},
      {"median", "median"},
      {"median@last", "median@last"},
      {"loo-ml", "loo-ml"},
      {"a1/2:3/4", "a1/2:3/4"},
  };
  for (const auto& [text, canonical] : cases) {
    SCOPED_TRACE(text);
    const Noise noise = Noise::from_text(text);
    EXPECT_EQ(to_string(noise), canonical);
    EXPECT_EQ(Noise::from_text(canonical), noise);
  }
}

TEST(Noise, Kinds) {
  EXPECT_EQ(Noise::from_text("2").kind, Noise::Kind::number);
  EXPECT_EQ(Noise::from_text("[2]").list, std::vector<double>{2});
  const Noise rule = Noise::from_text("p90/1000@last");
  EXPECT_EQ(rule.kind, Noise::Kind::rule);
  EXPECT_EQ(rule.rule, "p90/1000");
  EXPECT_TRUE(rule.at_last);
  EXPECT_FALSE(Noise::from_text("p90/1000").at_last);
}

TEST(Noise, NumbersThenListsThenRules) {
  std::vector<Noise> noise;
  for (const char* text :
       {"scale:1", "median@last", "[1, 2]", "10", "median", "[1]", "9", "[0.5, 7]"})
    noise.push_back(Noise::from_text(text));
  std::sort(noise.begin(), noise.end());
  std::string order;
  for (const Noise& entry : noise) order += to_string(entry) + " ";
  EXPECT_EQ(order, "9 10 [0.5, 7] [1] [1, 2] median median@last scale:1 ");
}

TEST(Noise, EqualOnlyInEverything) {
  EXPECT_EQ(Noise(1), Noise::from_text("1.0"));
  EXPECT_NE(Noise(1), Noise::from_text("[1]"));
  EXPECT_NE(Noise::from_text("median"), Noise::from_text("median@last"));
  EXPECT_NE(Noise::from_text("[1, 2]"), Noise::from_text("[2, 1]"));
}

TEST(Noise, WhatIsNone) {
  const std::string none = std::string("must be ") + noise_forms;
  for (const char* text : {"", " ", "5,2", "p90//2", "p90/", ":3", "-1-", "scale:inf", "p90/nan",
                           "median 2", "p 90", "[1", "1]", "0x10"}) {
    EXPECT_EQ(refusal(text), none) << text;
  }
  for (const char* text : {"0", "-1", "-0.0"})
    EXPECT_EQ(refusal(text), "must be a positive number") << text;
  for (const char* text : {"[]", "[1,]", "[1 2]", "[0]", "[1, -2]", "[median]", "[inf]", "[[1]]"}) {
    EXPECT_EQ(refusal(text), "a list has one positive number for each layer: [5, 2, 0.3]") << text;
  }
  const std::string last =
      "after a rule only \"@last\" may stand: its value at the last recorded epoch";
  EXPECT_EQ(refusal("median@"), last);
  EXPECT_EQ(refusal("median@last@last"), last);
  EXPECT_EQ(refusal("median@lst"), "did you mean \"median@last\"? " + last);
  EXPECT_EQ(refusal("@last"), none) << "of what?";
}

TEST(RuleText, NameAndNumbers) {
  const RuleText text = RuleText::parse("p90/1000");
  EXPECT_EQ(text.name, "p");
  ASSERT_EQ(text.parameters.size(), 2u);
  EXPECT_EQ(text.parameters[0].separator, 0);
  EXPECT_EQ(text.parameters[0].value, 90);
  EXPECT_EQ(text.parameters[1].separator, '/');
  EXPECT_EQ(text.parameters[1].value, 1000);
  EXPECT_EQ(RuleText::parse("p-5").parameters[0].value, -5) << "for the rule to refuse";
}

TEST(DistanceAxes, AreAsDocumented) {
  EXPECT_EQ(distance_bin_edge(0), 0);
  EXPECT_EQ(distance_bin_edge(1), 0x1p-38);
  EXPECT_EQ(distance_bin_edge(39), 1);
  EXPECT_EQ(distance_bin_edge(40), 2);
  EXPECT_EQ(distance_bin_edge(62), 0x1p23);
  EXPECT_EQ(distance_bin_edge(63), std::numeric_limits<double>::infinity());
}

TEST(IsSameNoise, NumbersButForRounding) {
  EXPECT_TRUE(is_same_noise(0.1 + 0.2, 0.3));
  EXPECT_FALSE(is_same_noise(0.3 + 1e-6, 0.3));
  EXPECT_TRUE(is_same_noise(Noise::of_rule("median"), Noise::of_rule("median")));
  EXPECT_FALSE(is_same_noise(Noise::of_rule("median"), Noise::of_rule("median@last")));
  EXPECT_FALSE(is_same_noise(0.3, Noise::of_layers({0.3})));
}

}  // namespace
}  // namespace infoplane::test
