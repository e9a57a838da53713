#pragma once

#include "core/errors.hpp"

namespace infoplane {

/// Training left the finite numbers: a result about the trial, not a fault of the program.
class Diverged : public Error {
 public:
  explicit Diverged(const std::string& how) : Error(ExitCode::trials_failed, "diverged: " + how) {}
};

}  // namespace infoplane
