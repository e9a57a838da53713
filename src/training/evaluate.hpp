#pragma once

#include "training/examples.hpp"

namespace infoplane {

/// Rows that go through a network at once when it is not training. Part of the results' last bits.
constexpr std::int64_t evaluation_batch = 4096;

struct Evaluation {
  double loss = 0;      ///< mean cross-entropy, nats
  double accuracy = 0;  ///< share of rows classified right
};

/// How well `network` does on the examples, in evaluation mode. NaN without rows.
Evaluation evaluate(Network& network, const Examples& examples);

}  // namespace infoplane
