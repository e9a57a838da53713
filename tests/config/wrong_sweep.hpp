#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"

namespace infoplane::config::test {

// What messages list.
inline const std::string in_data =
    "allowed in [data]: set, rows, split, train_fraction, validation_fraction, train_rows, "
    "validation_rows, sampling_rate, label_gamma, names_per_language, normalize_rows, inputs, "
    "labels, root";
inline const std::string in_model =
    "allowed in [model]: kind, hidden, layers, channels, kernel, cell, heads, activation, "
    "initialization, dropout";
inline const std::string in_training =
    "allowed in [training]: optimizer, learning_rate, schedule, step_epochs, step_factor, "
    "final_learning_rate, momentum, weight_decay, weight_decay_layers, patience, batch, epochs, "
    "seed, device";
inline const std::string any_key =
    "keys are written section.key, with a section of sweep, data, model, training, record, "
    "estimate; infoplane plan --help lists them";
inline const std::string any_grid_key =
    "keys are written section.key, with a section of data, model, training; infoplane plan --help "
    "lists them";

/// A sweep file that must be refused, and with what words.
struct WrongSweep {
  std::string name;
  std::string text;  ///< of the file a.toml
  std::string message;
};

inline std::ostream& operator<<(std::ostream& out, const WrongSweep& wrong) {
  return out << wrong.text;
}

inline std::string name_of_case(const testing::TestParamInfo<WrongSweep>& wrong) {
  return wrong.param.name;
}

inline std::string refusal(const std::string& text,
                           const std::vector<std::string>& overrides = {}) {
  try {
    SweepFile::parse(text, "a.toml", overrides);
  } catch (const UsageError& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

}  // namespace infoplane::config::test
