#pragma once

#include <string>
#include <vector>

#include "models/network.hpp"

namespace infoplane {

/// Whether a parameter belongs to a layer: its name begins with "<layer>.".
bool is_of_layer(const std::string& parameter, const std::string& layer);

/// The weight matrices and kernels of a layer: its parameters of two dimensions and more, which
/// leaves biases and the like out. None where the layer has no parameters of its own (pooling).
std::vector<torch::Tensor> weights_of_layer(const Network& network, const std::string& layer);

/// Throws UsageError that names the layers there are unless each of these has parameters.
void require_parameters(const Network& network, const std::vector<std::string>& layers);

}  // namespace infoplane
