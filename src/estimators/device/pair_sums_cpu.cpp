#include "estimators/device/pair_sums_loop.hpp"

namespace infoplane::detail {

void sum_pairs_on_cpu(const PairSums& pairs) {
  with_pair_loop(pairs, [&](auto loop) {
    for (std::int64_t chunk = 0; chunk < pairs.chunks(); ++chunk) {
      for (std::int64_t owner = 0; owner < pairs.owners.count; ++owner) {
        loop.run(pairs, owner, chunk);
      }
    }
  });
}

}  // namespace infoplane::detail
