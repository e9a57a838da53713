#include "core/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace infoplane::test {
namespace {

TEST(ShellWord, IsQuotedWhereAShellWouldReadSomethingElse) {
  EXPECT_EQ(shell_word("runs/a-1.5_b"), "runs/a-1.5_b");
  EXPECT_EQ(shell_word("runs/my run"), "'runs/my run'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word("[5, 2]"), "'[5, 2]'");
  EXPECT_EQ(shell_word("l\xc3\xa4ufe"), "l\xc3\xa4ufe") << "letters of any script";
  EXPECT_EQ(shell_word(""), "''");
}

TEST(EditDistance, ByHand) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("epoch", "epochs"), 1u);
  EXPECT_EQ(edit_distance("optimiser", "optimizer"), 1u);
  EXPECT_EQ(edit_distance("bacth", "batch"), 1u) << "a swap of neighbours is one edit";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u) << "swapped letters are not edited again";
  EXPECT_EQ(edit_distance("seed", "Seed"), 1u);
}

TEST(EditDistance, IsSymmetric) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  const auto word = [&] {
    std::string letters;
    for (std::size_t left = random.below(8); left > 0; --left)
      letters += static_cast<char>('a' + random.below(3));
    return letters;
  };
  for (int i = 0; i < 500; ++i) {
    const std::string a = word();
    const std::string b = word();
    EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << ' ' << b;
    EXPECT_EQ(edit_distance(a, b) == 0, a == b) << a << ' ' << b;
  }
}

TEST(NearestWord, OnlyWhatMayHaveBeenMeant) {
  const std::vector<std::string> keys{"optimizer", "learning_rate", "batch", "epochs", "seed"};
  EXPECT_EQ(nearest_word("epoch", keys), "epochs");
  EXPECT_EQ(nearest_word("learningrate", keys), "learning_rate");
  EXPECT_EQ(nearest_word("optimzr", keys), "optimizer");
  EXPECT_EQ(nearest_word("dropout", keys), "");
  EXPECT_EQ(nearest_word("epochs", {}), "");
}

TEST(NearestWord, FirstOfEquallyNear) { EXPECT_EQ(nearest_word("test", {"tent", "text"}), "tent"); }

// Two edits turn any two-letter word into any other: nothing like it was meant.
TEST(NearestWord, ShortWordsMustShareALetter) {
  EXPECT_EQ(nearest_word("x", {"kl", "bd"}), "");
  EXPECT_EQ(nearest_word("", {"kl", "bd"}), "");
  EXPECT_EQ(nearest_word("xy", {"kl", "bd"}), "");
  EXPECT_EQ(nearest_word("ka", {"kl", "bd"}), "kl");
  EXPECT_EQ(nearest_word("lk", {"kl", "bd"}), "kl");
  EXPECT_EQ(nearest_word("sdg", {"adam", "sgd"}), "sgd");
}

TEST(Join, SeparatesWords) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a"}), "a");
  EXPECT_EQ(join({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(join({"a", "b"}, "\" or \""), "a\" or \"b");
}

TEST(CountOf, OneIsSingular) {
  EXPECT_EQ(count_of(0, "trial"), "0 trials");
  EXPECT_EQ(count_of(1, "trial"), "1 trial");
  EXPECT_EQ(count_of(8, "trial"), "8 trials");
}

TEST(WrapLines, ShortLinesStay) {
  EXPECT_EQ(wrap_lines("", 10), "");
  EXPECT_EQ(wrap_lines("one two\n\n  three\n", 10), "one two\n\n  three\n");
  EXPECT_EQ(wrap_lines("exactly te", 10), "exactly te\n");
}

TEST(WrapLines, BreaksAtSpaces) {
  EXPECT_EQ(wrap_lines("one two three four\n", 10), "one two\nthree four\n");
  EXPECT_EQ(wrap_lines("  one two three\n", 8), "  one\n  two\n  three\n")
      << "keeps the indentation";
}

TEST(WrapLines, TablesGoOnBelowTheirSecondColumn) {
  EXPECT_EQ(wrap_lines("  --out RUN   where the run goes\nnext\n", 24),
            "  --out RUN   where the\n"
            "              run goes\n"
            "next\n");
}

TEST(WrapLines, LongWordsStandAlone) {
  EXPECT_EQ(wrap_lines("immeasurable one two\n", 5), "immeasurable\none\ntwo\n");
  EXPECT_EQ(wrap_lines("a immeasurable\n", 5), "a\nimmeasurable\n");
  EXPECT_EQ(wrap_lines("immeasurable\n", 5), "immeasurable\n");
}

TEST(WrapLines, NoSpacesAtTheEndOfALine) {
  EXPECT_EQ(wrap_lines("one two   \n   \nfour       ", 8), "one two\n\nfour\n");
}

TEST(FormatBytes, ThreeOrFourDigitsAndAUnit) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(3482), "3.4 KiB");
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.0 MiB") << "never 1024.0 KiB";
  EXPECT_EQ(format_bytes(1288490189), "1.2 GiB");
  EXPECT_EQ(format_bytes(std::uint64_t{5} << 40), "5.0 TiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16384.0 PiB");
}

TEST(FormatSeconds, TwoUnitsAtMost) {
  EXPECT_EQ(format_seconds(0), "0.0 s");
  EXPECT_EQ(format_seconds(0.44), "0.4 s");
  EXPECT_EQ(format_seconds(9.94), "9.9 s");
  EXPECT_EQ(format_seconds(9.96), "10 s");
  EXPECT_EQ(format_seconds(59.4), "59 s");
  EXPECT_EQ(format_seconds(59.6), "1 min 00 s");
  EXPECT_EQ(format_seconds(200), "3 min 20 s");
  EXPECT_EQ(format_seconds(3599.7), "1 h 00 min");
  EXPECT_EQ(format_seconds(2 * 3600 + 5 * 60), "2 h 05 min");
  EXPECT_EQ(format_seconds(3 * 86400 + 4 * 3600 + 1), "3 d 04 h");
}

TEST(FormatSeconds, WhatIsNoTime) {
  EXPECT_EQ(format_seconds(-1), "?");
  EXPECT_EQ(format_seconds(std::nan("")), "?");
  EXPECT_EQ(format_seconds(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(format_seconds(1e300), "?") << "more than 64 bits of seconds";
}

TEST(FormatDouble, IsATomlFloat) {
  EXPECT_EQ(format_double(0), "0.0");
  EXPECT_EQ(format_double(1), "1.0");
  EXPECT_EQ(format_double(-3), "-3.0");
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(4e-4), "0.0004");
  EXPECT_EQ(format_double(1e-7), "1e-07");
  EXPECT_EQ(format_double(1e30), "1e+30");
  EXPECT_EQ(format_double(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(format_double(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(format_double(std::nan("")), "nan");
}

TEST(FormatDouble, ReadsBackAsTheSame) {
  const std::uint64_t seed = 8;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  for (int i = 0; i < 1000; ++i) {
    const double value =
        std::ldexp(random.uniform() - 0.5, static_cast<int>(random.below(600)) - 300);
    const std::string text = format_double(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    EXPECT_NE(text.find_first_of(".e"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace infoplane::test
