#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"

// Internal to the room.

namespace infoplane {

/// What a network computes, as far as its layers' shapes tell.
struct NetworkWork {
  std::int64_t multiply_adds = 0;  ///< of one row, forward
  std::int64_t operations = 0;     ///< layers; a recurrent one counts once for each step
};

/// A kernel of a convolution is used at every place of the window, weights of a recurrent layer at
/// every step, others once for each row. A layer on a graph adds its edges.
NetworkWork work_of(const Network& network, const std::vector<LayerShape>& layers,
                    const Dataset& data);

}  // namespace infoplane
