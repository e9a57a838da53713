// Networks of one's own as words for model.kind: a class with probes, and modules that are there
// already and know nothing of infoplane.
#include "models/plugin.hpp"

#include <memory>

namespace {

using infoplane::NetworkInput;

/// A wide and a narrow path from the input, joined before the classes. Both paths are recorded, and
/// what they are joined to; the narrow path does not follow from the wide one.
class TwoPaths : public infoplane::Network {
 public:
  explicit TwoPaths(const NetworkInput& input) {
    const std::int64_t wide = input.settings.hidden.at(0);
    constexpr std::int64_t narrow = 2;
    wide_ = register_module("wide", torch::nn::Linear(input.features(), wide));
    narrow_ = register_module("narrow", torch::nn::Linear(input.features(), narrow));
    last_ = register_module("output", torch::nn::Linear(wide + narrow, input.classes));
  }

  torch::Tensor forward(const torch::Tensor& inputs) override {
    const torch::Tensor x = inputs.flatten(1);
    const torch::Tensor wide = probe("wide", {"linear"}, torch::tanh(wide_(x)));
    const torch::Tensor narrow = probe("narrow", {"linear", false}, torch::tanh(narrow_(x)));
    const torch::Tensor joined = probe("joined", {"joined", false}, torch::cat({wide, narrow}, 1));
    return output(last_(joined));
  }

 private:
  torch::nn::Linear wide_{nullptr}, narrow_{nullptr}, last_{nullptr};
};

}  // namespace

INFOPLANE_PLUGIN {
  infoplane::register_network(
      "two-paths", [](const NetworkInput& input) { return std::make_shared<TwoPaths>(input); });

  infoplane::register_network("funnel", [](const NetworkInput& input) {
    torch::nn::Sequential layers({{"first", torch::nn::Linear(input.features(), 8)},
                                  {"bend", torch::nn::Tanh()},
                                  {"second", torch::nn::Linear(8, 4)},
                                  {"scores", torch::nn::Linear(4, input.classes)}});
    return std::make_shared<infoplane::NamedLayers>(layers);
  });
}
