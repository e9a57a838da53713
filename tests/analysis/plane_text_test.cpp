#include "analysis/plane_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/small_run.hpp"
#include "store/other_process.hpp"

namespace infoplane::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Characters that a terminal shows: UTF-8, without colour codes.
std::size_t width_of(const std::string& line) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else if ((static_cast<unsigned char>(line[i]) & 0xc0) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::string without_colours(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// 8 rows and labels half and half: the plane is 3 bits wide and 1 bit high. layer1 goes from the
/// lower left to the upper right corner, the output stays in the middle of the left edge.
ResultsTable two_paths() {
  ResultsTable table = small_table();
  for (std::size_t e = 0; e < 2; ++e) {
    const auto end = static_cast<double>(e);
    for (std::size_t b = 0; b < 2; ++b) {
      table.i_xt[table.at_estimate(0, e, 0, 0, b)] = 3 * end;
      table.i_ty[table.at_estimate(0, e, 0, 0, b)] = end;
      table.i_xt[table.at_estimate(0, e, 2, 0, b)] = 0;
      table.i_ty[table.at_estimate(0, e, 2, 0, b)] = 0.5 + 0.25 * static_cast<double>(b);
    }
  }
  return table;
}

std::string picture(const TerminalStyle& style) {
  return plane_text(two_paths(), 0, {1e-3, "kl"}, style);
}

TEST(PlaneText, InAscii) {
  EXPECT_EQ(picture({64, false, false}), R"(trial aaaa11112222, learning_rate 0.001, seed 1
sigma2 = 0.001, bound kl

 I(T;Y), bits
  1.00 |                                                    ..1
       |                                                 ....
       |                                               ...
       |                                            ...
       |                                         ...
  0.75 |                                      ....
       |                                    ...
       |                                 ...
       |                              ...
       |2                          ....
  0.50 |                        ....
       |                      ...
       |                   ...
       |                ...
       |             ....
  0.25 |           ...
       |        ...
       |     ...
       |  ....
       |a..
  0.00 +-------------------------------------------------------
        0                          1.5        3.0  I(X;T), bits

layer                        epoch 0                    epoch 10
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           a    0.000    0.000         1    3.000    1.000
output           b    0.000    0.500         2    0.000    0.500
)");
}

TEST(PlaneText, InUnicode) {
  EXPECT_EQ(picture({64, false, true}), R"(trial aaaa11112222, learning_rate 0.001, seed 1
sigma2 = 0.001, bound kl

 I(T;Y), bits
  1.00 |                                                    ⢀⠤1
       |                                                 ⢀⡠⠒⠁
       |                                               ⡠⠔⠁
       |                                            ⣀⠔⠉
       |                                         ⢀⠤⠊
  0.75 |                                      ⢀⡠⠊⠁
       |                                    ⡠⠒⠁
       |                                 ⡠⠔⠉
       |                              ⢀⠔⠊
       |2                          ⢀⠤⠊⠁
  0.50 |                        ⢀⡠⠒⠁
       |                      ⡠⠔⠁
       |                   ⣀⠔⠊
       |                ⢀⠤⠊
       |             ⢀⡠⠊⠁
  0.25 |           ⡠⠒⠁
       |        ⣀⠔⠉
       |     ⢀⠔⠊
       |  ⢀⠤⠊⠁
       |a⠒⠁
  0.00 +-------------------------------------------------------
        0                          1.5        3.0  I(X;T), bits

layer                        epoch 0                    epoch 10
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           a    0.000    0.000         1    3.000    1.000
output           b    0.000    0.500         2    0.000    0.500
)");
}

// Ends of paths are marked over starts: where a layer does not move, its end shows.
TEST(PlaneText, EndsShowOverStarts) {
  const std::string text = picture({64, false, true});
  const std::string plane = text.substr(0, text.find("\nlayer "));
  EXPECT_NE(plane.find('2'), std::string::npos);
  EXPECT_EQ(plane.find("|b"), std::string::npos) << "under the 2";
}

// The frame grows by quarters of the ceiling; what is 0 but for rounding stays on its floor.
TEST(PlaneText, NegativeInformationIsInThePicture) {
  ResultsTable table = two_paths();
  const std::size_t at = table.at_estimate(0, 0, 0, 0, 0);
  table.i_ty[at] = -1e-9;
  EXPECT_EQ(plane_text(table, 0, {1e-3, "kl"}, {}), plane_text(two_paths(), 0, {1e-3, "kl"}, {}));
  table.i_ty[at] = -0.3;
  const std::string text = plane_text(table, 0, {1e-3, "kl"}, {});
  EXPECT_NE(text.find("\n -0.50 +---"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  1.00 |"), std::string::npos) << text;
  EXPECT_NE(text.find(" -0.300 "), std::string::npos) << text;
}

TEST(PlaneText, ShowsTheChosenEstimates) {
  const ResultsTable table = small_table();
  const std::string text = plane_text(table, 1, {0.1, "bd"}, {});
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_EQ(lines[0], "trial aabb33334444, learning_rate 0.01, seed 2");
  EXPECT_EQ(lines[1], "sigma2 = 0.1, bound bd");
  const auto number = [&](const std::vector<double>& values, std::size_t epoch, std::size_t layer) {
    return fmt::format("{:.3f}", values[table.at_estimate(1, epoch, layer, 2, 1)]);
  };
  for (std::size_t layer = 0; layer < 3; ++layer) {
    std::istringstream words(lines[lines.size() - 3 + layer]);
    std::string name, start, xt0, ty0, end, xt1, ty1;
    words >> name >> start >> xt0 >> ty0 >> end >> xt1 >> ty1;
    EXPECT_EQ(name, table.layers[layer]);
    EXPECT_EQ(start, std::string(1, static_cast<char>('a' + layer)));
    EXPECT_EQ(end, std::string(1, static_cast<char>('1' + layer)));
    EXPECT_EQ(xt0, number(table.i_xt, 0, layer));
    EXPECT_EQ(ty0, number(table.i_ty, 0, layer));
    EXPECT_EQ(xt1, number(table.i_xt, 1, layer));
    EXPECT_EQ(ty1, number(table.i_ty, 1, layer));
  }
}

TEST(PlaneText, NoLineIsWiderThanTheTerminal) {
  ResultsTable table = small_table();
  for (int axis = 0; axis < 12; ++axis) {
    table.axes.push_back("model.some_setting_" + std::to_string(axis));
    for (auto& settings : table.varied) settings.emplace_back(std::int64_t{1000000} * axis);
  }
  for (const std::int64_t rows : {std::int64_t{8}, std::int64_t{1} << 40}) {
    table.recorded_rows = {rows, rows};
    for (int columns = 0; columns <= 200; ++columns) {
      for (const bool unicode : {false, true}) {
        for (const std::string& line :
             lines_of(plane_text(table, 1, {1e-3, "kl"}, {columns, true, unicode}))) {
          // Below 64 columns the table of numbers no longer fits, and lines are wrapped by the
          // terminal.
          ASSERT_LE(width_of(line), static_cast<std::size_t>(std::max(64, columns)))
              << columns << ": " << line;
        }
      }
    }
  }
}

TEST(PlaneText, UsesTheTerminal) {
  const auto widest = [](int columns) {
    std::size_t width = 0;
    for (const std::string& line : lines_of(picture({columns, false, false})))
      width = std::max(width, width_of(line));
    return width;
  };
  EXPECT_GE(widest(80), 78u);
  EXPECT_GE(widest(120), 118u);
}

TEST(PlaneText, ColoursAreClosedOnEachLine) {
  const std::string coloured = picture({80, true, true});
  EXPECT_EQ(without_colours(coloured), picture({80, false, true})) << "colours change nothing else";
  std::size_t codes = 0;
  for (const std::string& line : lines_of(coloured)) {
    bool on = false;
    for (std::size_t at = line.find('\x1b'); at != std::string::npos;
         at = line.find('\x1b', at + 1)) {
      const std::string code = line.substr(at, line.find('m', at) + 1 - at);
      on = code != "\x1b[0m";
      ++codes;
    }
    EXPECT_FALSE(on) << "the rest of the terminal is coloured after: " << line;
  }
  EXPECT_GT(codes, 10u);
  EXPECT_EQ(picture({80, false, true}).find('\x1b'), std::string::npos);
}

TEST(PlaneText, LayersHaveTheirOwnColours) {
  const std::string text = picture({80, true, true});
  EXPECT_NE(text.find("\x1b[34m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[36m"), std::string::npos);
}

// An epoch of which only one of two numbers was written before a kill is not there yet.
TEST(PlaneText, HalfAnEstimateIsNone) {
  ResultsTable table = two_paths();
  table.i_ty[table.at_estimate(0, 1, 0, 0, 0)] = nan;
  const std::string text = plane_text(table, 0, {1e-3, "kl"}, {80, false, true});
  EXPECT_EQ(text.find("nan"), std::string::npos) << text;
}

// What a rule came to belongs to the picture: it moves while the network learns.
TEST(PlaneText, ARuleAndWhatItCameTo) {
  ResultsTable table = two_paths();
  table.sigma2 = {Noise::of_rule("p90/1000"), Noise::of_rule("scale:1"), Noise::of_rule("scale:2")};
  table.sigma2_used[table.at_noise(0, 0, 0, 0)] = 0.25;
  table.sigma2_used[table.at_noise(0, 1, 0, 0)] = 1.0 / 3;
  table.sigma2_used[table.at_noise(0, 0, 2, 0)] = 1e-12;
  table.sigma2_used[table.at_noise(0, 1, 2, 0)] = 20;
  const std::string text =
      plane_text(table, 0, {Noise::of_rule("p90/1000"), "kl"}, {64, false, false});
  EXPECT_EQ(lines_of(text)[1], "sigma2 = p90/1000, bound kl");
  const std::string end = R"(
output           b    0.000    0.500         2    0.000    0.500

sigma2 used
layer1                          0.25                      0.3333
output                         1e-12                          20
)";
  EXPECT_EQ(text.substr(text.size() - std::min(text.size(), end.size())), end);
}

std::string numbers_of(const std::string& text) { return text.substr(text.find("\nlayer ")); }

TEST(PlaneText, MissingEstimatesAreLeftOutUnderTheEpochsOfTheTrial) {
  ResultsTable table = two_paths();
  table.i_xt[table.at_estimate(0, 0, 0, 0, 0)] = nan;
  EXPECT_EQ(numbers_of(plane_text(table, 0, {1e-3, "kl"}, {})), R"(
layer                        epoch 0                    epoch 10
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           a        -        -         1    3.000    1.000
output           b    0.000    0.500         2    0.000    0.500

1 of 4 estimates of this picture are not made yet.
)");
  table.i_ty[table.at_estimate(0, 1, 2, 0, 0)] = nan;
  table.state[0] = 1;
  EXPECT_EQ(numbers_of(plane_text(table, 0, {1e-3, "kl"}, {})), R"(
layer                        epoch 0                    epoch 10
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           a        -        -         1    3.000    1.000
output           b    0.000    0.500         2        -        -

2 of 4 estimates of this picture are not made yet.
)") << "its job is still at it";
}

TEST(PlaneText, ALayerWithoutAnyEstimateHasItsLine) {
  ResultsTable table = two_paths();
  table.sigma2[0] = Noise::of_rule("p90/1000");
  for (const std::size_t epoch : {0U, 1U}) {
    table.i_xt[table.at_estimate(0, epoch, 0, 0, 0)] = nan;
    table.sigma2_used[table.at_noise(0, epoch, 0, 0)] = nan;
    table.sigma2_used[table.at_noise(0, epoch, 2, 0)] = 0.25;
  }
  const std::string text = plane_text(table, 0, {Noise::of_rule("p90/1000"), "kl"}, {});
  EXPECT_EQ(numbers_of(text), R"(
layer                        epoch 0                    epoch 10
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           -        -        -         -        -        -
output           b    0.000    0.500         2    0.000    0.500

sigma2 used
layer1                             -                           -
output                          0.25                        0.25

2 of 4 estimates of this picture are not made yet.
)");
}

// The axis of epochs is that of all trials.
TEST(PlaneText, WhatWasNotRecordedIsNotMissing) {
  ResultsTable table = two_paths();
  table.train_loss[table.at_epoch(0, 1)] = nan;
  for (const std::size_t layer : {0U, 2U}) table.i_xt[table.at_estimate(0, 1, layer, 0, 0)] = nan;
  EXPECT_EQ(numbers_of(plane_text(table, 0, {1e-3, "kl"}, {})), R"(
layer                        epoch 0                     epoch 0
              mark   I(X;T)   I(T;Y)      mark   I(X;T)   I(T;Y)
layer1           a    0.000    0.000         1    0.000    0.000
output           b    0.000    0.500         2    0.000    0.500
)");
}

TEST(PlaneText, NeedsEstimates) {
  ResultsTable table = small_table();
  std::fill(table.i_xt.begin(),
            table.i_xt.begin() + static_cast<std::ptrdiff_t>(table.at_estimate(1, 0, 0, 0, 0)),
            nan);
  table.state[0] = 1;
  EXPECT_EQ(message_of([&] { plane_text(table, 0, {}, {}); }),
            "4: trial aaaa11112222 has no estimates yet (it is running)");
  EXPECT_EQ(message_of([&] { plane_text(table, 1, {}, {}); }), "no error");
  EXPECT_EQ(message_of([&] {
              plane_text(table, 1, {0.5, "kl"}, {});
            }).rfind("2: no estimates at sigma2 = 0.5", 0),
            0u);
  EXPECT_EQ(message_of([&] {
              plane_text(table, 1, {1e-3, "up"}, {});
            }).rfind("2: no bound \"up\"", 0),
            0u);
}

// Values outside the frame (rounding, or a damaged file) are drawn at its edge.
TEST(PlaneText, ValuesOutsideTheFrame) {
  ResultsTable table = two_paths();
  table.i_xt[table.at_estimate(0, 1, 0, 0, 0)] = 3.0001;
  table.i_ty[table.at_estimate(0, 1, 0, 0, 0)] = 1.0001;
  const std::vector<std::string> lines =
      lines_of(plane_text(table, 0, {1e-3, "kl"}, {64, false, false}));
  EXPECT_EQ(lines[4].back(), '1') << lines[4];
}

TEST(BestTrial, HasTheBestTestAccuracyAtItsLastEpoch) {
  ResultsTable table = small_table();  // the second is better at every epoch
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 1u);
  table.test_accuracy[table.at_epoch(0, 0)] = 1.0;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 1u) << "an earlier epoch does not count";
  table.test_accuracy[table.at_epoch(0, 1)] = 0.99;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 0u);
  table.test_accuracy[table.at_epoch(1, 1)] = 0.99;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 0u) << "the first of equal ones";
}

