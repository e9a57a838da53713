#pragma once

#include "comm/communicator.hpp"
#include "core/settings.hpp"
#include "estimators/device/compute_device.hpp"

// Internal to the room.

namespace infoplane {

/// Collective: what each rank estimates on. The kind is the same for all, as it decides the last
/// bits; the ranks of a node share its CUDA devices. "auto" on ranks of which only some see a
/// device means the CPU, with a warning. Throws UsageError where CUDA was asked for and is not.
ComputeDevice agree_device(const Communicator& comm, DeviceChoice choice);

/// The same for a rank that sees `visible` CUDA devices and has the number `rank_on_node` on its
/// node.
ComputeDevice agree_device(const Communicator& comm, DeviceChoice choice, int visible,
                           int rank_on_node);

}  // namespace infoplane
