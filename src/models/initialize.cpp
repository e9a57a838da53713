#include "models/initialize.hpp"

#include <cmath>

#include "core/errors.hpp"
#include "core/random.hpp"

namespace infoplane {
namespace {

/// One weight of a layer with these fans.
double draw(Initialization initialization, double fan_in, double fan_out, RandomStream& random) {
  const auto symmetric = [&](double bound) { return bound * (2 * random.uniform() - 1); };
  switch (initialization) {
    case Initialization::truncated_normal:
      return random.truncated_normal() / std::sqrt(fan_in);
    case Initialization::xavier_uniform:
      return symmetric(std::sqrt(6 / (fan_in + fan_out)));
    case Initialization::he_normal:
      return random.normal() * std::sqrt(2 / fan_in);
    case Initialization::torch:
      return symmetric(1 / std::sqrt(fan_in));
  }
  throw InternalError("an initialisation without a rule");
}

}  // namespace

void initialize(Network& network, Initialization initialization, std::uint64_t seed) {
  const torch::NoGradGuard no_gradients;
  RandomStream random(seed);
  double fan_in = 1;  // a bias has that of the weights before it
  for (torch::Tensor& parameter : network.parameters()) {
    const bool is_bias = parameter.dim() < 2;
    double fan_out = 1;
    if (!is_bias) {
      // Weights are [out][in][kernel...].
      const auto kernel = static_cast<double>(parameter[0][0].numel());
      fan_in = static_cast<double>(parameter.size(1)) * kernel;
      fan_out = static_cast<double>(parameter.size(0)) * kernel;
    }
    torch::Tensor values = torch::zeros(parameter.sizes(), torch::kFloat32);
    if (!is_bias || initialization == Initialization::torch) {
      float* const out = values.data_ptr<float>();
      for (std::int64_t i = 0; i < values.numel(); ++i) {
        out[i] = static_cast<float>(draw(initialization, fan_in, fan_out, random));
      }
    }
    parameter.copy_(values);
  }
}

}  // namespace infoplane
