#include "sweep/cost_model.hpp"

#include <algorithm>

namespace infoplane {

TrialCost trial_cost(const TrialSize& size) {
  constexpr double seconds_per_trial = 2e-3;
  constexpr double seconds_per_step = 30e-6;
  constexpr double seconds_per_layer_and_step = 35e-6;
  constexpr double seconds_per_parameter_and_step = 0.6e-9;  // the optimizer
  constexpr double seconds_per_gradient_number = 1.5e-9;     // mean and deviation, in float64
  constexpr double seconds_per_multiply_add = 0.03e-9;
  constexpr double seconds_per_record_and_layer = 0.2e-3;  // opening what is written
  constexpr double seconds_per_recorded_value = 3e-9;      // copied, looked at, summed up, written
  const auto real = [](std::int64_t n) { return static_cast<double>(n); };

  const bool graph = size.graph_rows > 0;
  const double multiply_adds = real(size.multiply_adds > 0 ? size.multiply_adds : size.parameters);
  const double batch = real(std::max<std::int64_t>(1, std::min(size.batch, size.train_rows)));
  const double steps_per_epoch = graph ? 1.0 : real(size.train_rows) / batch;
  const double rows_per_step = graph ? real(size.graph_rows) : batch;
  const double overhead = seconds_per_step + seconds_per_layer_and_step * real(size.layers);
  const double forward =
      seconds_per_multiply_add * multiply_adds;  // of one row; backward: twice, less for the inputs
  const double statistics = seconds_per_gradient_number * real(size.parameters);

  TrialCost cost;
  cost.start_s = seconds_per_trial;
  cost.training_s = real(size.epochs) * steps_per_epoch *
                    (overhead + seconds_per_parameter_and_step * real(size.parameters) +
                     3 * forward * rows_per_step);
  if (size.batch_gradients)
    cost.gradients_s = real(size.gradient_epochs) * steps_per_epoch * statistics;
  if (size.example_gradients) {
    cost.gradients_s = real(size.gradient_epochs) * real(size.train_rows) *
                       (overhead / 2 + 1.5 * forward * rows_per_step + statistics);
  }
  const double rows_per_record =
      graph ? 2 * real(size.graph_rows) : real(size.recorded_rows + size.evaluated_rows);
  cost.recording_s =
      real(size.recorded_epochs) *
      (overhead + seconds_per_record_and_layer * real(size.layers) + forward * rows_per_record +
       seconds_per_recorded_value * real(size.recorded_rows) * real(size.recorded_values));
  return cost;
}

double trial_cost_s(const TrialSize& size) { return trial_cost(size).total_s(); }

}  // namespace infoplane
