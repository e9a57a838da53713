#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace infoplane {

/// A shared library with networks of the user's own; models/plugin.hpp says how one is written.
struct Plugin {
  std::string path;
  std::uint64_t checksum = 0;      ///< of the file
  std::vector<std::string> kinds;  ///< words for model.kind that it brought
};

/// Loads one for the rest of the process. Throws InputError when it cannot be loaded, is no plugin
/// or was built for another infoplane or LibTorch; UsageError when one of its networks is called
/// like one that is there.
Plugin load_plugin(const std::string& path);

/// Those loaded so far, in order.
const std::vector<Plugin>& loaded_plugins();

}  // namespace infoplane
