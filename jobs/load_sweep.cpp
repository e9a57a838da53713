#include "jobs/load_sweep.hpp"

#include "comm/serialized.hpp"
#include "models/load_plugin.hpp"
#include "store/atomic_file.hpp"

namespace infoplane::jobs {

config::SweepFile load_sweep(const Communicator& comm, const std::string& path,
                             const std::vector<std::string>& set,
                             const std::vector<std::string>& plugins) {
  for (const std::string& plugin : plugins) load_plugin(plugin);
  std::string text;
  on_root(comm, [&] { text = read_text(path); });
  broadcast(comm, text);
  return config::SweepFile::parse(text, path, set);
}

}  // namespace infoplane::jobs
