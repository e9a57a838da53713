#pragma once

#include <cstdint>

namespace infoplane {

/// What decides how long a trial trains.
struct TrialSize {
  std::int64_t epochs = 0;
  std::int64_t train_rows = 0;
  std::int64_t batch = 0;
  std::int64_t layers = 0;
  std::int64_t parameters = 0;
  std::int64_t recorded_epochs = 0;
  std::int64_t recorded_rows = 0;
};

/// Predicted seconds on one core: a fixed cost per step and layer, which is most of it for small
/// networks, and the arithmetic. Good for ordering trials and for a progress bar.
double trial_cost_s(const TrialSize& size);

}  // namespace infoplane
