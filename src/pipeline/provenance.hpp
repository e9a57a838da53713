#pragma once

#include <string>

#include "comm/communicator.hpp"
#include "config/sweep_file.hpp"
#include "estimators/device/compute_device.hpp"
#include "store/run_layout.hpp"

namespace infoplane {

/// What every file of a run says about where it comes from. Threads per rank belong to it because
/// they decide the last bits, and so does what estimates are computed on.
Provenance provenance_of(const config::SweepFile& sweep, const Communicator& comm, int threads,
                         ComputeDevice::Kind device = ComputeDevice::Kind::cpu);

/// What the attribute `plugins` says where there are none.
constexpr const char* no_plugins = "none";

/// The versions of the libraries in use, one per entry.
Provenance library_versions();

/// "2026-01-31T12:00:00Z"
std::string utc_time();

/// "mpirun -n 2 on node17": who does the work just now, for histories.
std::string workers(const Communicator& comm);

/// Adds a line to the attribute `history`.
void append_history(Provenance& provenance, const std::string& what, const Communicator& comm);

}  // namespace infoplane
