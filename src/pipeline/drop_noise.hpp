#pragma once

#include <vector>

#include "core/noise.hpp"
#include "store/run_directory.hpp"

namespace infoplane {

/// Takes the noise away that an estimate was to add to a run and did not finish, with what there
/// is of its estimates; that of the sweep stays. Returns what was taken. One process. Throws
/// InputError when the run is missing, damaged or in use.
std::vector<Noise> drop_unfinished_noise(const RunDirectory& run);

}  // namespace infoplane
