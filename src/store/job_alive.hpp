#pragma once

#include <string>

#include "store/status_file.hpp"

namespace infoplane {

/// What can be told of the job that wrote a status.
enum class JobLife {
  over,     ///< it said so itself
  working,  ///< it wrote a moment ago, or its process is there
  silent,   ///< it has not written for long: it hangs, or died on a host that cannot be seen from
            ///< here
  dead      ///< its process is gone, and it did not say that it had ended
};

/// A working job writes every five seconds or more often.
constexpr double silent_after_s = 30;

/// `host` and `now`: of who asks; `process_exists`: whether the status's process is there, which
/// counts only on the same host.
JobLife life_of(const RunStatus& status, const std::string& host, double now, bool process_exists);

/// The same, looked up here and now.
JobLife life_of(const RunStatus& status);

}  // namespace infoplane
