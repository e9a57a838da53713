#pragma once

#include "comm/stop_request.hpp"

namespace infoplane {

class JobStatus;

/// How a job goes about a run; decides nothing about what comes out.
struct JobControl {
  StopRequest* stop = nullptr;     ///< nullptr: never ends early; has to outlive the job
  double checkpoint_every_s = 60;  ///< between two checkpoints of a trial
  bool extend = false;             ///< whether trials of a larger grid are added to a run
  bool retry = false;              ///< whether failed and quarantined trials are trained again
  JobStatus* status = nullptr;     ///< is told what happens; run_sweep and estimate_run make one
};

}  // namespace infoplane
