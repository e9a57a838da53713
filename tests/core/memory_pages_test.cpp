#include "core/memory_pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/aligned_vector.hpp"

namespace infoplane::test {
namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

TEST(MemoryPages, RoomGoesToTheEndOfALargePageThatIsHalfWanted) {
  EXPECT_EQ(room_in_pages(0), 0U);
  EXPECT_EQ(room_in_pages(large_page - 1), large_page - 1) << "not one large page";
  EXPECT_EQ(room_in_pages(large_page), large_page);
  EXPECT_EQ(room_in_pages(large_page + 1), large_page + 1);
  EXPECT_EQ(room_in_pages(large_page * 3 / 2 - 1), large_page * 3 / 2 - 1);
  EXPECT_EQ(room_in_pages(large_page * 3 / 2), 2 * large_page);
}

TEST(MemoryPages, WhatTheMemoryHoldsStays) {
  std::vector<std::uint32_t> values(9 * mib / sizeof(std::uint32_t));
  std::iota(values.begin(), values.end(), 1U);
  // In the middle of pages, ordinary and large ones.
  get_pages(values.data() + 1001, (values.size() - 2002) * sizeof(std::uint32_t));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i) wrong += values[i] != i + 1 ? 1 : 0;
  EXPECT_EQ(wrong, 0U);
}

/// Of memory that begins with a page: the pages that are there.
std::size_t pages_there(void* memory, std::size_t bytes) {
  std::vector<unsigned char> there((bytes + 4 * kib - 1) / (4 * kib));
  EXPECT_EQ(::mincore(memory, bytes, there.data()), 0);
  std::size_t count = 0;
  for (const unsigned char page : there) count += page & 1U;
  return count;
}

TEST(MemoryPages, MemoryThatMayNotBeWrittenStaysAsItIs) {
  void* const reserved = ::mmap(nullptr, 4 * mib, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(reserved, MAP_FAILED);
  get_pages(reserved, 4 * mib);
  EXPECT_EQ(pages_there(reserved, 4 * mib), 0U);
  EXPECT_EQ(::munmap(reserved, 4 * mib), 0);
  get_pages(nullptr, 0);
}

bool kernel_gets_pages() {
  constexpr int populate_write = 23;
  std::vector<char> memory(8 * kib);
  const auto page = reinterpret_cast<std::uintptr_t>(memory.data()) / (4 * kib) * (4 * kib);
  return ::madvise(reinterpret_cast<void*>(page), 4 * kib, populate_write) == 0;
}

TEST(MemoryPages, AllAreThereAtOnce) {
  if (!kernel_gets_pages()) GTEST_SKIP() << "before Linux 5.14";
  const std::size_t bytes = 7 * mib + 300 * kib;
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  EXPECT_EQ(pages_there(memory, bytes), 0U);
  get_pages(memory, bytes);
  EXPECT_EQ(pages_there(memory, bytes), bytes / (4 * kib));
  ::munmap(memory, bytes);
}

TEST(AlignedVector, ReservedPagesAreThereBeforeTheyAreWritten) {
  if (!kernel_gets_pages()) GTEST_SKIP() << "before Linux 5.14";
  AlignedVector<char> values;
  reserve_pages(values, 37 * mib);  // more than any allocator keeps for another time
  EXPECT_EQ(pages_there(values.data(), 37 * mib), 37 * mib / (4 * kib));
}

TEST(AlignedVector, LargeArraysBeginWithALargePage) {
  const auto offset = [](const void* at, std::size_t unit) {
    return reinterpret_cast<std::uintptr_t>(at) % unit;
  };
  EXPECT_EQ(offset(AlignedVector<float>(3).data(), 64), 0U);
  EXPECT_EQ(offset(AlignedVector<float>(100 * kib).data(), 64), 0U);
  EXPECT_EQ(offset(AlignedVector<double>(mib).data(), large_page), 0U);
}

TEST(AlignedVector, ReservedPagesAreNotTakenFromAVectorThatHasRoom) {
  AlignedVector<int> values(1000, 7);
  const int* const before = values.data();
  reserve_pages(values, 500);
  EXPECT_EQ(values.data(), before);
  EXPECT_EQ(values, AlignedVector<int>(1000, 7));
  reserve_pages(values, mib);
  EXPECT_GE(values.capacity(), mib);
  values.resize(mib, 0);
  EXPECT_EQ(values, AlignedVector<int>(mib, 0));
}

}  // namespace
}  // namespace infoplane::test
