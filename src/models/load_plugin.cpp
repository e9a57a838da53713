#include "models/load_plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/errors.hpp"
#include "core/hashing.hpp"
#include "models/plugin.hpp"
#include "models/users_code.hpp"

namespace infoplane {
namespace {

std::vector<Plugin>& plugins() {
  static std::vector<Plugin> loaded;
  return loaded;
}

std::uint64_t checksum_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return checksum_of(bytes.data(), bytes.size());
}

template <class Function>
Function* find_function(void* library, const std::string& path, const char* name) {
  void* const found = dlsym(library, name);
  if (found == nullptr) {
    throw InputError(fmt::format(
        "the plugin {} has no {}(); it needs INFOPLANE_PLUGIN {{ ... }}, see models/plugin.hpp",
        path, name));
  }
  return reinterpret_cast<Function*>(found);
}

}  // namespace

Plugin load_plugin(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw InputError(fmt::format("the plugin {} is no file", path));
  // Without a slash dlopen would look through the system's folders.
  const std::string absolute = std::filesystem::absolute(path).string();
  void* const library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw InputError(fmt::format("the plugin {} cannot be loaded: {}", path, dlerror()));

  const std::string built_for =
      find_function<const char*()>(library, path, "infoplane_plugin_interface")();
  if (built_for != INFOPLANE_PLUGIN_INTERFACE) {
    throw InputError(
        fmt::format("the plugin {} was built for \"{}\", this is \"{}\": build it again", path,
                    built_for, INFOPLANE_PLUGIN_INTERFACE));
  }
  Plugin plugin{path, checksum_of_file(absolute), {}};
  const std::size_t known = known_networks().size();
  auto* const register_networks = find_function<void()>(library, path, "infoplane_register_plugin");
  call_users_code<InputError>("the plugin " + path + ": registering its networks",
                              register_networks);
  const std::vector<std::string> all = known_networks();
  plugin.kinds.assign(all.begin() + static_cast<std::ptrdiff_t>(known), all.end());
  if (plugin.kinds.empty())
    throw InputError(fmt::format("the plugin {} registers no network", path));
  plugins().push_back(plugin);
  return plugin;
}

const std::vector<Plugin>& loaded_plugins() { return plugins(); }

}  // namespace infoplane
