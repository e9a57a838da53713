#pragma once

#include <cstdint>

#include "core/settings.hpp"

namespace infoplane {

/// The learning rate of an epoch, 1 being the first. With r = learning_rate and done = epoch - 1
/// epochs behind it:
///
///   constant   r
///   step       r step_factor^floor(done / step_epochs)
///   cosine     final + (r - final) (1 + cos(pi done / epochs)) / 2     (Loshchilov & Hutter 2017)
///
/// The cosine counts the epochs of the settings, whether or not training stops early.
double learning_rate_of(const TrainingSettings& settings, std::int64_t epoch);

}  // namespace infoplane
