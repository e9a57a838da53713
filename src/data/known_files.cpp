#include "data/known_files.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "core/errors.hpp"
#include "data/text_lines.hpp"

namespace infoplane {
namespace {

// The text of env/data-files.txt.
const char* const table =
#include "data-files.inc"
    ;

/// "Arabic.txt" of "data/names/Arabic.txt", "images" of "images.gz".
std::string plain_name(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  const std::string_view ending = ".gz";
  if (path.size() > ending.size() && path.substr(path.size() - ending.size()) == ending)
    path.remove_suffix(ending.size());
  return std::string(path);
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t comma = text.find(',');
    words.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return words;
    text.remove_prefix(comma + 1);
  }
}

std::vector<KnownFile> read_table() {
  std::vector<KnownFile> files;
  for_each_line(table, "env/data-files.txt", [&](const TextLine& line) {
    const std::vector<std::string_view> fields = split_fields(line.text);
    if (fields.empty() || fields[0][0] == '#') return;
    if (fields.size() < 4) throw InternalError("env/data-files.txt has a line of too few fields");
    const std::string_view path = fields[2] == "-" ? fields[1] : fields[2];
    files.push_back({std::string(fields[0]), plain_name(path), split_at_commas(fields[3])});
  });
  return files;
}

}  // namespace

const std::vector<KnownFile>& known_files() {
  static const std::vector<KnownFile> files = read_table();
  return files;
}

std::string published_in(const std::string& name, const std::vector<std::uint8_t>& bytes) {
  const std::string sha256 = sha256_of(bytes);
  for (const KnownFile& known : known_files()) {
    if (known.name == name &&
        std::find(known.sha256.begin(), known.sha256.end(), sha256) != known.sha256.end())
      return known.set;
  }
  return "";
}

std::string sha256_of(const std::vector<std::uint8_t>& bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw InternalError("libcrypto has no SHA-256");
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace infoplane
