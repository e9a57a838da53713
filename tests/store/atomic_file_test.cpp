#include "store/atomic_file.hpp"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "core/errors.hpp"
#include "store/other_process.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

using Names = std::set<std::string>;

TEST(ReadText, AnErrorIsNotTheEnd) {
  EXPECT_THROW(read_text("/proc/self/mem"), InputError);  // its first page is never there
  EXPECT_THROW(read_text("/"), InputError);
  EXPECT_THROW(read_text(std::string(300, 'x')), InputError);
  const Scratch scratch;
  const std::string text = std::string(200'000, 'x') + '\0' + "end";
  write_text_atomically(scratch / "a.txt", text);
  EXPECT_EQ(read_text(scratch / "a.txt"), text);
}

TEST(WriteAtomically, WritesAndLeavesNothingElse) {
  const Scratch scratch;
  write_text_atomically(scratch / "a.txt", "one\n");
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "one\n");
  EXPECT_EQ(scratch.names(), Names{"a.txt"});
}

TEST(WriteAtomically, ReplacesTheWholeFile) {
  const Scratch scratch;
  write_text_atomically(scratch / "a.txt", std::string(10000, 'x'));
  write_text_atomically(scratch / "a.txt", "short");
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "short");
  write_text_atomically(scratch / "a.txt", "");
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "");
  EXPECT_EQ(scratch.names(), Names{"a.txt"});
}

// What readers of the old file have open stays as it was: the name moves, the bytes do not change.
TEST(WriteAtomically, OldReadersKeepTheOldFile) {
  const Scratch scratch;
  write_text_atomically(scratch / "a.txt", "old");
  std::ifstream reader(scratch / "a.txt");
  write_text_atomically(scratch / "a.txt", "new");
  std::string text;
  reader >> text;
  EXPECT_EQ(text, "old");
}

TEST(WriteAtomically, IsNotThereBeforeItIsWhole) {
  const Scratch scratch;
  write_atomically(scratch / "a.txt", [&](const std::filesystem::path& temporary) {
    put_bytes(temporary, "half");
    EXPECT_EQ(temporary.parent_path(), scratch.path()) << "a rename must not cross file systems";
    EXPECT_FALSE(std::filesystem::exists(scratch / "a.txt"));
  });
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "half");
}

TEST(WriteAtomically, FailureKeepsTheOldFileAndNothingElse) {
  const Scratch scratch;
  const auto fail_half_way = [](const std::filesystem::path& temporary) {
    put_bytes(temporary, "half");
    throw std::runtime_error("no more ideas");
  };
  EXPECT_THROW(write_atomically(scratch / "a.txt", fail_half_way), std::runtime_error);
  EXPECT_EQ(scratch.names(), Names{});
  write_text_atomically(scratch / "a.txt", "old");
  EXPECT_THROW(write_atomically(scratch / "a.txt", fail_half_way), std::runtime_error);
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "old");
  EXPECT_EQ(scratch.names(), Names{"a.txt"});
}

TEST(WriteAtomically, MissingFolder) {
  const Scratch scratch;
  const std::filesystem::path path = scratch / "none" / "a.txt";
  EXPECT_EQ(message_of([&] { write_text_atomically(path, "x"); }),
            "4: cannot write " + path.string() + " (No such file or directory)");
}

TEST(WriteAtomically, AFileInPlaceOfTheFolder) {
  const Scratch scratch;
  put_bytes(scratch / "file", "");
  const std::filesystem::path path = scratch / "file" / "a.txt";
  EXPECT_EQ(message_of([&] { write_text_atomically(path, "x"); }),
            "4: cannot write " + path.string() + " (Not a directory)");
}

TEST(WriteAtomically, AFolderInPlaceOfTheFile) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "a.txt");
  EXPECT_EQ(message_of([&] { write_text_atomically(scratch / "a.txt", "x"); }),
            "4: cannot write " + (scratch / "a.txt").string() + " (Is a directory)");
  EXPECT_EQ(scratch.names(), Names{"a.txt"}) << "no temporary file stays";
}

