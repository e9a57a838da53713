#include "pipeline/agree_device.hpp"

#include <cstdint>
#include <vector>

#include "comm/serialized.hpp"
#include "core/log.hpp"

namespace infoplane {

ComputeDevice agree_device(const Communicator& comm, DeviceChoice choice) {
  if (choice == DeviceChoice::cpu) return {};  // LibTorch need not look for devices
  return agree_device(comm, choice, visible_cuda_devices(), local_rank());
}

ComputeDevice agree_device(const Communicator& comm, DeviceChoice choice, int visible,
                           int rank_on_node) {
  std::vector<std::int64_t> with_cuda{visible > 0 ? 1 : 0};
  comm.sum(with_cuda);
  bool cuda = false;
  on_root(comm, [&] {
    const auto ranks_with_cuda = static_cast<int>(with_cuda[0]);
    cuda = choose_kind(choice, comm.size(), ranks_with_cuda) == ComputeDevice::Kind::cuda;
    if (cuda) {
      log_info("estimating on CUDA devices");
    } else if (choice == DeviceChoice::automatic && ranks_with_cuda > 0) {
      log_warning("{} of {} ranks see no CUDA device: all estimate on the CPU",
                  comm.size() - ranks_with_cuda, comm.size());
    }
  });
  broadcast(comm, cuda);
  return device_of_rank(cuda ? ComputeDevice::Kind::cuda : ComputeDevice::Kind::cpu, rank_on_node,
                        visible);
}

}  // namespace infoplane