TEST(BestTrial, WithoutTestRowsTheTrainingAccuracy) {
  ResultsTable table = small_table();
  table.test_accuracy.assign(table.test_accuracy.size(), nan);
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 1u);
  table.train_accuracy[table.at_epoch(0, 1)] = 1.0;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 0u);
}

TEST(BestTrial, AllAreMeasuredByOneAccuracy) {
  ResultsTable table = small_table();
  table.test_accuracy[table.at_epoch(0, 1)] = nan;
  table.train_accuracy[table.at_epoch(0, 1)] = 1.0;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 1u) << "training and test accuracy do not compare";
  EXPECT_EQ(best_trial(table, {0, 1}).accuracy, "test");
  EXPECT_EQ(best_trial(table, {0}).accuracy, "training") << "no candidate has another one";
  table.validation_accuracy[table.at_epoch(0, 0)] = 0.5;
  EXPECT_EQ(best_trial(table, {0}).accuracy, "training") << "an earlier epoch does not count";
  table.validation_accuracy[table.at_epoch(0, 1)] = 0.5;
  EXPECT_EQ(best_trial(table, {0}).accuracy, "validation");
  table.state[1] = 1;
  EXPECT_EQ(best_trial(table, {0, 1}).accuracy, "validation") << "the other one is not done";
}

