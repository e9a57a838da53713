#include "config/value.hpp"

#include <gtest/gtest.h>

#include <string>

#include "config/parse_toml.hpp"

namespace infoplane::config::test {
namespace {

TEST(Source, TextIsWhatEditorsUnderstand) {
  EXPECT_EQ((Source{"sweeps/a.toml", 12, 8}.text()), "sweeps/a.toml:12:8");
  EXPECT_EQ((Source{"--set x=1", 0, 0}.text()), "--set x=1");
}

TEST(ConfigError, ProblemPlaceAndReason) {
  const ConfigError error("bins = 0", {"a.toml", 12, 8}, "must be positive");
  EXPECT_STREQ(error.what(), "bins = 0 at a.toml:12:8 (must be positive)");
  EXPECT_EQ(error.where().line, 12u);
  EXPECT_EQ(error.where().column, 8u);
  EXPECT_EQ(error.code(), ExitCode::usage);
}

TEST(Value, KeepsOrderAndPlaces) {
  const Value root =
      parse_toml("[z]\nb = 1\n  a = [true,\n 2.5]\n[y]\n\"c.d\" = { x = 'q' }\n", "a.toml");
  const auto& tables = *root.as<Value::Table>();
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].key, "z");
  EXPECT_EQ(tables[1].key, "y");
  const auto& members = *tables[0].value.as<Value::Table>();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].key, "b");
  EXPECT_EQ(members[0].where.text(), "a.toml:2:1");
  EXPECT_EQ(members[0].value.where.text(), "a.toml:2:5");
  EXPECT_EQ(members[1].where.text(), "a.toml:3:3");
  const auto& list = *members[1].value.as<Value::Array>();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].where.text(), "a.toml:3:8");
  EXPECT_EQ(list[1].where.text(), "a.toml:4:2");
  const Value* dotted = tables[1].value.find("c.d");
  ASSERT_NE(dotted, nullptr);
  EXPECT_EQ(dotted->text(), "{ x = \"q\" }");
  EXPECT_EQ(tables[1].value.find("c"), nullptr);
}

TEST(Value, TextReadsBack) {
  for (const char* text : {"true", "false", "0", "-7", "9223372036854775807", "0.1", "1.0", "1e+30",
                           "inf", "nan", R"("")", R"("a \"b\" \\ c")", R"("tab\u0009 and\nline")",
                           "[]", "[1, [2.5, \"x\"]]", "{ from = 1, to = 5 }"}) {
    EXPECT_EQ(parse_toml_value(text, {"--set", 0, 0}).text(), text);
  }
}

TEST(Value, TypesHaveNames) {
  const auto name = [](const char* text) {
    return parse_toml_value(text, {"--set", 0, 0}).type_name();
  };
  EXPECT_EQ(name("true"), "a boolean");
  EXPECT_EQ(name("1"), "a whole number");
  EXPECT_EQ(name("1.0"), "a number");
  EXPECT_EQ(name("\"x\""), "a string");
  EXPECT_EQ(name("[1]"), "a list");
  EXPECT_EQ(name("{ a = 1 }"), "a table");
  EXPECT_EQ(name("1979-05-27"), "a date");
}

TEST(ParseTomlValue, WhatIsNoTomlIsAString) {
  const auto text = [](const char* word) { return parse_toml_value(word, {"--set", 0, 0}).text(); };
  EXPECT_EQ(text("relu"), "\"relu\"");
  EXPECT_EQ(text("log:1e-3:1e1:5"), "\"log:1e-3:1e1:5\"");
  EXPECT_EQ(text("\"relu\""), "\"relu\"");
  EXPECT_EQ(text(""), "\"\"");
  EXPECT_EQ(text("1 # one"), "1");
}

TEST(ParseTomlValue, NumbersAsPeopleWriteThem) {
  const auto text = [](const char* word) { return parse_toml_value(word, {"--set", 0, 0}).text(); };
  EXPECT_EQ(text(".8"), "0.8");
  EXPECT_EQ(text("-.5"), "-0.5");
  EXPECT_EQ(text(" 9. "), "9.0");
  EXPECT_EQ(text("1e400"), "\"1e400\"");
  EXPECT_EQ(text("9.x"), "\"9.x\"");
  EXPECT_EQ(text("007"), "\"007\"");
  EXPECT_EQ(text("00.5"), "\"00.5\"");
  EXPECT_EQ(text("--.5"), "\"--.5\"");
  EXPECT_EQ(text("..5"), "\"..5\"");
  EXPECT_EQ(text("-."), "\"-.\"");
}

TEST(ParseTomlValue, AListThatIsNoTomlIsRefused) {
  for (const char* text : {"[1, 2", "[p90/1000, 0.1]", "{ from = 1", " [tanh]"}) {
    try {
      parse_toml_value(text, {"--set a=" + std::string(text), 0, 0});
      ADD_FAILURE() << text;
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()).find("not valid TOML at --set a="), 0U) << error.what();
    }
  }
}

TEST(ParseTomlValue, WhatNoFileCouldHoldIsRefused) {
  for (const char* text : {"caf\xe9.npy", "a\x7f", "a\x01"})
    EXPECT_THROW(parse_toml_value(text, {"--set", 0, 0}), ConfigError) << text;
  EXPECT_EQ(parse_toml_value("caf\xc3\xa9.npy", {"--set", 0, 0}).text(), "\"caf\xc3\xa9.npy\"");
}

TEST(ParseTomlValue, EverythingInItStandsWhereTheOptionStands) {
  const Value value = parse_toml_value("[[1], { a = 2 }]", {"--set x=...", 0, 0});
  const auto& list = *value.as<Value::Array>();
  EXPECT_EQ(list[0].as<Value::Array>()->at(0).where.text(), "--set x=...");
  EXPECT_EQ(list[1].as<Value::Table>()->at(0).where.text(), "--set x=...");
  EXPECT_EQ(list[1].as<Value::Table>()->at(0).value.where.text(), "--set x=...");
}

TEST(ParseTomlValue, OneValueOnly) {
  try {
    parse_toml_value("5\nseed = 2", {"--set", 0, 0});
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "not one value at --set (write --set key=value once for each key)");
  }
}

TEST(Value, SetReplacesOrAdds) {
  Value table = parse_toml("a = 1\nb = 2\n", "a.toml");
  table.set("a", parse_toml_value("9", {"--set", 0, 0}), {"--set", 0, 0});
  table.set("c", parse_toml_value("3", {"--set", 0, 0}), {"--set", 0, 0});
  EXPECT_EQ(table.text(), "{ a = 9, b = 2, c = 3 }");
}

}  // namespace
}  // namespace infoplane::config::test
