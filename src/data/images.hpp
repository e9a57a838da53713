#pragma once

#include "data/dataset.hpp"

namespace infoplane {

/// MNIST (LeCun et al. 1998) or Fashion-MNIST (Xiao et al. 2017): inputs [row][1][28][28] in 0..1.
/// The 60,000 training images, or `settings.rows` of them, drawn by class; behind them the 10,000
/// test images where the split is the published one. Throws InputError.
Dataset load_images(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed);

}  // namespace infoplane
