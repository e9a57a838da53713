#include "pipeline/disk_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

void require_free(const RunDirectory& run, std::uint64_t bytes, const std::string& why) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(run.path(), error);
  if (error || space.available >= bytes) return;
  throw InputError(fmt::format("{} needs {} of disk space and there are {} free: {}",
                               run.path().string(), format_bytes(bytes),
                               format_bytes(space.available), why));
}

}  // namespace

std::uint64_t checkpoint_bytes(const RunPlan& plan, int ranks) {
  constexpr std::uint64_t head = 16 << 10;
  std::uint64_t most = 0;
  for (const TrialLayout& trial : plan.layout.trials) {
    // Weights and two moments in float32, means of gradients in float64.
    most = std::max(most, head + (3 * 4 + 8) * static_cast<std::uint64_t>(trial.parameters));
  }
  const auto at_a_time = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max(ranks, 1)),
                                                 plan.layout.trials.size());
  return 3 * most * at_a_time;
}

void require_disk_space(const RunPlan& plan, const RunDirectory& run, int ranks) {
  const bool is_new = !run.holds_run();
  const std::uint64_t activations = is_new ? plan.activations_bytes() : 0;
  std::error_code error;
  const std::uint64_t there = is_new ? 0 : std::filesystem::file_size(run.results(), error);
  const std::uint64_t results = is_new ? 2 * plan.results_bytes() : error ? 0 : there;
  const std::uint64_t checkpoints = checkpoint_bytes(plan, ranks);
  const std::uint64_t needed = activations + results + checkpoints;
  require_free(
      run, needed,
      fmt::format("{}{} for results.nc{}, {} for checkpoints (free some, or give --out "
                  "on another disk)",
                  is_new ? format_bytes(activations) + " for activations.h5, " : "",
                  format_bytes(results), is_new ? " and its replacement" : "'s replacement",
                  format_bytes(checkpoints)));
}

void require_disk_space(const ResultsTable& results, const RunDirectory& run) {
  require_free(run, bytes_of(results), "the results are written beside those that they replace");
}

}  // namespace infoplane
