#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace infoplane {

/// cora.content and cora.cites in numbers; papers in the order of the file.
struct CoraFiles {
  std::vector<std::string> ids;
  std::vector<std::string> classes;              ///< sorted
  std::vector<std::int64_t> labels;              ///< [paper]
  std::vector<std::vector<std::int32_t>> words;  ///< [paper], those it has
  std::int64_t vocabulary = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> edges;  ///< each once, smaller first, sorted
};

/// Parses "id flag flag ... class" lines and "id id" lines (McCallum et al. 2000, Sen et al. 2008).
/// Both directions, repeats and citations of oneself make one edge, or none. Throws InputError with
/// file and line.
CoraFiles parse_cora(std::string_view content, const std::string& content_file,
                     std::string_view cites, const std::string& cites_file);

/// Parses "id train|val|test|none" lines into rows: [0] train, [1] validation, [2] test.
std::array<std::vector<std::int64_t>, 3> parse_cora_split(std::string_view text,
                                                          const std::string& file,
                                                          const std::vector<std::string>& ids);

}  // namespace infoplane
