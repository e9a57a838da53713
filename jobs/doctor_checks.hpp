#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/enum_names.hpp"
#include "jobs/machine_facts.hpp"

namespace infoplane::jobs {

/// breaks: results are lost or wrong, or nothing starts.
enum class Verdict { ok, note, warning, breaks };

struct Finding {
  std::string subject;  ///< "Open MPI"
  Verdict verdict = Verdict::ok;
  std::string state;        ///< what is
  std::string consequence;  ///< what it does to a run; empty where all is well
  std::string cure;
};

/// Everything that is known to go wrong, with what this machine has.
std::vector<Finding> examine(const MachineFacts& facts);

}  // namespace infoplane::jobs

namespace infoplane {
template <>
struct EnumNames<jobs::Verdict> {
  static constexpr std::array<std::string_view, 4> names{"ok", "note", "warning", "breaks"};
};
}  // namespace infoplane
