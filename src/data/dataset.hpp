#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

/// Examples and their classes, in memory.
struct Dataset {
  std::string name;
  torch::Tensor inputs;  ///< float32 [row][feature]
  torch::Tensor labels;  ///< int64 [row], 0 <= label < classes
  std::int64_t classes = 0;

  std::int64_t rows() const { return inputs.size(0); }
};

/// The data set that the settings name. `label_seed` decides stochastic labels, where there are
/// any.
Dataset load_dataset(const DataSettings& settings, std::uint64_t label_seed);

/// The labels of `rows`, in their order.
std::vector<std::int32_t> labels_of(const Dataset& data, const std::vector<std::int64_t>& rows);

/// A tensor of row positions, for index_select.
torch::Tensor row_index(const std::vector<std::int64_t>& rows);

}  // namespace infoplane
