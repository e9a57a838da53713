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
    case Initialization::own:
      break;
  }
  throw InternalError("an initialisation without a rule");
}

/// Units of the recurrent layer that a parameter belongs to, 0 if it belongs to none. LibTorch
/// draws all of such a layer with fans of that size.
double recurrent_units(const torch::OrderedDict<std::string, torch::Tensor>& parameters,
                       const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return 0;
  const torch::Tensor* hidden = parameters.find(name.substr(0, dot) + ".weight_hh_l0");
  return hidden != nullptr ? static_cast<double>(hidden->size(1)) : 0;
}

/// A factor for each channel, as batch normalisation has.
bool is_scale(const std::string& name) {
  const std::string last = name.substr(name.rfind('.') + 1);
  return last == "weight";
}

}  // namespace

void initialize(Network& network, Initialization initialization, std::uint64_t seed) {
  if (initialization == Initialization::own) return;
  const torch::NoGradGuard no_gradients;
  RandomStream random(seed);
  double fan_in = 1;  // a bias has that of the weights before it
  const auto parameters = network.named_parameters();
  for (const auto& entry : parameters) {
    torch::Tensor parameter = entry.value();
    const bool is_bias = parameter.dim() < 2;
    if (is_bias && is_scale(entry.key())) {
      parameter.fill_(1);
      fan_in = 0;  // its bias starts at 0
      continue;
    }
    double fan_out = 1;
    if (!is_bias) {
      // Weights are [out][in][kernel...].
      const auto kernel = static_cast<double>(parameter[0][0].numel());
      fan_in = static_cast<double>(parameter.size(1)) * kernel;
      fan_out = static_cast<double>(parameter.size(0)) * kernel;
    }
    const double units = recurrent_units(parameters, entry.key());
    if (units > 0) {
      if (initialization == Initialization::torch) fan_in = units;
      fan_out = units;  // of one gate
    }
    torch::Tensor values = torch::zeros(parameter.sizes(), torch::kFloat32);
    if (!is_bias || (initialization == Initialization::torch && fan_in > 0)) {
      float* const out = values.data_ptr<float>();
      for (std::int64_t i = 0; i < values.numel(); ++i) {
        out[i] = static_cast<float>(draw(initialization, fan_in, fan_out, random));
      }
    }
    parameter.copy_(values);
  }
}

}  // namespace infoplane
