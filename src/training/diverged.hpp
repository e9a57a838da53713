#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "core/errors.hpp"

namespace infoplane {

/// Training left the finite numbers: a result about the trial, not a fault of the program.
class Diverged : public Error {
 public:
  explicit Diverged(const std::string& how) : Error(ExitCode::trials_failed, "diverged: " + how) {}

  /// "the loss is nan in epoch 1, batch 2": without the sign of a NaN, which says nothing and is
  /// another one on other processors.
  static Diverged by_loss(double loss, const std::string& where) {
    return Diverged("the loss is " + (std::isnan(loss) ? "nan" : fmt::format("{}", loss)) + where);
  }
};

}  // namespace infoplane
