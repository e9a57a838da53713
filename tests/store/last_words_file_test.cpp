#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <ostream>

#include "core/stop_signals.hpp"
#include "store/last_words_file.hpp"
#include "store/other_process.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

const char* const trial = "00112233aabb";

// NOLINTNEXTLINE(misc-no-recursion)
int use_up_the_stack(int depth) {
  volatile char room[4096] = {};
  room[depth % 4096] = 1;
  return depth < 0 ? 0 : use_up_the_stack(depth + 1) + room[0];
}

struct Ending {
  const char* name;
  std::function<void()> end;
  AttemptEnd expected;
};

std::ostream& operator<<(std::ostream& out, const Ending& ending) { return out << ending.name; }

class LastWords : public testing::TestWithParam<Ending> {};

TEST_P(LastWords, SayHowTheProcessEnded) {
  const Scratch run;
  message_in_other_process(
      [] {
        catch_stop_signals();
        return true;
      },
      [&] {
        const LastWordsFile file(run.path(), trial);
        GetParam().end();
        _exit(0);
      });
  EXPECT_EQ(LastWordsFile::read(run.path(), trial), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Endings, LastWords,
    testing::Values(Ending{"Terminated", [] { raise(SIGTERM); }, AttemptEnd::told_to_end},
                    Ending{"UserSignal", [] { raise(SIGUSR1); }, AttemptEnd::told_to_end},
                    Ending{"Killed", [] { raise(SIGKILL); }, AttemptEnd::silent},
                    Ending{"Exited", [] { _exit(1); }, AttemptEnd::silent},
                    Ending{"Aborted", [] { std::abort(); }, AttemptEnd::crashed},
                    Ending{"BadAccess", [] { raise(SIGSEGV); }, AttemptEnd::crashed},
                    Ending{"BusError", [] { raise(SIGBUS); }, AttemptEnd::crashed},
                    Ending{"StackUsedUp", [] { std::exit(use_up_the_stack(0)); },
                           AttemptEnd::crashed},
                    Ending{"CrashedWhenToldToEnd",
                           [] {
                             raise(SIGTERM);
                             std::abort();
                           },
                           AttemptEnd::told_to_end},
                    Ending{"ToldToEndThenKilled",
                           [] {
                             raise(SIGTERM);
                             raise(SIGKILL);
                           },
                           AttemptEnd::told_to_end}),
    [](const auto& ending) { return std::string(ending.param.name); });

TEST(LastWordsFile, HearsOfASignalThatCameBefore) {
  const Scratch run;
  message_in_other_process(
      [] {
        catch_stop_signals();
        return true;
      },
      [&] {
        raise(SIGTERM);
        const LastWordsFile file(run.path(), trial);
        raise(SIGKILL);
      });
  EXPECT_EQ(LastWordsFile::read(run.path(), trial), AttemptEnd::told_to_end);
}

TEST(LastWordsFile, LeavesNothingAfterAnAttemptThatCameBack) {
  const Scratch run;
  { const LastWordsFile file(run.path(), trial); }
  EXPECT_FALSE(std::filesystem::exists(run / "checkpoints" / trial));
  EXPECT_EQ(LastWordsFile::read(run.path(), trial), AttemptEnd::silent);
}

TEST(LastWordsFile, ForgetsTheAttemptBefore) {
  const Scratch run;
  const auto crash = [&] {
    const LastWordsFile file(run.path(), trial);
    std::abort();
  };
  message_in_other_process([] { return true; }, crash);
  ASSERT_EQ(LastWordsFile::read(run.path(), trial), AttemptEnd::crashed);
  message_in_other_process([] { return true; },
                           [&] {
                             const LastWordsFile file(run.path(), trial);
                             raise(SIGKILL);
                           });
  EXPECT_EQ(LastWordsFile::read(run.path(), trial), AttemptEnd::silent);
}

TEST(LastWordsFile, NeverStandsInTheWay) { EXPECT_NO_THROW(LastWordsFile("/dev/null", trial)); }

}  // namespace
}  // namespace infoplane::test
