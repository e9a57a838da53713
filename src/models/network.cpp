#include "models/network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/text.hpp"
#include "models/users_code.hpp"

namespace infoplane {

torch::Tensor Network::probe(const std::string& layer, const LayerRole& role,
                             torch::Tensor values) {
  if (observer_) observer_(layer, role, values);
  return values;
}

torch::Tensor Network::output(torch::Tensor logits, bool follows) {
  if (!observer_) return logits;
  if (!logits.defined() || logits.dim() != 2)
    throw NetworkError("output() takes scores, [row][class], and was given something else");
  observer_("output", {"output", follows}, torch::softmax(logits, 1));
  return logits;
}

Observation::Observation(Network& network, Network::Observer observer) : network_(network) {
  if (network.observer_) throw InternalError("a network is watched twice at once");
  network.observer_ = std::move(observer);
}

Observation::~Observation() { network_.observer_ = nullptr; }

namespace {

void require_name(const std::string& name) {
  const bool has_others = std::any_of(name.begin(), name.end(), [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (!name.empty() && name != "." && name != ".." && !has_others) return;
  throw NetworkError("a layer cannot be called \"" + name +
                     "\": names are in use for data sets of files (no \"/\", not empty)");
}

}  // namespace

void require_rows(const std::string& layer, const torch::Tensor& values, std::int64_t rows) {
  if (values.defined() && values.dim() > 0 && values.size(0) == rows && values.numel() > 0) return;
  const std::string is = !values.defined()   ? "no tensor"
                         : values.dim() == 0 ? "a single number"
                                             : fmt::format("{}", fmt::join(values.sizes(), " x "));
  throw NetworkError(fmt::format("layer {} has to be [row][...] for {}, and is {}", layer,
                                 count_of(rows, "row"), is));
}

std::vector<LayerShape> recorded_layers(Network& network, const torch::Tensor& some_inputs) {
  std::vector<LayerShape> layers;
  const EvaluationMode evaluation(network);
  const std::int64_t rows = some_inputs.size(0);
  const Observation watch(network, [&](const std::string& name, const LayerRole& role,
                                       const torch::Tensor& values) {
    require_name(name);
    require_rows(name, values, rows);
    for (const LayerShape& layer : layers) {
      if (layer.name == name) throw NetworkError("two of its layers are called " + name);
    }
    layers.push_back({name, role, values.sizes().slice(1).vec(), values.numel() / values.size(0)});
  });
  call_users_code<NetworkError>("its forward()", [&] { return network.forward(some_inputs); });
  if (layers.empty() || layers.back().role.kind != "output")
    throw NetworkError("its forward() does not end with output(logits)");
  return layers;
}

std::int64_t parameter_count(const Network& network) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace infoplane
