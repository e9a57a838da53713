#include "core/epoch_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace infoplane::test {
namespace {

using Epochs = std::vector<std::int64_t>;

Epochs epochs_of(const std::string& text, std::int64_t total) {
  return EpochSchedule::from_text(text).epochs(total);
}

std::int64_t sum(const Epochs& epochs) {
  return std::accumulate(epochs.begin(), epochs.end(), std::int64_t{0});
}

std::string text_error(const std::string& text) {
  try {
    EpochSchedule::from_text(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

std::string list_error(const Epochs& epochs) {
  try {
    EpochSchedule::from_list(epochs);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(EpochSchedule, ListAsFarAsTheTrainingGoes) {
  const EpochSchedule schedule = EpochSchedule::from_list({0, 10, 100});
  EXPECT_TRUE(schedule.is_list());
  EXPECT_EQ(schedule.list(), (Epochs{0, 10, 100}));
  EXPECT_EQ(schedule.epochs(100), (Epochs{0, 10, 100}));
  EXPECT_EQ(schedule.epochs(99), (Epochs{0, 10}));
  EXPECT_EQ(schedule.epochs(0), (Epochs{0}));
  EXPECT_EQ(EpochSchedule::from_list({5, 6}).epochs(4), Epochs{});
}

TEST(EpochSchedule, WrongLists) {
  EXPECT_EQ(list_error({}), "names no epoch at all");
  EXPECT_EQ(list_error({-1, 2}), "epochs start at 0, the untrained network");
  EXPECT_EQ(list_error({3, 2}), "epochs must increase, each named once");
  EXPECT_EQ(list_error({1, 2, 2}), "epochs must increase, each named once");
}

TEST(EpochSchedule, Every) {
  EXPECT_EQ(epochs_of("every:10", 30), (Epochs{0, 10, 20, 30}));
  EXPECT_EQ(epochs_of("every:7", 20), (Epochs{0, 7, 14, 20}));
  EXPECT_EQ(epochs_of("every:1", 3), (Epochs{0, 1, 2, 3}));
  EXPECT_EQ(epochs_of("every:50", 20), (Epochs{0, 20}));
  EXPECT_EQ(epochs_of("every:9223372036854775807", 20), (Epochs{0, 20}));
  EXPECT_EQ(epochs_of("every:3", 0), (Epochs{0}));
}

TEST(EpochSchedule, LogByHand) {
  EXPECT_EQ(epochs_of("log:12", 1024), (Epochs{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}));
  EXPECT_EQ(epochs_of("log:3", 100), (Epochs{0, 1, 100}));
  EXPECT_EQ(epochs_of("log:4", 1000), (Epochs{0, 1, 31, 1000}));  // sqrt 1000 = 31.6
  EXPECT_EQ(epochs_of("log:40", 1), (Epochs{0, 1}));
  EXPECT_EQ(epochs_of("log:40", 0), (Epochs{0}));
}

// Powers that are whole numbers stay whole: 10^1 is 10 and not floor(9.999...).
TEST(EpochSchedule, LogKeepsRoundNumbers) {
  EXPECT_EQ(epochs_of("log:8", 1000000), (Epochs{0, 1, 10, 100, 1000, 10000, 100000, 1000000}));
  EXPECT_EQ(epochs_of("log:5", 1000), (Epochs{0, 1, 10, 100, 1000}));
  EXPECT_EQ(epochs_of("log:6", 81), (Epochs{0, 1, 3, 9, 27, 81}));
  EXPECT_EQ(epochs_of("log:5", 125), (Epochs{0, 1, 5, 25, 125}));
}

TEST(EpochSchedule, LogIsEvenInTheLogarithm) {
  for (const std::int64_t total : {2, 3, 10, 81, 999, 1000, 4096, 100000}) {
    for (const std::int64_t count : {3, 4, 10, 50, 200}) {
      SCOPED_TRACE("log:" + std::to_string(count) + " of " + std::to_string(total));
      const Epochs epochs = epochs_of("log:" + std::to_string(count), total);
      ASSERT_GE(epochs.size(), 3u);
      EXPECT_LE(static_cast<std::int64_t>(epochs.size()), count);
      EXPECT_EQ(epochs[0], 0);
      EXPECT_EQ(epochs[1], 1);
      EXPECT_EQ(epochs.back(), total);
      // Epoch i stands at the floor of its place on the exact grid, so within 1 of it.
      const auto steps = static_cast<double>(count - 2);
      for (std::size_t i = 1; i < epochs.size(); ++i) {
        EXPECT_GT(epochs[i], epochs[i - 1]);
        const auto epoch = static_cast<double>(epochs[i]);
        const double place = std::log(epoch + 1) / std::log(static_cast<double>(total)) * steps;
        const double exact =
            std::pow(static_cast<double>(total), std::min(std::floor(place), steps) / steps);
        EXPECT_NEAR(epoch, exact, 1) << "is not on the grid";
      }
    }
  }
}

// unique(floor(logspace(0, log2 8000, 400, base 2))) - 1 by Python in the arithmetic of numpy. Its
// 2^(266 step) is 399.99999999999966, where 20^2 = 400 would be exact: epoch 398 is recorded, not
// 399.
TEST(EpochSchedule, ShwartzZivTishby) {
  const Epochs epochs = epochs_of("shwartz-ziv-tishby", 8000);
  ASSERT_EQ(epochs.size(), 274u);
  EXPECT_EQ(sum(epochs), 357762);
  for (std::int64_t epoch = 0; epoch < 14; ++epoch)
    EXPECT_EQ(epochs[static_cast<std::size_t>(epoch)], epoch);
  EXPECT_EQ(epochs[100], 161);
  EXPECT_EQ(epochs[137], 372);
  EXPECT_EQ(epochs[140], 398);
  EXPECT_EQ(epochs[200], 1544);
  EXPECT_EQ(Epochs(epochs.end() - 6, epochs.end()), (Epochs{7146, 7309, 7476, 7646, 7820, 7999}));
}

TEST(EpochSchedule, ShwartzZivTishbyAsFarAsTheTrainingGoes) {
  EXPECT_EQ(epochs_of("shwartz-ziv-tishby", 7999).size(), 274u);
  EXPECT_EQ(epochs_of("shwartz-ziv-tishby", 7998).size(), 273u);
  EXPECT_EQ(epochs_of("shwartz-ziv-tishby", 100000).size(), 274u);
  EXPECT_EQ(epochs_of("shwartz-ziv-tishby", 2), (Epochs{0, 1, 2}));
  EXPECT_EQ(epochs_of("shwartz-ziv-tishby", 0), (Epochs{0}));
}

bool saxe_records(std::int64_t epoch) {
  return epoch < 20 || (epoch < 100 && epoch % 5 == 0) || (epoch < 2000 && epoch % 20 == 0) ||
         epoch % 100 == 0;
}

TEST(EpochSchedule, Saxe) {
  for (const std::int64_t total : {0, 5, 19, 20, 99, 100, 1999, 2000, 2099, 10000}) {
    Epochs expected;
    for (std::int64_t epoch = 0; epoch <= total; ++epoch) {
      if (saxe_records(epoch)) expected.push_back(epoch);
    }
    EXPECT_EQ(epochs_of("saxe", total), expected) << "of " << total;
  }
  // 20 + 16 + 95 + 81 epochs of 10 000
  EXPECT_EQ(epochs_of("saxe", 10000).size(), 212u);
  EXPECT_EQ(sum(epochs_of("saxe", 10000)), 585910);
}

TEST(EpochSchedule, TextIsKept) {
  for (const char* text : {"every:10", "log:200", "shwartz-ziv-tishby", "saxe"}) {
    const EpochSchedule schedule = EpochSchedule::from_text(text);
    EXPECT_FALSE(schedule.is_list());
    EXPECT_EQ(schedule.text(), text);
  }
}

TEST(EpochSchedule, WrongTexts) {
  const std::string allowed =
      "must be a list of epochs, \"every:k\", \"log:n\", \"shwartz-ziv-tishby\" or \"saxe\"";
  for (const char* text : {"", "often", "every", "every 10", "Saxe", "saxe ", "log", "linear:10"}) {
    EXPECT_EQ(text_error(text), allowed) << '"' << text << '"';
  }
  for (const char* text :
       {"every:0", "every:-1", "every:", "every:x", "every:10x", "every: 10", "every:1.5",
        "every:99999999999999999999", "log:0", "log:-3", "log:", "log:1e3"}) {
    EXPECT_EQ(text_error(text),
              "\"" + std::string(text) + "\" needs a positive whole number after the colon");
  }
  for (const char* text : {"log:1", "log:2"}) {
    EXPECT_EQ(
        text_error(text),
        "\"" + std::string(text) +
            "\" is too short: 0, 1 and the last epoch are always recorded, so n is at least 3");
  }
}

// Each of n places costs memory before equal ones are merged.
TEST(EpochSchedule, NumberOfLogEpochsIsBounded) {
  EXPECT_EQ(text_error("log:1000000"), "no error");
  for (const char* text : {"log:1000001", "log:9223372036854775807"}) {
    EXPECT_EQ(text_error(text), "\"" + std::string(text) + "\" is too long: n is at most 1000000");
  }
}

}  // namespace
}  // namespace infoplane::test
