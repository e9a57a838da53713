#include "data/locations.hpp"

#include <fmt/format.h>

#include <zlib.h>
#include <algorithm>

#include <cstdlib>
#include <memory>

#include "core/errors.hpp"

namespace infoplane {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::filesystem::path cache_folder() {
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return std::filesystem::path(cache) / "infoplane";
  if (const std::string home = environment("HOME"); !home.empty())
    return std::filesystem::path(home) / ".cache" / "infoplane";
  return {};
}

}  // namespace

std::vector<std::filesystem::path> data_folders(const std::string& set, const DataPlaces& places) {
  std::vector<std::filesystem::path> folders;
  const auto add = [&](const std::filesystem::path& folder) {
    if (folder.empty()) return;
    folders.push_back(folder / set);
    folders.push_back(folder);
  };
  add(places.root);
  add(environment("INFOPLANE_DATA"));
  add(cache_folder());
  if (set == "fashion-mnist") folders.emplace_back("/usr/share/dataset-fashion-mnist");
  return folders;
}

std::filesystem::path plain_or_gzip(const std::filesystem::path& folder, const std::string& file) {
  std::error_code ignored;
  for (const char* const ending : {"", ".gz"}) {
    const std::filesystem::path path = folder / (file + ending);
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return {};
}

std::filesystem::path find_data(const std::string& set, const std::vector<std::string>& files,
                                const DataPlaces& places) {
  std::string looked;
  for (const std::filesystem::path& folder : data_folders(set, places)) {
    // "train-images" of another set must not be taken for this one's.
    const bool own = folder.filename() == set || folder.string().find(set) != std::string::npos ||
                     folder == std::filesystem::path(places.root);
    bool all = own;
    for (const std::string& file : files) all = all && !plain_or_gzip(folder, file).empty();
    if (all) return folder;
    if (folder.filename() == set || set == "fashion-mnist")
      looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  throw InputError(fmt::format(
      "the data set {} was not found in {}; get it with: env/fetch-data.sh {} (or name the folder "
      "of its files in data.root or INFOPLANE_DATA)",
      set, looked.empty() ? "any place" : looked, set));
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> in(gzopen(file.c_str(), "rb"), &gzclose);
  if (in == nullptr) throw InputError("cannot read " + file.string());
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t step = std::size_t{1} << 20;
  for (;;) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + step);
    const int count = gzread(in.get(), bytes.data() + begin, static_cast<unsigned>(step));
    bytes.resize(begin + static_cast<std::size_t>(std::max(count, 0)));
    int error = Z_OK;
    const char* const why = gzerror(in.get(), &error);
    if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
      throw InputError(fmt::format("{} is damaged: {} after {} unpacked bytes", file.string(),
                                   error == Z_BUF_ERROR ? "the archive ends too early" : why,
                                   bytes.size()));
    }
    if (count == 0) return bytes;
  }
}

}  // namespace infoplane
