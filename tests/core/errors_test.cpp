#include "core/errors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/matrix_view.hpp"
#include "core/version.hpp"

namespace infoplane::test {
namespace {

TEST(Errors, CarryTheirExitCode) {
  EXPECT_EQ(UsageError("x").code(), ExitCode::usage);
  EXPECT_EQ(InputError("x").code(), ExitCode::bad_input);
  EXPECT_EQ(InternalError("x").code(), ExitCode::internal_failure);
  EXPECT_STREQ(UsageError("a word").what(), "a word");
}

// The command-line contract: scripts test for these numbers.
TEST(Errors, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(static_cast<int>(ExitCode::done), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::internal_failure), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::trials_failed), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::bad_input), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::stopped), 75);
}

TEST(Errors, BrokenPromiseNamesConditionAndPlace) {
  try {
    detail::promise_broken("rows > 0", "a.cpp", 12);
    FAIL() << "no error";
  } catch (const InternalError& error) {
    EXPECT_STREQ(error.what(), "promise broken: rows > 0 at a.cpp:12");
  }
}

TEST(MatrixView, RowsFollowEachOther) {
  std::vector<int> values{0, 1, 2, 3, 4, 5};
  const MatrixView<int> view(values.data(), 2, 3);
  EXPECT_EQ(view.rows(), 2u);
  EXPECT_EQ(view.cols(), 3u);
  EXPECT_EQ(view.size(), 6u);
  EXPECT_EQ(view(1, 2), 5);
  EXPECT_EQ(view.row(1), values.data() + 3);
  view(0, 1) = 9;
  EXPECT_EQ(values[1], 9);
}

#ifndef NDEBUG
TEST(MatrixView, OutOfRangeIsABrokenPromise) {
  std::vector<int> values(6);
  const MatrixView<int> view(values.data(), 2, 3);
  EXPECT_THROW(view.row(2), InternalError);
  EXPECT_THROW(view(0, 3), InternalError);
}
#endif

TEST(Version, SaysWhatWasBuilt) {
  const BuildInfo info = build_info();
  EXPECT_FALSE(info.version.empty());
  EXPECT_FALSE(info.git_state.empty());
  EXPECT_FALSE(info.compiler.empty());
}

}  // namespace
}  // namespace infoplane::test
