#include "store/run_directory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/errors.hpp"
#include "store/other_process.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

TEST(RunDirectory, NamesItsFiles) {
  const RunDirectory run("runs/a");
  EXPECT_EQ(run.path(), "runs/a");
  EXPECT_EQ(run.sweep(), "runs/a/sweep.toml");
  EXPECT_EQ(run.activations(), "runs/a/activations.h5");
  EXPECT_EQ(run.results(), "runs/a/results.nc");
}

TEST(Prepare, MakesFolderAndParents) {
  const Scratch scratch;
  const RunDirectory run(scratch / "a" / "b" / "c");
  run.prepare();
  EXPECT_TRUE(std::filesystem::is_directory(run.path()));
  EXPECT_FALSE(run.holds_run());
  run.prepare();  // an empty folder is as good as none
}

TEST(Prepare, AKilledStartIsNotForeign) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  for (const char* name : {"activations.h5", "activations.h5.tmp", "results.nc", "results.nc.tmp",
                           "sweep.toml.tmp", "lock"}) {
    put_bytes(scratch / name, "");
  }
  EXPECT_EQ(message_of([&] { run.prepare(); }), "no error");
  EXPECT_EQ(scratch.names().size(), 6u) << "it removes nothing";
}

TEST(Prepare, ForeignFilesAreNotTouched) {
  for (const char* name : {"thesis.tex", "activations.h5.bak", ".hidden"}) {
    const Scratch scratch;
    put_bytes(scratch / name, "mine");
    EXPECT_EQ(message_of([&] { RunDirectory(scratch.path()).prepare(); }),
              "2: the folder " + scratch.path().string() + " holds other things (such as " + name +
                  ") and no run: give --out a new or empty folder");
    EXPECT_EQ(bytes_of(scratch / name), "mine");
  }
}

TEST(Prepare, AFileInPlaceOfTheFolder) {
  const Scratch scratch;
  put_bytes(scratch / "run", "mine");
  EXPECT_EQ(message_of([&] { RunDirectory(scratch / "run").prepare(); }),
            "4: " + (scratch / "run").string() +
                " is a file, not a folder for a run (choose another --out)");
  EXPECT_EQ(
      message_of([&] { RunDirectory(scratch / "run" / "below").prepare(); }),
      "4: cannot make the folder " + (scratch / "run" / "below").string() + " (Not a directory)");
  EXPECT_EQ(bytes_of(scratch / "run"), "mine");
}

/// A folder in which a user may look (0555) or not even that (0500, when it is root's).
class Closed {
 public:
  explicit Closed(int permissions)
      : folder_(std::filesystem::temp_directory_path() /
                ("infoplane-closed-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_ / "run");
    std::filesystem::permissions(folder_ / "run", std::filesystem::perms(0555));
    std::filesystem::permissions(folder_, std::filesystem::perms(permissions));
  }
  ~Closed() {
    std::error_code ignored;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755), ignored);
    std::filesystem::permissions(folder_ / "run", std::filesystem::perms(0755), ignored);
    std::filesystem::remove_all(folder_, ignored);
  }
  Closed(const Closed&) = delete;
  Closed& operator=(const Closed&) = delete;
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

TEST(Prepare, UnwritableFolder) {
  const Closed folder(0555);
  const std::optional<std::string> there =
      message_as_user([&] { RunDirectory(folder / "run").prepare(); });
  const std::optional<std::string> new_one =
      message_as_user([&] { RunDirectory(folder / "new").prepare(); });
  if (!there || !new_one) GTEST_SKIP() << "root here cannot become another user";
  EXPECT_EQ(*there, "4: cannot write into the folder " + (folder / "run").string() +
                        " (Permission denied)");
  EXPECT_EQ(*new_one,
            "4: cannot make the folder " + (folder / "new").string() + " (Permission denied)");
}

