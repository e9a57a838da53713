#include "sweep/cost_model.hpp"

#include <algorithm>

namespace infoplane {

double trial_cost_s(const TrialSize& size) {
  constexpr double seconds_per_step = 30e-6;
  constexpr double seconds_per_layer_and_step = 35e-6;
  constexpr double seconds_per_parameter_and_step = 0.6e-9;  // the optimizer
  constexpr double seconds_per_multiply_add = 0.05e-9;
  const auto real = [](std::int64_t n) { return static_cast<double>(n); };
  const double batch = real(std::max<std::int64_t>(1, std::min(size.batch, size.train_rows)));
  const double steps = real(size.epochs) * (real(size.train_rows) / batch);
  const double per_step = seconds_per_step + seconds_per_layer_and_step * real(size.layers) +
                          seconds_per_parameter_and_step * real(size.parameters) +
                          3 * seconds_per_multiply_add * batch * real(size.parameters);
  const double per_record = seconds_per_step + seconds_per_multiply_add * 2 *
                                                   real(size.recorded_rows + size.train_rows) *
                                                   real(size.parameters);
  return 1e-3 + steps * per_step + real(size.recorded_epochs) * per_record;
}

}  // namespace infoplane
