#include "training/training_state.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace infoplane {

std::vector<torch::Tensor> weights_and_buffers(const torch::nn::Module& network) {
  std::vector<torch::Tensor> all = network.parameters();
  for (const torch::Tensor& buffer : network.buffers()) {
    if (buffer.layout() == torch::kStrided) all.push_back(buffer);
  }
  return all;
}

bool are_alike(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to) {
  return std::equal(from.begin(), from.end(), to.begin(), to.end(),
                    [](const torch::Tensor& a, const torch::Tensor& b) {
                      return a.defined() && b.defined() && a.sizes() == b.sizes() &&
                             a.scalar_type() == b.scalar_type();
                    });
}

void copy_tensors(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to,
                  const std::string& what) {
  const torch::NoGradGuard no_gradients;
  if (!are_alike(from, to)) throw UsageError(what + " are those of another network");
  for (std::size_t i = 0; i < from.size(); ++i) to[i].detach().copy_(from[i]);
}

torch::Tensor generator_state(const torch::Device& device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(const torch::Device& device, const torch::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

}  // namespace infoplane
