#include "models/activation.hpp"

#include "core/errors.hpp"

namespace infoplane {

torch::Tensor activate(Activation activation, const torch::Tensor& values) {
  switch (activation) {
    case Activation::tanh:
      return torch::tanh(values);
    case Activation::relu:
      return torch::relu(values);
    case Activation::sigmoid:
      return torch::sigmoid(values);
    case Activation::elu:
      return torch::elu(values);
  }
  throw InternalError("an activation without a function");
}

}  // namespace infoplane
