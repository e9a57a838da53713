#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace infoplane {

/// Checksum of a stream of bytes (XXH3, 64 bits): against torn and damaged data, not against
/// malice.
class Checksum {
 public:
  Checksum();
  void add(const void* bytes, std::size_t count);
  std::uint64_t value() const;

 private:
  struct Release {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Release> state_;
};

std::uint64_t checksum_of(const void* bytes, std::size_t count);

/// The first `digits` (at most 32) hexadecimal digits of a 128-bit hash of `text`.
std::string short_hash(std::string_view text, std::size_t digits);

}  // namespace infoplane
