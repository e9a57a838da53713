#pragma once

// The loop over pairs, compiled for CUDA devices and, for tests, for the CPU. It runs once for each
// owner and each chunk of others, in a thread of its own on a device, and writes what no other one
// does: no order of threads shows in the sums.

#include <cmath>
#include <cstdint>

#include "estimators/device/pair_sums.hpp"

#if defined(__CUDACC__)
#define INFOPLANE_ON_DEVICE __device__
#define INFOPLANE_UNROLL _Pragma("unroll")
#define INFOPLANE_UNROLL_NOT _Pragma("unroll 1")
#else
#define INFOPLANE_ON_DEVICE
#define INFOPLANE_UNROLL
#define INFOPLANE_UNROLL_NOT
#endif

namespace infoplane::detail {

/// Numbers that are loaded at once.
struct alignas(16) NarrowStep {
  double of[narrow_step];
};

/// The distances of one owner, whose values stay in registers.
template <int features>
class NarrowDistances {
 public:
  INFOPLANE_ON_DEVICE NarrowDistances(const PairSums& pairs, std::int64_t owner) : pairs_(pairs) {
    for (int k = 0; k < features; ++k) mine_[k] = pairs.owners.values[owner * features + k];
  }

  INFOPLANE_ON_DEVICE double operator()(std::int64_t other) const {
    const auto* const row =
        reinterpret_cast<const NarrowStep*>(pairs_.others.values + other * features);
    double parts[narrow_step] = {};  // additions that need not wait for each other
    INFOPLANE_UNROLL for (int k = 0; k < features; k += narrow_step) {
      const NarrowStep step = row[k / narrow_step];
      INFOPLANE_UNROLL for (int i = 0; i < narrow_step; ++i) {
        const double difference = mine_[k + i] - step.of[i];
        parts[i] += difference * difference;
      }
    }
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
  }

 private:
  const PairSums& pairs_;
  double mine_[features];
};

/// |a|^2 + |b|^2 - 2ab, and sums of squared differences where that loses its digits. The diagonal
/// is among these pairs, or 0 already: a row keeps the 1 of its own.
class WideDistances {
 public:
  INFOPLANE_ON_DEVICE WideDistances(const PairSums& pairs, std::int64_t owner)
      : pairs_(pairs), owner_(owner), norm_(pairs.owners.norms[owner]) {}

  INFOPLANE_ON_DEVICE double operator()(std::int64_t other) const {
    const double norms = norm_ + pairs_.others.norms[other];
    const double distance = norms - 2.0 * pairs_.products[other * pairs_.owners.count + owner_];
    return distance < pairs_.doubtful_below * norms ? by_differences(other) : distance;
  }

 private:
  INFOPLANE_ON_DEVICE double by_differences(std::int64_t other) const {
    const double* const a = pairs_.owners.values + owner_ * pairs_.features;
    const double* const b = pairs_.others.values + other * pairs_.features;
    double sum = 0;
    for (std::int64_t k = 0; k < pairs_.features; ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
  }

  const PairSums& pairs_;
  std::int64_t owner_;
  double norm_;
};

/// The loop for one kind of distances and up to `most_widths` widths.
template <class Distances, int most_widths>
struct PairLoop {
  INFOPLANE_ON_DEVICE static void run(const PairSums& pairs, std::int64_t owner,
                                      std::int64_t chunk) {
    const DeviceRows& others = pairs.others;
    const std::int64_t begin = chunk * pairs.chunk_rows;
    const std::int64_t end =
        begin + pairs.chunk_rows < others.count ? begin + pairs.chunk_rows : others.count;
    const Distances distance(pairs, owner);
    double sums[2][most_widths] = {};   // other class, own class
    double of_class[most_widths] = {};  // of the class that the loop is in
    std::int32_t label = others.labels[begin];
    const auto end_class = [&] {
      const int same = label == pairs.owners.labels[owner] ? 1 : 0;
      INFOPLANE_UNROLL for (int w = 0; w < most_widths; ++w) {
        sums[same][w] += of_class[w];
        of_class[w] = 0;
      }
    };
    for (std::int64_t other = begin; other < end; ++other) {
      if (others.labels[other] != label) {
        end_class();
        label = others.labels[other];
      }
      double kernel = exp2(-pairs.factor * distance(other));
      const double weight = others.weights[other];
      INFOPLANE_UNROLL for (int w = 0; w < most_widths; ++w) {
        if (w < pairs.widths) {
          INFOPLANE_UNROLL_NOT for (int q = 0; q < pairs.squarings[w]; ++q) kernel *= kernel;
          of_class[w] += weight * kernel;
        }
      }
    }
    end_class();
    double* to = pairs.sums + chunk * pairs.widths * 2 * pairs.owners.count + owner;
    for (int w = 0; w < pairs.widths; ++w) {
      for (int same = 0; same < 2; ++same, to += pairs.owners.count) *to = sums[same][w];
    }
  }
};

/// Calls `use(PairLoop<...>())` with the loop for narrow rows of pairs.features features.
template <int features = narrow_step, class Use>
void with_narrow_loop(const PairSums& pairs, Use&& use) {
  if constexpr (features < most_narrow_features) {
    if (pairs.features > features) return with_narrow_loop<features + narrow_step>(pairs, use);
  }
  using Distances = NarrowDistances<features>;
  pairs.widths <= 2 ? use(PairLoop<Distances, 2>()) : use(PairLoop<Distances, ladder_rungs>());
}

/// Calls `use(PairLoop<...>())` with the loop for `pairs`.
template <class Use>
void with_pair_loop(const PairSums& pairs, Use&& use) {
  if (pairs.products == nullptr) return with_narrow_loop(pairs, use);
  using Distances = WideDistances;
  pairs.widths <= 2 ? use(PairLoop<Distances, 2>()) : use(PairLoop<Distances, ladder_rungs>());
}

}  // namespace infoplane::detail
