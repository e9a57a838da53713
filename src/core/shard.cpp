#include "core/shard.hpp"

#include <charconv>

namespace infoplane {

std::optional<Shard> shard_from_text(std::string_view text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != '/') return std::nullopt;
  const auto count = std::from_chars(index.ptr + 1, end, shard.count);
  if (count.ec != std::errc() || count.ptr != end) return std::nullopt;
  const bool fits = shard.index >= 1 && shard.index <= shard.count && shard.count <= most_shards;
  return fits ? std::optional<Shard>(shard) : std::nullopt;
}

std::string to_string(const Shard& shard) {
  return std::to_string(shard.index) + "/" + std::to_string(shard.count);
}

}  // namespace infoplane
