#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

/// A place where data sets are looked for.
struct DataPlace {
  std::string what;              ///< "data.root", "INFOPLANE_DATA", "your cache"
  std::filesystem::path folder;  ///< empty where it is not set
};

/// The places, the most wanted one first.
std::vector<DataPlace> data_places(const DataPlaces& places);

/// Throws InputError where data.root is given and is no folder: other places would have to do, and
/// might hold other data. `given` is how a person gave it.
void require_root(const DataPlaces& places, const std::string& given = "data.root");

/// Folders in which a data set of this name ("mnist") is looked for, first the most wanted one:
/// data.root, INFOPLANE_DATA, the user's cache, Debian's package where there is one. Each stands
/// for its subfolder of that name, too.
std::vector<std::filesystem::path> data_folders(const std::string& set, const DataPlaces& places);

/// The files by which a data set is known, without ".gz".
const std::vector<std::string>& required_files(const std::string& set);

/// The first of the folders that has all required files, each alone or with ".gz".
std::optional<std::filesystem::path> locate_data(const std::string& set, const DataPlaces& places);

/// The same. Throws InputError that names the places and the command that gets the data, and where
/// data.root is no folder.
std::filesystem::path find_data(const std::string& set, const DataPlaces& places);

/// `folder`/`file`, or the same with ".gz"; empty when there is neither.
std::filesystem::path plain_or_gzip(const std::filesystem::path& folder, const std::string& file);

/// The content of a file, unpacked when it is gzip. Throws InputError with the file and, for a
/// damaged archive, how far it could be unpacked.
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file);

}  // namespace infoplane
