#pragma once

#include <optional>

#include "comm/communicator.hpp"

namespace infoplane::jobs {

/// The seconds this job has, on rank 0: what was asked for, and what SLURM leaves it when it runs
/// in one of its jobs, whichever is less. Infinite without either, and on other ranks.
double time_budget_s(const Communicator& comm, const std::optional<double>& asked_s);

}  // namespace infoplane::jobs
