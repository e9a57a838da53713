// Networks that do to a job what networks do at night; else they are an FCN of one hidden layer.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
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

/// What is wrong with a network: each is a word for model.kind.
enum class Mistake {
  constructor,
  forward,
  other_exception,
  shapes,
  no_tensor,
  number,
  slash,
  twice,
  classes,
  no_output,
  flat_output,
  other_name_later,
  other_size_later,
  fails_later
};

class Wrong : public Slow {
 public:
  Wrong(const NetworkInput& input, Mistake mistake)
      : Slow(input), mistake_(mistake), classes_(input.classes) {
    if (mistake == Mistake::constructor) throw std::runtime_error("no such weights");
  }

  torch::Tensor forward(const torch::Tensor& inputs) override {
    if (mistake_ == Mistake::forward) throw std::runtime_error("no such path");
    if (mistake_ == Mistake::other_exception) throw 42;
    if (mistake_ == Mistake::shapes) return torch::matmul(inputs, torch::zeros({99, 3}));
    const bool later = ++calls_ > 3;
    if (mistake_ == Mistake::fails_later && later) throw 42;
    const torch::Tensor rows = inputs.flatten(1);
    if (mistake_ == Mistake::no_tensor) probe("extra", {}, torch::Tensor());
    if (mistake_ == Mistake::number) probe("extra", {}, rows.sum());
    if (mistake_ == Mistake::slash) probe("a/b", {}, rows);
    if (mistake_ == Mistake::twice) probe("h1", {}, rows);
    if (mistake_ == Mistake::other_name_later) probe(later ? "late" : "early", {}, rows);
    if (mistake_ == Mistake::other_size_later)
      probe("extra", {}, later ? rows.narrow(1, 0, 2) : rows);
    if (mistake_ == Mistake::no_output) return rows.narrow(1, 0, classes_);
    if (mistake_ == Mistake::flat_output) return output(rows.sum(1));
    if (mistake_ == Mistake::classes) return output(rows.narrow(1, 0, classes_ + 1));
    return Slow::forward(inputs);
  }

 private:
  Mistake mistake_;
  std::int64_t classes_;
  int calls_ = 0;
};

void register_mistake(const std::string& kind, Mistake mistake) {
  infoplane::register_network(kind, [mistake](const NetworkInput& input) {
    return std::make_shared<Wrong>(input, mistake);
  });
}

}  // namespace

INFOPLANE_PLUGIN {
  infoplane::register_network(
      "slow", [](const NetworkInput& input) { return std::make_shared<Slow>(input); });
  infoplane::register_network(
      "crashing", [](const NetworkInput& input) { return std::make_shared<Crashing>(input); });
  infoplane::register_network("nothing",
                              [](const NetworkInput&) { return std::shared_ptr<Slow>(); });
  register_mistake("constructor", Mistake::constructor);
  register_mistake("forward", Mistake::forward);
  register_mistake("other-exception", Mistake::other_exception);
  register_mistake("shapes", Mistake::shapes);
  register_mistake("no-tensor", Mistake::no_tensor);
  register_mistake("number", Mistake::number);
  register_mistake("slash", Mistake::slash);
  register_mistake("twice", Mistake::twice);
  register_mistake("classes", Mistake::classes);
  register_mistake("no-output", Mistake::no_output);
  register_mistake("flat-output", Mistake::flat_output);
  register_mistake("other-name-later", Mistake::other_name_later);
  register_mistake("other-size-later", Mistake::other_size_later);
  register_mistake("fails-later", Mistake::fails_later);
}