TEST(BestTrial, WithoutAnyAccuracyTheFirstThatIsDone) {
  ResultsTable table = small_table();
  for (auto* accuracy : {&table.test_accuracy, &table.validation_accuracy, &table.train_accuracy})
    accuracy->assign(accuracy->size(), nan);
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 0u);
  EXPECT_EQ(best_trial(table, {0, 1}).accuracy, "");
  table.train_accuracy[table.at_epoch(1, 1)] = 0;
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 1u) << "any accuracy is better than none";
}

TEST(BestTrial, IsOneOfTheCandidates) {
  const ResultsTable table = small_table();
  EXPECT_EQ(best_trial(table, {0}).trial, 0u);
  EXPECT_EQ(best_trial(table, {1, 0}).trial, 1u);
  EXPECT_EQ(message_of([&] { best_trial(table, {}); }),
            "4: no trial to show is done; infoplane status RUN tells more");
}

TEST(BestTrial, IsDone) {
  ResultsTable table = small_table();
  table.state = {2, 3};
  EXPECT_EQ(best_trial(table, {0, 1}).trial, 0u);
  table.state = {1, 0};
  EXPECT_EQ(message_of([&] {
              best_trial(table, {0, 1});
            }),
            "4: no trial to show is done: 1 pending, 1 running; infoplane status RUN tells more");
  table.state = {0, 3};
  table.failure[1] = "the loss is inf";
  EXPECT_EQ(message_of([&] {
              best_trial(table, {0, 1});
            }),
            "4: no trial to show is done: 1 pending, 1 failed (aabb33334444: the loss is inf); "
            "infoplane status RUN tells more");
}

}  // namespace
}  // namespace infoplane::test
