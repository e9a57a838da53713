#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "config/sweep_file.hpp"

namespace infoplane::config::test {

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
