#include "training/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "training/diverged.hpp"
#include "training/evaluate.hpp"

namespace infoplane {

Recorder::Recorder(Network& network, Examples examples)
    : network_(network),
      examples_(std::move(examples)),
      layers_(recorded_layers(network, examples_.chosen.defined()
                                           ? examples_.inputs
                                           : examples_.inputs.narrow(0, 0, 1))),
      snapshots_(layers_.size()) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    snapshots_[l].resize(static_cast<std::size_t>(examples_.size() * layers_[l].features));
  }
}

void Recorder::operator()(std::int64_t epoch, const Sink& sink) {
  const EvaluationMode evaluation(network_);
  const std::int64_t rows = examples_.size();
  const bool all_at_once = examples_.chosen.defined();
  const std::int64_t batch = all_at_once ? rows : evaluation_batch;
  std::int64_t begin = 0;
  std::size_t next = 0;
  const Observation watch(network_, [&](const std::string& name, const LayerRole&,
                                        const torch::Tensor& values) {
    const LayerShape& layer = layers_.at(next);
    INFOPLANE_EXPECT(layer.name == name);
    const torch::Tensor wanted = all_at_once ? values.index_select(0, examples_.chosen) : values;
    const torch::Tensor plain = wanted.to(torch::kCPU, torch::kFloat32).contiguous();
    const auto expected = std::min(batch, rows - begin) * layer.features;
    if (plain.numel() != expected) throw InternalError("layer " + name + " changed its size");
    std::copy_n(plain.data_ptr<float>(), plain.numel(),
                snapshots_[next].data() + begin * layer.features);
    ++next;
  });
  for (; begin < rows; begin += batch) {
    next = 0;
    network_.forward(all_at_once
                         ? examples_.inputs
                         : examples_.inputs.narrow(0, begin, std::min(batch, rows - begin)));
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::vector<float>& values = snapshots_[l];
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      throw Diverged(
          fmt::format("layer {} holds NaN or infinite values at epoch {}", layers_[l].name, epoch));
    }
    sink(l, MatrixView<const float>(values.data(), static_cast<std::size_t>(rows),
                                    static_cast<std::size_t>(layers_[l].features)));
  }
}

}  // namespace infoplane
