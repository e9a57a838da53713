#pragma once

#include "comm/communicator.hpp"
#include "jobs/commands.hpp"
#include "pipeline/predict.hpp"
#include "pipeline/run_plan.hpp"

namespace infoplane::jobs {

/// The work of the plan as the cost model has it or, when the command says so, as a calibration
/// finds it: then called on every rank, which all measure at the same time.
ForeseenWork foresee(const RunPlan& plan, const PlanCommand& command, const Communicator& comm);

/// The table of `plan --ranks`, on stdout.
void print_forecast(const ForeseenWork& work, const PlanCommand& command);

}  // namespace infoplane::jobs
