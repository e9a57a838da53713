#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"

namespace infoplane {

/// Rows that go through a network at once when it is not training, unless it needs all of them.
/// Part of the results' last bits.
constexpr std::int64_t evaluation_batch = 4096;

struct Evaluation {
  double loss = 0;      ///< mean cross-entropy, nats
  double accuracy = 0;  ///< share of rows classified right
};

/// How well `network` does on these rows of `data`, in evaluation mode. NaN without rows. Network
/// and data are on one device.
Evaluation evaluate(Network& network, const Dataset& data, const std::vector<std::int64_t>& rows);

struct SplitEvaluation {
  Evaluation train;
  Evaluation validation;
  Evaluation test;
};

/// The same for each set of a split; a network that needs all rows computes them once for all.
SplitEvaluation evaluate(Network& network, const Dataset& data, const Split& split);

}  // namespace infoplane
