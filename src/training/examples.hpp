#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"

namespace infoplane {

/// Rows for a network to learn from or to be judged by. A network on a graph reads all rows of the
/// data set, of which the chosen ones count; any other reads the chosen ones alone.
struct Examples {
  torch::Tensor inputs;    ///< what goes through the network, [row][...]
  torch::Tensor labels;    ///< int64, of the rows that count
  torch::Tensor chosen{};  ///< int64, positions in `inputs` of the rows that count; undefined: all

  std::int64_t size() const { return labels.size(0); }
};

/// `rows` of the data set as this network needs them, in their order.
Examples examples_of(const Network& network, const Dataset& data,
                     const std::vector<std::int64_t>& rows);

}  // namespace infoplane
