#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace infoplane {

/// One of several parts of a sweep that are run apart from each other and merged afterwards:
/// "2/4" is the second of four.
struct Shard {
  std::int64_t index = 1;  ///< from 1 to count
  std::int64_t count = 1;

  bool is_whole() const { return count == 1; }
};

constexpr std::int64_t most_shards = 1'000'000;

/// nullopt unless the text is "I/K" with 1 <= I <= K <= most_shards.
std::optional<Shard> shard_from_text(std::string_view text);
std::string to_string(const Shard& shard);

}  // namespace infoplane
