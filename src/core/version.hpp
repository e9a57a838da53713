#pragma once

#include <string>

namespace infoplane {

/// What was built: goes into --version and into every file a run writes.
struct BuildInfo {
  std::string version;
  std::string git_state;
  std::string build_type;
  std::string compiler;
};

BuildInfo build_info();

}  // namespace infoplane
