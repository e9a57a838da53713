#pragma once

#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"

namespace infoplane::jobs {

/// Collective: rank 0 reads the file, every rank parses the same text. Throws InputError when it
/// cannot be read, config::ConfigError when it is wrong, on every rank alike.
config::SweepFile load_sweep(const Communicator& comm, const std::string& path,
                             const std::vector<std::string>& set);

}  // namespace infoplane::jobs
