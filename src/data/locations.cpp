#include "data/locations.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "core/errors.hpp"
#include "core/text.hpp"

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

/// Of a package of Debian's.
std::filesystem::path debian_folder(const std::string& set) {
  return set == "fashion-mnist" ? "/usr/share/datasets/fashion-mnist" : "";
}

}  // namespace

const std::vector<std::string>& required_files(const std::string& set) {
  static const std::vector<std::string> images{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                               "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  static const std::vector<std::string> cora{"cora.content", "cora.cites"};
  // One language stands for all: any other number of files would be other data.
  static const std::vector<std::string> names{"English.txt"};
  return set == "cora" ? cora : set == "names" ? names : images;
}

std::vector<DataPlace> data_places(const DataPlaces& places) {
  return {{"data.root", places.root},
          {"INFOPLANE_DATA", environment("INFOPLANE_DATA")},
          {"your cache", cache_folder()}};
}

void require_root(const DataPlaces& places, const std::string& given) {
  std::error_code ignored;
  if (places.root.empty() || std::filesystem::is_directory(places.root, ignored)) return;
  const bool is_there = std::filesystem::exists(places.root, ignored);
  throw InputError(
      fmt::format("{} \"{}\": {}{}; name the folder of the data, or none{} to have INFOPLANE_DATA "
                  "and the other "
                  "places of infoplane data list looked through",
                  given, places.root, is_there ? "not a folder" : "there is no such folder",
                  std::filesystem::path(places.root).is_absolute()
                      ? ""
                      : " in " + std::filesystem::current_path(ignored).string(),
                  given == "data.root" ? " (--set data.root=)" : ""));
}

std::vector<std::filesystem::path> data_folders(const std::string& set, const DataPlaces& places) {
  std::vector<std::filesystem::path> folders;
  for (const DataPlace& place : data_places(places)) {
    if (place.folder.empty()) continue;
    folders.push_back(place.folder / set);
    folders.push_back(place.folder);
  }
  if (const auto folder = debian_folder(set); !folder.empty()) folders.push_back(folder);
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

std::optional<std::filesystem::path> locate_data(const std::string& set, const DataPlaces& places) {
  const std::vector<std::string>& files = required_files(set);
  // MNIST and Fashion-MNIST have files of the same names: a folder has to say which it is.
  const bool ambiguous = set == "mnist" || set == "fashion-mnist";
  for (const std::filesystem::path& folder : data_folders(set, places)) {
    if (ambiguous && folder.filename() != set && folder != debian_folder(set) &&
        folder != std::filesystem::path(places.root))
      continue;
    const bool all = std::all_of(files.begin(), files.end(), [&](const std::string& file) {
      return !plain_or_gzip(folder, file).empty();
    });
    if (all) return folder;
  }
  return {};
}

std::filesystem::path find_data(const std::string& set, const DataPlaces& places) {
  require_root(places);
  if (const auto folder = locate_data(set, places)) return *folder;
  std::vector<std::string> looked;
  for (const std::filesystem::path& folder : data_folders(set, places)) {
    if (folder.filename() == set || folder == debian_folder(set)) looked.push_back(folder.string());
  }
  throw InputError(fmt::format(
      "the data set {} was not found in {}; get it with: env/fetch-data.sh {} (or name the folder "
      "of its files in data.root or INFOPLANE_DATA)",
      set, looked.empty() ? "any place" : join(looked), set));
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(file.string() + " is a folder, and a file is needed");
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
