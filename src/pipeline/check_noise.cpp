#include "pipeline/check_noise.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "core/text.hpp"
#include "estimators/noise/rule.hpp"

namespace infoplane {

void check_noise(const std::vector<Noise>& noise, const std::vector<LayersOfTrial>& trials,
                 const std::function<config::Source(const Noise&)>& where) {
  for (const Noise& entry : noise) {
    const auto refuse = [&](const std::string& why) {
      const bool is_text = entry.kind == Noise::Kind::rule;
      throw config::ConfigError(
          fmt::format("estimate.sigma2 = {0}{1}{0}", is_text ? "\"" : "", to_string(entry)),
          where(entry), why);
    };
    if (entry.kind == Noise::Kind::rule) {
      try {
        make_noise_rule(entry.rule);
      } catch (const std::invalid_argument& error) {
        refuse(error.what());
      }
    }
    if (entry.kind != Noise::Kind::list) continue;
    for (const LayersOfTrial& trial : trials) {
      if (trial.layers.size() == entry.list.size()) continue;
      refuse(fmt::format(
          "a list has one number for each recorded layer: here are {}, trial {} has "
          "{}: {}",
          entry.list.size(), trial.id,
          count_of(static_cast<std::int64_t>(trial.layers.size()), "layer"), join(trial.layers)));
    }
  }
}

}  // namespace infoplane
