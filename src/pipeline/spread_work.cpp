#include "pipeline/spread_work.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

namespace infoplane {
namespace {

/// When the last rank ends if each takes the longest piece left as soon as it is free. `longest`
/// are the pieces from the longest on; the rest, which is short, fills the gaps.
double last_end_s(const std::vector<double>& longest, double rest_s, int ranks) {
  std::priority_queue<double, std::vector<double>, std::greater<>> ends;
  for (int rank = 0; rank < ranks; ++rank) ends.push(0);
  double last = 0;
  double all = rest_s;
  for (const double cost : longest) {
    const double end = ends.top() + cost;
    ends.pop();
    ends.push(end);
    last = std::max(last, end);
    all += cost;
  }
  return std::max(last, all / ranks);
}

}  // namespace

SpreadWork spread_work(const std::vector<double>& cost_s, int ranks,
                       const SpreadSettings& settings) {
  SpreadWork spread;
  std::vector<std::size_t> order(cost_s.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return cost_s[a] > cost_s[b]; });
  const double all = std::accumulate(cost_s.begin(), cost_s.end(), 0.0);
  const double late_s = settings.uneven * all / ranks;  // how late the last rank may end

  // Pieces no longer than late_s cannot make a rank later than that: only the others matter, of
  // which there are at most ranks / uneven.
  std::size_t may_cut = 0;
  std::vector<double> longest;
  for (const std::size_t i : order) {
    if (cost_s[i] <= late_s) break;
    longest.push_back(cost_s[i]);
    may_cut += cost_s[i] >= settings.cut_from_s ? 1 : 0;
  }
  const double rest = all - std::accumulate(longest.begin(), longest.end(), 0.0);
  std::size_t cut = 0;
  double cut_s = 0;
  const std::size_t step = 1 + may_cut / 64;  // many ranks: to the piece does not matter
  while (cut < may_cut) {
    const std::vector<double> whole(longest.begin() + static_cast<std::ptrdiff_t>(cut),
                                    longest.end());
    // Cut pieces keep all ranks equally long.
    if (cut_s / ranks + last_end_s(whole, rest, ranks) <= all / ranks + late_s) break;
    for (const std::size_t next = std::min(may_cut, cut + step); cut < next; ++cut)
      cut_s += longest[cut];
  }

  const auto first_whole = order.begin() + static_cast<std::ptrdiff_t>(cut);
  spread.cut.assign(order.begin(), first_whole);
  spread.whole.assign(first_whole, order.end());
  std::vector<double> whole_s;
  for (const std::size_t i : spread.whole) whole_s.push_back(cost_s[i]);
  spread.tickets = shrinking_ranges(whole_s, ranks);
  return spread;
}

}  // namespace infoplane
