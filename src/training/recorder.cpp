#include "training/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"

namespace infoplane {

std::vector<LayerShape> recorded_layers(Network& network, const Dataset& data) {
  std::vector<LayerShape> layers = recorded_layers(
      network, network.needs_all_rows() ? data.inputs : data.inputs.narrow(0, 0, 1));
  if (layers.back().features != data.classes) {
    throw NetworkError(fmt::format(
        "it gives {} for each row, and {} has {}", count_of(layers.back().features, "score"),
        data.name, data.classes == 1 ? "one class" : fmt::format("{} classes", data.classes)));
  }
  return layers;
}

Recorder::Recorder(Network& network, const Dataset& data, const std::vector<std::int64_t>& rows)
    : network_(network),
      data_(data),
      rows_(row_index(rows).to(data.inputs.device())),
      layers_(recorded_layers(network, data)),
      snapshots_(layers_.size()) {
  for (std::size_t l = 0; l < layers_.size(); ++l)
    snapshots_[l].resize(rows.size() * static_cast<std::size_t>(layers_[l].features));
}

void Recorder::run_rows() {
  const EvaluationMode evaluation(network_);
  const bool all_at_once = network_.needs_all_rows();
  const std::int64_t rows = rows_.size(0);
  std::int64_t begin = 0;
  std::int64_t count = all_at_once ? rows : std::min(evaluation_batch, rows);
  std::size_t next = 0;
  const Observation watch(
      network_, [&](const std::string& name, const LayerRole&, const torch::Tensor& values) {
        if (next == layers_.size() || layers_[next].name != name) {
          throw NetworkError(
              fmt::format("layer {} came where it was not before: a network has the "
                          "same layers for all rows",
                          name));
        }
        const LayerShape& layer = layers_[next];
        require_rows(name, values, all_at_once ? data_.rows() : count);
        const torch::Tensor plain = (all_at_once ? values.index_select(0, rows_) : values)
                                        .to(torch::kCPU, torch::kFloat32)
                                        .contiguous();
        if (plain.numel() != count * layer.features) {
          throw NetworkError(fmt::format("layer {} changed its size from {} to {} numbers a row",
                                         name, layer.features, plain.numel() / count));
        }
        std::copy_n(plain.data_ptr<float>(), plain.numel(),
                    snapshots_[next].data() + begin * layer.features);
        ++next;
      });
  const auto forward = [&](const torch::Tensor& inputs) {
    next = 0;
    network_.forward(inputs);
    if (next == layers_.size()) return;
    throw NetworkError(
        fmt::format("layer {} was there before and is not now: a network has the "
                    "same layers for all rows",
                    layers_[next].name));
  };
  if (all_at_once) return forward(data_.inputs);
  for (; begin < rows; begin += evaluation_batch) {
    count = std::min(evaluation_batch, rows - begin);
    forward(data_.inputs.index_select(0, rows_.narrow(0, begin, count)));
  }
}

void Recorder::operator()(std::int64_t epoch, const Sink& sink) {
  run_rows();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::vector<float>& values = snapshots_[l];
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      throw Diverged(
          fmt::format("layer {} holds NaN or infinite values at epoch {}", layers_[l].name, epoch));
    }
    sink(l, MatrixView<const float>(values.data(), static_cast<std::size_t>(rows_.size(0)),
                                    static_cast<std::size_t>(layers_[l].features)));
  }
}

}  // namespace infoplane
