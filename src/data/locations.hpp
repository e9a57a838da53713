#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

/// Folders in which a data set of this name ("mnist") is looked for, first the most wanted one:
/// data.root, INFOPLANE_DATA, the user's cache, Debian's package where there is one. Each stands
/// for its subfolder of that name, too.
std::vector<std::filesystem::path> data_folders(const std::string& set, const DataPlaces& places);

/// The folder that has all of `files`, each alone or with ".gz". Throws InputError that names the
/// places and the command that gets the data.
std::filesystem::path find_data(const std::string& set, const std::vector<std::string>& files,
                                const DataPlaces& places);

/// `folder`/`file`, or the same with ".gz"; empty when there is neither.
std::filesystem::path plain_or_gzip(const std::filesystem::path& folder, const std::string& file);

/// The content of a file, unpacked when it is gzip. Throws InputError with the file and, for a
/// damaged archive, how far it could be unpacked.
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file);

}  // namespace infoplane
