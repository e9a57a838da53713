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

}  // namespace infoplane::detail
