#include "training/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "training/diverged.hpp"
#include "training/evaluate.hpp"

namespace infoplane {

std::vector<LayerShape> recorded_layers(Network& network, const Dataset& data) {
  return recorded_layers(network,
                         network.needs_all_rows() ? data.inputs : data.inputs.narrow(0, 0, 1));
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
        const LayerShape& layer = layers_.at(next);
        INFOPLANE_EXPECT(layer.name == name);
        const torch::Tensor plain = (all_at_once ? values.index_select(0, rows_) : values)
                                        .to(torch::kCPU, torch::kFloat32)
                                        .contiguous();
        if (plain.numel() != count * layer.features)
          throw InternalError("layer " + name + " changed its size");
        std::copy_n(plain.data_ptr<float>(), plain.numel(),
                    snapshots_[next].data() + begin * layer.features);
        ++next;
      });
  if (all_at_once) {
    network_.forward(data_.inputs);
    return;
  }
  for (; begin < rows; begin += evaluation_batch) {
    next = 0;
    count = std::min(evaluation_batch, rows - begin);
    network_.forward(data_.inputs.index_select(0, rows_.narrow(0, begin, count)));
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
