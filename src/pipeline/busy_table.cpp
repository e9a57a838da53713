#include "pipeline/busy_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/text.hpp"

namespace infoplane {
namespace {

constexpr std::size_t most_lines = 16;
constexpr std::size_t lines_of_many = 8;

/// Columns of one phase: how many of what, busy time, share.
std::string training_columns(const BusyLog& log, std::size_t rank) {
  const RankBusy& busy = log.ranks[rank];
  return fmt::format("{:>8}{:>7}{:>13} {:>3.0f} %", busy.tickets, busy.fillers,
                     format_seconds(busy.busy_s), 100 * log.share(rank));
}
std::string estimating_columns(const BusyLog& log, std::size_t rank) {
  const RankBusy& busy = log.ranks[rank];
  return fmt::format("{:>10}{:>13} {:>3.0f} %", busy.tickets, format_seconds(busy.busy_s),
                     100 * log.share(rank));
}

}  // namespace

std::vector<std::string> busy_table(const BusyLog& training, const BusyLog& estimating) {
  const std::size_t count = std::max(training.ranks.size(), estimating.ranks.size());
  if (count < 2) return {};
  const bool trained = !training.ranks.empty();
  const bool estimated = !estimating.ranks.empty();

  std::string phases = "ranks at work";
  std::string head = "  rank";
  if (trained) {
    phases += fmt::format("   {:<30}", "training, " + format_seconds(training.wall_s));
    head += fmt::format("{:>8}{:>7}{:>13}      ", "trials", "early", "busy");
  }
  if (estimated) {
    phases += "   estimating, " + format_seconds(estimating.wall_s);
    head += fmt::format("{:>10}{:>13}", "tickets", "busy");
  }

  const auto share = [&](std::size_t rank) {
    const double busy = (trained ? training.ranks[rank].busy_s : 0) +
                        (estimated ? estimating.ranks[rank].busy_s : 0);
    return busy / std::max(training.wall_s + estimating.wall_s, 1e-300);
  };
  std::vector<std::size_t> shown(count);
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  double others = 1;
  if (count > most_lines) {
    std::stable_sort(shown.begin(), shown.end(),
                     [&](std::size_t a, std::size_t b) { return share(a) < share(b); });
    others = share(shown[lines_of_many]);
    shown.resize(lines_of_many);
  }

  std::vector<std::string> lines{phases, head};
  for (const std::size_t rank : shown) {
    lines.push_back(fmt::format("{:>6}{}{}", rank, trained ? training_columns(training, rank) : "",
                                estimated ? estimating_columns(estimating, rank) : ""));
  }
  if (count > shown.size()) {
    lines.push_back(fmt::format("  the other {} were busy for {:.0f} % of the time or more",
                                count - shown.size(), 100 * others));
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

}  // namespace infoplane
