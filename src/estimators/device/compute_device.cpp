#include "estimators/device/compute_device.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "core/errors.hpp"
#include "estimators/device/pair_sums.hpp"

namespace infoplane {

std::string name_of(ComputeDevice::Kind kind) {
  return kind == ComputeDevice::Kind::cuda ? "cuda" : "cpu";
}

std::string to_string(const ComputeDevice& device) {
  return device.kind == ComputeDevice::Kind::cuda ? fmt::format("cuda:{}", device.index) : "cpu";
}

int visible_cuda_devices() {
  return detail::has_cuda_kernels() && torch::cuda::is_available()
             ? static_cast<int>(torch::cuda::device_count())
             : 0;
}

int local_rank() {
  // SLURM_LOCALID comes last: under mpirun in a batch job every process inherits that of the
  // script.
  for (const char* name :
       {"OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID",
        "PMI_LOCAL_RANK", "PALS_LOCAL_RANKID", "SLURM_LOCALID"}) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    int rank = 0;
    const char* const end = text + std::strlen(text);
    const auto [read_to, error] = std::from_chars(text, end, rank);
    if (error == std::errc() && read_to == end && rank >= 0) return rank;
  }
  return 0;
}

ComputeDevice::Kind choose_kind(DeviceChoice choice, int ranks, int ranks_with_cuda) {
  if (choice == DeviceChoice::cuda && ranks_with_cuda < ranks) {
    const std::string who =
        ranks == 1 ? "" : fmt::format(" on {} of {} ranks", ranks - ranks_with_cuda, ranks);
    throw UsageError(fmt::format(
        "estimate.device = \"cuda\", but LibTorch {} sees no CUDA device{} (it was built without "
        "CUDA, there is no driver, or CUDA_VISIBLE_DEVICES hides the devices): run where there is "
        "one, or set \"auto\" or \"cpu\"",
        TORCH_VERSION, who));
  }
  return choice != DeviceChoice::cpu && ranks_with_cuda == ranks ? ComputeDevice::Kind::cuda
                                                                 : ComputeDevice::Kind::cpu;
}

ComputeDevice device_of_rank(ComputeDevice::Kind kind, int rank_on_node, int visible) {
  if (kind == ComputeDevice::Kind::cpu) return {};
  INFOPLANE_EXPECT(rank_on_node >= 0 && visible >= 1);
  return {kind, rank_on_node % visible};
}

}  // namespace infoplane