// Somebody else's home: not even what is in it can be asked.
TEST(Prepare, UnreadableParent) {
  const Closed folder(0000);
  const auto message = [&](void (RunDirectory::*act)() const) {
    return message_as_user([&, act] { (RunDirectory(folder / "run").*act)(); });
  };
  const std::optional<std::string> prepared = message(&RunDirectory::prepare);
  const std::optional<std::string> required = message(&RunDirectory::require_run);
  if (!prepared || !required) GTEST_SKIP() << "root here cannot become another user";
  for (const std::string& text : {*prepared, *required}) {
    EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
    EXPECT_NE(text.find((folder / "run").string()), std::string::npos) << text;
    EXPECT_NE(text.find("Permission denied"), std::string::npos) << text;
  }
}

TEST(RequireRun, NeedsTheSweepFile) {
  const Scratch scratch;
  const RunDirectory run(scratch / "run");
  const std::string name = run.path().string();
  const std::string makes = "; infoplane run SWEEP --out " + name + " makes one";
  EXPECT_EQ(message_of([&] { run.require_run(); }),
            "4: " + name + " is not a run directory (no such folder)" + makes);
  run.prepare();
  EXPECT_EQ(message_of([&] { run.require_run(); }),
            "4: " + name + " is not a run directory (no sweep.toml in it)" + makes);
  put_bytes(run.activations(), "");
  EXPECT_FALSE(run.holds_run());
  put_bytes(run.sweep(), "");
  EXPECT_TRUE(run.holds_run());
  EXPECT_EQ(message_of([&] { run.require_run(); }), "no error");
}

TEST(RunLock, IsHeldOnceAndGivenBack) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const std::string refusal =
      "4: " + run.path().string() + " is being written by another job (process " +
      std::to_string(getpid()) + " on " + host + "); wait for it, or end it";
  for (int i = 0; i < 2; ++i) {
    const RunLock lock(run);
    EXPECT_EQ(message_of([&] { const RunLock second(run); }), refusal);
    EXPECT_EQ(message_of([&] { const RunLock second(run); }), refusal)
        << "a refused one must not take it away";
  }
  EXPECT_EQ(message_of([&] { const RunLock third(run); }), "no error");
}

TEST(RunLock, TwoRunsDoNotMeet) {
  const Scratch scratch;
  RunDirectory(scratch / "a").prepare();
  RunDirectory(scratch / "b").prepare();
  const RunLock a(RunDirectory(scratch / "a"));
  EXPECT_NO_THROW(RunLock b(RunDirectory(scratch / "b")));
}

TEST(RunLock, NeedsTheFolder) {
  const Scratch scratch;
  EXPECT_EQ(
      message_of([&] { RunLock lock(RunDirectory(scratch / "none")); }),
      "4: cannot open " + (scratch / "none" / "lock").string() + " (No such file or directory)");
}

/// Another process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const RunDirectory& run) {
    int ends[2];
    if (pipe(ends) != 0) return;
    process_ = fork();
    if (process_ == 0) {
      std::optional<RunLock> lock;
      const bool locked = message_of([&] { lock.emplace(run); }) == "no error";
      const char answer = locked ? 'y' : 'n';
      if (write(ends[1], &answer, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char answer = 'n';
    locked_ = read(ends[0], &answer, 1) == 1 && answer == 'y';
    close(ends[0]);
    close(ends[1]);
  }
  ~Holder() { kill_it(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  bool locked() const { return locked_; }
  pid_t process() const { return process_; }
  void kill_it() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  pid_t process_ = -1;
  bool locked_ = false;
};

TEST(RunLock, EndsWithTheProcessHoweverThatEnds) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  Holder holder(run);
  ASSERT_TRUE(holder.locked());
  const std::string refused = message_of([&] { const RunLock lock(run); });
  EXPECT_NE(refused.find("(process " + std::to_string(holder.process()) + " on "),
            std::string::npos)
      << refused;
  holder.kill_it();
  EXPECT_EQ(message_of([&] { const RunLock lock(run); }), "no error") << "the holder is dead";
}

TEST(RunLock, KeepsAnotherProcessOut) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  const RunLock lock(run);
  const Holder other(run);
  ASSERT_GT(other.process(), 0);
  EXPECT_FALSE(other.locked());
}

}  // namespace
}  // namespace infoplane::test
