#include "training/detail/step_loops.hpp"

#include <cmath>

namespace infoplane::detail {

void adam_step(float* __restrict weights, const float* __restrict gradient, float* __restrict first,
               float* __restrict second, std::size_t count, const AdamFactors& factors) {
  const AdamFactors f = factors;
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + f.weight_decay * weights[i];
    first[i] = f.beta1 * first[i] + f.one_minus_beta1 * g;
    second[i] = f.beta2 * second[i] + f.one_minus_beta2 * g * g;
    weights[i] -= f.step * first[i] / (std::sqrt(second[i]) / f.root_bias_correction2 + f.epsilon);
  }
}

void sgd_step(float* __restrict weights, const float* __restrict gradient,
              float* __restrict velocity, std::size_t count, const SgdFactors& factors) {
  const SgdFactors f = factors;
  for (std::size_t i = 0; i < count; ++i) {
    velocity[i] = f.momentum * velocity[i] + (gradient[i] + f.weight_decay * weights[i]);
    weights[i] -= f.learning_rate * velocity[i];
  }
}

double welford_step(double* __restrict means, const float* __restrict values, std::size_t count,
                    double seen) {
  // Sums of a fixed number of lanes: fast, and the same bits whatever the vector width.
  constexpr std::size_t lanes = 8;
  double sums[lanes] = {};
  const auto add = [&](std::size_t i, std::size_t lane) {
    const double before = values[i] - means[i];
    means[i] += before / seen;
    sums[lane] += before * (values[i] - means[i]);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
  }
  for (; i < count; ++i) add(i, 0);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace infoplane::detail
