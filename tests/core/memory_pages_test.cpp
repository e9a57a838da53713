#include "core/memory_pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

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

TEST(MemoryPages, MemoryThatMayNotBeWrittenStaysAsItIs) {
  void* const reserved = ::mmap(nullptr, 4 * mib, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(reserved, MAP_FAILED);
  get_pages(reserved, 4 * mib);
  EXPECT_EQ(::munmap(reserved, 4 * mib), 0);
  get_pages(nullptr, 0);
}

long interruptions() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// Of writing to every page.
long interruptions_of(volatile char* memory, std::size_t bytes) {
  const long before = interruptions();
  for (std::size_t at = 0; at < bytes; at += 4 * kib) memory[at] = 1;
  return interruptions() - before;
}

bool kernel_gets_pages() {
  constexpr int populate_write = 23;
  std::vector<char> memory(8 * kib);
  const auto page = reinterpret_cast<std::uintptr_t>(memory.data()) / (4 * kib) * (4 * kib);
  return ::madvise(reinterpret_cast<void*>(page), 4 * kib, populate_write) == 0;
}

TEST(MemoryPages, WritingToThemDoesNotInterrupt) {
  if (!kernel_gets_pages()) GTEST_SKIP() << "before Linux 5.14";
  const std::size_t bytes = 7 * mib + 300 * kib;
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  get_pages(memory, bytes);
  EXPECT_LT(interruptions_of(static_cast<char*>(memory), bytes), 100)
      << "of " << bytes / (4 * kib) << " pages";
  ::munmap(memory, bytes);
}

TEST(AlignedVector, WritingToReservedPagesDoesNotInterrupt) {
  if (!kernel_gets_pages()) GTEST_SKIP() << "before Linux 5.14";
  AlignedVector<char> values;
  reserve_pages(values, 37 * mib);  // more than any allocator keeps for another time
  EXPECT_LT(interruptions_of(values.data(), 37 * mib), 100);
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
