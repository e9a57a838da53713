#include "models/lenet.hpp"

#include <fmt/format.h>

#include "models/activation.hpp"

namespace infoplane {

LeNet::LeNet(const NetworkInput& input)
    : activation_(input.settings.activation), dropout_(input.settings.dropout) {
  if (input.shape.size() != 3)
    refuse_input(input,
                 "images, [channel][height][width] (mnist, fashion-mnist, or tables of such rows)");
  const std::int64_t kernel = input.settings.kernel;
  std::int64_t channels = input.shape[0];
  std::int64_t height = input.shape[1];
  std::int64_t width = input.shape[2];
  for (const std::int64_t next : input.settings.channels) {
    const std::string name = "conv" + std::to_string(convolutions_.size() + 1);
    height = (height - kernel + 1) / 2;
    width = (width - kernel + 1) / 2;
    if (height < 1 || width < 1) {
      refuse_input(input, fmt::format("images that are large enough for {}, model.kernel = {}",
                                      name, kernel));
    }
    convolutions_.push_back(
        register_module(name, torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, next, kernel))));
    channels = next;
  }
  std::int64_t units = channels * height * width;
  const auto add = [&](const std::string& name, std::int64_t next) {
    layers_.push_back(register_module(name, torch::nn::Linear(units, next)));
    units = next;
  };
  for (std::size_t l = 0; l < input.settings.hidden.size(); ++l)
    add("h" + std::to_string(l + 1), input.settings.hidden[l]);
  add("output", input.classes);
}

torch::Tensor LeNet::forward(const torch::Tensor& images) {
  torch::Tensor t = images;
  for (std::size_t c = 0; c < convolutions_.size(); ++c) {
    // The maximum first: a quarter of the activations, and the same values as all are increasing.
    t = activate(activation_, torch::max_pool2d(convolutions_[c]->forward(t), 2));
    t = probe("conv" + std::to_string(c + 1), {"conv"}, t);
  }
  t = t.flatten(1);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    t = probe("h" + std::to_string(l + 1), {"linear"},
              activate(activation_, layers_[l]->forward(t)));
    if (dropout_ > 0) t = torch::dropout(t, dropout_, is_training());
  }
  return output(layers_.back()->forward(t));
}

}  // namespace infoplane