TEST(WriteAtomically, UnwritableFolder) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("infoplane-unwritable-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0555));
  const std::optional<std::string> message =
      message_as_user([&] { write_text_atomically(folder / "a.txt", "x"); });
  std::filesystem::remove_all(folder);
  if (!message) GTEST_SKIP() << "root here cannot become another user";
  EXPECT_EQ(*message, "4: cannot write " + (folder / "a.txt").string() + " (Permission denied)");
}

TEST(WriteAtomically, NoRoom) {
  const Scratch scratch;
  write_text_atomically(scratch / "a.txt", "old");
  const std::optional<std::string> message = message_with_room(
      4096, [&] { write_text_atomically(scratch / "a.txt", std::string(1 << 20, 'x')); });
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(*message, "4: cannot write " + (scratch / "a.txt").string() + " (File too large)");
  EXPECT_EQ(bytes_of(scratch / "a.txt"), "old");
  EXPECT_EQ(scratch.names(), Names{"a.txt"});
}

TEST(ReserveSpace, FillsTheHolesOfAFile) {
  const Scratch scratch;
  put_bytes(scratch / "a.h5", "start");
  std::filesystem::resize_file(scratch / "a.h5", 10'000'000);
  ASSERT_LT(disk_bytes(scratch / "a.h5"), 1'000'000u) << "no holes to begin with";
  reserve_space(scratch / "a.h5");
  EXPECT_EQ(std::filesystem::file_size(scratch / "a.h5"), 10'000'000u);
  EXPECT_EQ(bytes_of(scratch / "a.h5").substr(0, 6), std::string("start\0", 6));
  if (disk_bytes(scratch / "a.h5") < 1'000'000)
    GTEST_SKIP() << "this file system cannot reserve space";
  EXPECT_GE(disk_bytes(scratch / "a.h5"), 10'000'000u);
}

// tmpfs says at once that a file is larger than all of it; a disk would have to be filled first.
TEST(ReserveSpace, SaysWhatItNeeds) {
  struct statfs file_system {};
  const std::filesystem::path folder = "/dev/shm";
  if (statfs(folder.c_str(), &file_system) != 0 || file_system.f_type != TMPFS_MAGIC ||
      file_system.f_blocks == 0) {
    GTEST_SKIP() << "no tmpfs of limited size at " << folder;
  }
  const std::filesystem::path path = folder / ("infoplane-test-" + std::to_string(getpid()));
  put_bytes(path, "start");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 50);
  const std::string message = message_of([&] { reserve_space(path); });
  std::filesystem::remove(path);
  EXPECT_EQ(message.rfind("4: " + path.string() + " needs 1.0 PiB, there are ", 0), 0u) << message;
  EXPECT_NE(
      message.find(" free (No space left on device); free some, or give --out on another disk"),
      std::string::npos)
      << message;
}

TEST(ReadText, GivesTheBytes) {
  const Scratch scratch;
  const std::string bytes("a\r\n\0\xff end", 9);
  put_bytes(scratch / "a.txt", bytes);
  EXPECT_EQ(read_text(scratch / "a.txt"), bytes);
  put_bytes(scratch / "empty.txt", "");
  EXPECT_EQ(read_text(scratch / "empty.txt"), "");
}

TEST(ReadText, SaysWhyNot) {
  const Scratch scratch;
  EXPECT_EQ(message_of([&] { read_text(scratch / "none.txt"); }),
            "4: cannot read " + (scratch / "none.txt").string() + " (No such file or directory)");
  EXPECT_EQ(message_of([&] { read_text(scratch.path()); }),
            "4: cannot read " + scratch.path().string() + " (Is a directory)");
}

TEST(SyncFile, NeedsTheFile) {
  const Scratch scratch;
  put_bytes(scratch / "a.txt", "x");
  EXPECT_NO_THROW(sync_file(scratch / "a.txt"));
  EXPECT_EQ(message_of([&] { sync_file(scratch / "none.txt"); }),
            "4: cannot open " + (scratch / "none.txt").string() + " (No such file or directory)");
}

}  // namespace
}  // namespace infoplane::test
