#include "estimators/detail/noise_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace infoplane::detail {
namespace {

constexpr double log2_e = 1.4426950408889634074;

/// Beyond this every kernel of float32 rows is 1, and that of padding_distance must stay next to 0.
constexpr double widest = 1e280;

/// Infinity * 0 is no number, and the kernels take the double of a factor.
double finite(double factor) { return std::min(factor, 0.25 * std::numeric_limits<double>::max()); }

}  // namespace

NoiseLadder::NoiseLadder(const std::vector<double>& sigma2) {
  std::set<double, std::greater<>> distinct;
  for (const double variance : sigma2) {
    distinct.insert(std::min(variance, widest));
    distinct.insert(std::min(4.0 * variance, widest));
  }
  std::map<std::pair<double, int>, std::size_t> chain_of;
  for (const double variance : distinct) {
    int exponent = 0;
    const double mantissa = std::frexp(variance, &exponent);
    const int anchor =
        static_cast<int>(std::ceil(static_cast<double>(exponent) / ladder_rungs)) * ladder_rungs;
    const auto [found, inserted] = chain_of.try_emplace({mantissa, anchor}, chains.size());
    if (inserted) {
      chains.push_back({finite(std::ldexp(0.5 * log2_e / mantissa, -anchor)), {}});
    }
    chains[found->second].widths.push_back(widths.size());
    widths.push_back({variance, found->second, anchor - exponent});
  }
  const auto index_of = [&](double variance) {
    return static_cast<std::size_t>(
        std::find_if(widths.begin(), widths.end(),
                     [&](const NoiseWidth& width) { return width.variance == variance; }) -
        widths.begin());
  };
  for (const double variance : sigma2) {
    kl.push_back(index_of(std::min(variance, widest)));
    bd.push_back(index_of(std::min(4.0 * variance, widest)));
  }
}

}  // namespace infoplane::detail
