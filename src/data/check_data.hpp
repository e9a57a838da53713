#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

/// One file of a data set that was found.
struct CheckedFile {
  std::filesystem::path path;
  bool as_published = false;  ///< its content has one of the known checksums
  std::string sha256;         ///< of its content
};

/// What stands in the folder of a data set.
struct CheckedData {
  std::filesystem::path folder;
  std::vector<CheckedFile> files;
  std::string summary;  ///< "60000 rows of 1x28x28, 10 classes"
};

/// Reads a data set as a sweep would, and compares its files with those published. Throws
/// InputError when it is not found or damaged, naming file and place.
CheckedData check_data(DataSet set, const DataPlaces& places);

}  // namespace infoplane
