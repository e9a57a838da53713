#pragma once

#include <string>

#include "core/settings.hpp"

namespace infoplane {

/// Where estimates are computed.
struct ComputeDevice {
  enum class Kind { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;  ///< of the CUDA devices this process sees
};

/// "cpu", "cuda": decides the last bits of a result.
std::string name_of(ComputeDevice::Kind kind);
/// "cpu", "cuda:1"
std::string to_string(const ComputeDevice& device);

/// How many CUDA devices LibTorch sees in this process; 0 where this program was built with a
/// LibTorch without CUDA.
int visible_cuda_devices();

/// The number of this process among those of its node, as the launcher says it in the environment:
/// OMPI_COMM_WORLD_LOCAL_RANK (Open MPI), MV2_COMM_WORLD_LOCAL_RANK (MVAPICH2), MPI_LOCALRANKID
/// (MPICH, Intel MPI), PMI_LOCAL_RANK, PALS_LOCAL_RANKID (Cray), SLURM_LOCALID (srun). 0 when none
/// is set.
int local_rank();

/// What `ranks` processes compute on when `ranks_with_cuda` of them see a CUDA device: one kind for
/// all, or who estimated what would show in the last bits. Throws UsageError when CUDA was asked
/// for and is not everywhere.
ComputeDevice::Kind choose_kind(DeviceChoice choice, int ranks, int ranks_with_cuda);

/// The device of one rank: the ranks of a node go round the devices they see. With 2 devices ranks
/// 0, 1, 2, 3 get 0, 1, 0, 1. `visible` >= 1 for CUDA.
ComputeDevice device_of_rank(ComputeDevice::Kind kind, int rank_on_node, int visible);

}  // namespace infoplane
