#pragma once

#include "pipeline/calibrate.hpp"

// Internal to the room.

namespace infoplane {

/// Processor seconds of this thread so far.
double thread_seconds();

/// Measures the parts of one trial for about `budget_s` seconds. Writes nothing.
/// Throws NetworkError, with its kind, when the network fails.
CalibratedTrial measure_trial(const RunPlan& plan, std::size_t trial, double budget_s);

}  // namespace infoplane
