#include "comm/work_ranges.hpp"

#include <algorithm>
#include <numeric>

namespace infoplane {

std::vector<WorkRange> shrinking_ranges(const std::vector<double>& cost_s, int ranks,
                                        RangeLimits limits) {
  double left = std::accumulate(cost_s.begin(), cost_s.end(), 0.0);
  std::vector<WorkRange> ranges;
  for (std::size_t at = 0; at < cost_s.size();) {
    const double wanted = std::max(limits.least_s, std::min(limits.most_s, left / (2.0 * ranks)));
    WorkRange range{at, at + 1, cost_s[at]};
    // The piece that crosses the mark comes in when more than half of it lies before.
    while (range.end < cost_s.size() && range.cost_s + cost_s[range.end] / 2 <= wanted)
      range.cost_s += cost_s[range.end++];
    left -= range.cost_s;
    at = range.end;
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace infoplane
