#include "training/training_state.hpp"

#include "core/errors.hpp"

namespace infoplane {

std::vector<torch::Tensor> weights_and_buffers(const torch::nn::Module& network) {
  std::vector<torch::Tensor> all = network.parameters();
  for (const torch::Tensor& buffer : network.buffers()) {
    if (buffer.layout() == torch::kStrided) all.push_back(buffer);
  }
  return all;
}

void copy_tensors(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to,
                  const std::string& what) {
  const torch::NoGradGuard no_gradients;
  bool same = from.size() == to.size();
  for (std::size_t i = 0; same && i < from.size(); ++i) {
    same = from[i].defined() && to[i].defined() && from[i].sizes() == to[i].sizes() &&
           from[i].scalar_type() == to[i].scalar_type();
  }
  if (!same) throw UsageError(what + " are those of another network");
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
