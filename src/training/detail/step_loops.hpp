#pragma once

#include <cstddef>

// Plain loops over contiguous numbers. Element by element, so that the vector width has no say in
// the bits.

namespace infoplane::detail {

/// One step of Adam (Kingma & Ba 2015, algorithm 1), its factors worked out for this step.
struct AdamFactors {
  float weight_decay;
  float beta1, one_minus_beta1;
  float beta2, one_minus_beta2;
  float step;                   ///< learning rate / (1 - beta1^t)
  float root_bias_correction2;  ///< sqrt(1 - beta2^t)
  float epsilon;
};
void adam_step(float* weights, const float* gradient, float* first, float* second,
               std::size_t count, const AdamFactors& factors);

struct SgdFactors {
  float weight_decay;
  float momentum;
  float learning_rate;
};
/// velocity = momentum velocity + gradient; weights -= learning_rate velocity.
void sgd_step(float* weights, const float* gradient, float* velocity, std::size_t count,
              const SgdFactors& factors);

/// Takes one more value of each number into its mean; `seen` counts this one. Returns what the sum
/// of squared deviations from the means grows by (Welford 1962).
double welford_step(double* means, const float* values, std::size_t count, double seen);

}  // namespace infoplane::detail
