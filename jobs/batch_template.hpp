#pragma once

namespace infoplane::jobs {

/// The text of slurm/job.sh.
extern const char* const batch_template;

}  // namespace infoplane::jobs
