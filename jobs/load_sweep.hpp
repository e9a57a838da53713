#pragma once

#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"

namespace infoplane::jobs {

/// Collective: rank 0 reads the file, every rank parses the same text and loads the plugins. Throws
/// InputError when one of them cannot be read, config::ConfigError when the sweep is wrong, on
/// every rank alike.
config::SweepFile load_sweep(const Communicator& comm, const std::string& path,
                             const std::vector<std::string>& set,
                             const std::vector<std::string>& plugins);

}  // namespace infoplane::jobs
