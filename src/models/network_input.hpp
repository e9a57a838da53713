#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

/// What a network is built from.
struct NetworkInput {
  ModelSettings settings;
  std::string data;                 ///< the data set's name, for errors
  std::vector<std::int64_t> shape;  ///< of one row: {784}, {1, 28, 28}, {step, letter}
  std::int64_t classes = 0;
  std::int64_t rows = 0;
  torch::Tensor edges{};  ///< as Dataset::edges, undefined without a graph

  /// Numbers of one row, flattened.
  std::int64_t features() const;
};

/// Throws UsageError: this kind of network cannot read this data set.
[[noreturn]] void refuse_input(const NetworkInput& input, const std::string& needs);

}  // namespace infoplane
