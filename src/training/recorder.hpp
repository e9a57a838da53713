#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/matrix_view.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace infoplane {

/// The recorded layers of a network for the rows of `data`.
/// Throws NetworkError also where it gives scores for another number of classes.
std::vector<LayerShape> recorded_layers(Network& network, const Dataset& data);

/// Takes snapshots: runs a fixed, ordered set of rows through a network in evaluation mode and
/// hands on what each recorded layer holds. Row r of every snapshot is example rows[r] of `data`;
/// a network that needs all rows gets them, and those recorded are picked from what it computes.
class Recorder {
 public:
  /// `layer` counts in the order of recorded_layers(); `snapshot` is rows x features, on the CPU,
  /// and valid during the call.
  using Sink = std::function<void(std::size_t layer, MatrixView<const float> snapshot)>;

  /// Network and data are on one device and have to outlive it.
  Recorder(Network& network, const Dataset& data, const std::vector<std::int64_t>& rows);

  const std::vector<LayerShape>& layers() const { return layers_; }

  /// Memory: the snapshots of one epoch. Throws Diverged when a value is NaN or infinite,
  /// NetworkError when the layers are not what they were at the start.
  void operator()(std::int64_t epoch, const Sink& sink);

 private:
  void run_rows();

  Network& network_;
  const Dataset& data_;
  torch::Tensor rows_;
  std::vector<LayerShape> layers_;
  std::vector<std::vector<float>> snapshots_;  // [layer][row * features]
};

}  // namespace infoplane
