#include "core/memory_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <list>

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
/// Of either kind: an interruption must not look like an expensive page.
constexpr int measured_times = 2;

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

/// Fresh memory as long as it lives: what was given back is handed out again first, and has its
/// pages already where those of a virtual machine come from.
class Sample {
 public:
  Sample(std::size_t bytes, std::uintptr_t unit)
      : bytes_(bytes),
        mapped_(bytes + unit),
        memory_(
            ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        begin_(round_up(reinterpret_cast<std::uintptr_t>(memory_), unit)) {}
  ~Sample() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, mapped_);
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  /// Seconds for a byte; infinity where it cannot be got this way.
  double price(bool large) const {
    constexpr double unknown = std::numeric_limits<double>::infinity();
    if (memory_ == MAP_FAILED) return unknown;
    if (large) advise_large(begin_, begin_ + bytes_);
    const auto start = std::chrono::steady_clock::now();
    if (!populate(begin_, begin_ + bytes_)) return unknown;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return took.count() / static_cast<double>(bytes_);
  }

 private:
  std::size_t bytes_, mapped_;
  void* memory_;
  std::uintptr_t begin_;
};

/// The least of several samples.
double price(bool large) {
  const std::size_t bytes = large ? large_page : measured_bytes;
  double least = std::numeric_limits<double>::infinity();
  std::list<Sample> samples;
  for (int i = 0; i < measured_times; ++i)
    least = std::min(least, samples.emplace_back(bytes, large_page).price(large));
  return least;
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
    static const bool pay = price(true) < price(false);
    if (pay) advise_large(large_begin, large_end);
  }
  populate(at, at + bytes);
}

}  // namespace infoplane
