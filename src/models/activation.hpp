#pragma once

#include <torch/torch.h>

#include "core/settings.hpp"

namespace infoplane {

torch::Tensor activate(Activation activation, const torch::Tensor& values);

}  // namespace infoplane
