#include "training/learning_rate.hpp"

#include <cmath>

#include "core/errors.hpp"

namespace infoplane {

double learning_rate_of(const TrainingSettings& settings, std::int64_t epoch) {
  const std::int64_t done = epoch - 1;
  switch (settings.schedule) {
    case LearningRateSchedule::constant:
      return settings.learning_rate;
    case LearningRateSchedule::step:
      return settings.learning_rate *
             std::pow(settings.step_factor, static_cast<double>(done / settings.step_epochs));
    case LearningRateSchedule::cosine: {
      const double pi = std::acos(-1.0);
      const double share = static_cast<double>(done) / static_cast<double>(settings.epochs);
      return settings.final_learning_rate +
             (settings.learning_rate - settings.final_learning_rate) * (1 + std::cos(pi * share)) /
                 2;
    }
  }
  throw InternalError("a schedule of the learning rate without a formula");
}

}  // namespace infoplane
