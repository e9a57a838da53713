#include "core/memory_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace infoplane {
namespace {

#ifdef MADV_POPULATE_WRITE
constexpr int populate_write = MADV_POPULATE_WRITE;
#else
constexpr int populate_write = 23;
#endif

/// Less than this is not worth a system call.
constexpr std::size_t least_bytes = std::size_t{128} << 10;

/// Ordinary pages that are got to learn what they cost.
constexpr std::size_t measured_bytes = std::size_t{256} << 10;
/// An interruption must not look like an expensive large page.
constexpr int large_pages_measured = 2;

constexpr std::uintptr_t round_up(std::uintptr_t at, std::uintptr_t unit) {
  return (at + unit - 1) / unit * unit;
}

/// False where the kernel cannot do it, or has no memory left.
bool populate(std::uintptr_t begin, std::uintptr_t end) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  begin = begin / page * page;
  return ::madvise(reinterpret_cast<void*>(begin), round_up(end, page) - begin, populate_write) ==
         0;
}

void advise_large(std::uintptr_t begin, std::uintptr_t end) {
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

/// Seconds that a byte of fresh memory takes; infinity where it cannot be got this way.
double price(bool large) {
  constexpr double unknown = std::numeric_limits<double>::infinity();
  const std::size_t bytes = large ? large_page : measured_bytes;
  const std::size_t mapped = large ? 2 * large_page : bytes;  // one that begins where it has to
  void* const memory =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return unknown;
  const std::uintptr_t begin =
      round_up(reinterpret_cast<std::uintptr_t>(memory), large ? large_page : 1);
  if (large) advise_large(begin, begin + bytes);
  const auto start = std::chrono::steady_clock::now();
  const bool done = populate(begin, begin + bytes);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  ::munmap(memory, mapped);
  return done ? took.count() / static_cast<double>(bytes) : unknown;
}

bool large_pages_pay() {
  const double ordinary = price(false);
  double large = price(true);
  for (int i = 1; i < large_pages_measured && large >= ordinary; ++i)
    large = std::min(large, price(true));
  return large < ordinary;
}

}  // namespace

std::size_t room_in_pages(std::size_t bytes) {
  const std::size_t whole = round_up(bytes, large_page);
  return bytes >= large_page && whole - bytes <= large_page / 2 ? whole : bytes;
}

void get_pages(void* begin, std::size_t bytes) {
  if (bytes < least_bytes) return;
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t large_begin = round_up(at, large_page);
  const std::uintptr_t large_end = (at + bytes) / large_page * large_page;
  if (large_begin < large_end) {
    static const bool pay = large_pages_pay();
    if (pay) advise_large(large_begin, large_end);
  }
  populate(at, at + bytes);
}

}  // namespace infoplane
