#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/matrix_view.hpp"
#include "models/network.hpp"
#include "training/examples.hpp"

namespace infoplane {

/// Takes snapshots: runs a fixed, ordered set of rows through a network in evaluation mode and
/// hands on what each recorded layer holds. Row r of every snapshot is the r-th example.
class Recorder {
 public:
  /// `layer` counts in the order of recorded_layers(); `snapshot` is rows x features and valid
  /// during the call.
  using Sink = std::function<void(std::size_t layer, MatrixView<const float> snapshot)>;

  Recorder(Network& network, Examples examples);

  const std::vector<LayerShape>& layers() const { return layers_; }

  /// Memory: the snapshots of one epoch. Throws Diverged when a value is NaN or infinite.
  void operator()(std::int64_t epoch, const Sink& sink);

 private:
  Network& network_;
  Examples examples_;
  std::vector<LayerShape> layers_;
  std::vector<std::vector<float>> snapshots_;  // [layer][row * features]
};

}  // namespace infoplane
