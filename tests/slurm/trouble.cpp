// Networks that do to a job what networks do at night; else they are an FCN of one hidden layer.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "models/plugin.hpp"

namespace {

using infoplane::NetworkInput;

/// Takes INFOPLANE_SLOW_MS milliseconds more for every mini-batch, whatever the machine is. What it
/// learns does not depend on it.
class Slow : public infoplane::Network {
 public:
  explicit Slow(const NetworkInput& input) {
    const std::int64_t units = input.settings.hidden.at(0);
    hidden_ = register_module("h1", torch::nn::Linear(input.features(), units));
    output_ = register_module("output", torch::nn::Linear(units, input.classes));
    if (const char* text = std::getenv("INFOPLANE_SLOW_MS"))
      pause_ = std::chrono::milliseconds(std::stoi(text));
  }

  torch::Tensor forward(const torch::Tensor& inputs) override {
    if (is_training()) std::this_thread::sleep_for(pause_);
    return output(output_(probe("h1", {"linear"}, torch::tanh(hidden_(inputs.flatten(1))))));
  }

 private:
  std::chrono::milliseconds pause_{0};
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
};

/// Ends its process as soon as it trains.
class Crashing : public Slow {
 public:
  using Slow::Slow;

  torch::Tensor forward(const torch::Tensor& inputs) override {
    if (is_training()) std::raise(SIGSEGV);
    return Slow::forward(inputs);
  }
};

}  // namespace

INFOPLANE_PLUGIN {
  infoplane::register_network(
      "slow", [](const NetworkInput& input) { return std::make_shared<Slow>(input); });
  infoplane::register_network(
      "crashing", [](const NetworkInput& input) { return std::make_shared<Crashing>(input); });
}
