// Networks that do to a job what networks do at night. All of them are small FCNs.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <thread>

#include "models/plugin.hpp"

namespace {

using infoplane::NetworkInput;

/// Takes its time in every mini-batch, whatever the machine: hidden = [units, milliseconds].
class Slow : public infoplane::Network {
 public:
  explicit Slow(const NetworkInput& input) : ms_(input.settings.hidden.at(1)) {
    hidden_ =
        register_module("h1", torch::nn::Linear(input.features(), input.settings.hidden.at(0)));
    output_ =
        register_module("output", torch::nn::Linear(input.settings.hidden.at(0), input.classes));
  }

  torch::Tensor forward(const torch::Tensor& inputs) override {
    if (is_training()) std::this_thread::sleep_for(std::chrono::milliseconds(ms_));
    return output(output_(probe("h1", {"linear"}, torch::tanh(hidden_(inputs.flatten(1))))));
  }

 private:
  std::int64_t ms_;
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
};

/// Ends its process as soon as it trains.
class Crashing : public Slow {
 public:
  using Slow::Slow;

  torch::Tensor forward(const torch::Tensor& inputs) override {
    if (is_training()) {
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
    }
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
