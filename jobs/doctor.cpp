#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/text.hpp"
#include "jobs/commands.hpp"
#include "jobs/doctor_checks.hpp"

namespace infoplane::jobs {
namespace {

constexpr std::size_t columns = 79;

/// wrap_lines puts what does not fit below the second column.
void print_wrapped(const std::string& name, const std::string& text) {
  std::string lines = wrap_lines(fmt::format("{:<18}{}", name, text), columns);
  if (lines.empty() || lines.back() != '\n') lines += '\n';
  fmt::print("{}", lines);
}

void print(const Finding& finding) {
  const std::string verdict = finding.verdict == Verdict::ok ? "" : name_of(finding.verdict) + ": ";
  print_wrapped(finding.subject, verdict + finding.state);
  if (!finding.consequence.empty()) print_wrapped("", finding.consequence);
  if (!finding.cure.empty()) print_wrapped("", "cure: " + finding.cure);
}

}  // namespace

ExitCode perform(const DoctorCommand& command, const Communicator& comm) {
  const MachineFacts facts = look_at_machine(command.folder, comm);
  if (!comm.is_root()) return ExitCode::done;
  const std::vector<Finding> findings = examine(facts);
  for (const Finding& finding : findings) print(finding);
  const auto count = [&](Verdict verdict) {
    return std::count_if(findings.begin(), findings.end(),
                         [&](const Finding& finding) { return finding.verdict == verdict; });
  };
  const auto broken = count(Verdict::breaks);
  fmt::print("\n{}, {}, {}\n",
             broken > 0 ? count_of(broken, "thing") + " will break" : "nothing will break",
             count_of(count(Verdict::warning), "warning"), count_of(count(Verdict::note), "note"));
  return broken > 0 ? ExitCode::bad_input : ExitCode::done;
}

}  // namespace infoplane::jobs
