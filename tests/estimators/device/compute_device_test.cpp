#include "estimators/device/compute_device.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/errors.hpp"

namespace infoplane {
namespace {

using Kind = ComputeDevice::Kind;

TEST(ChooseKind, AutomaticWantsADeviceForEveryRank) {
  EXPECT_EQ(choose_kind(DeviceChoice::automatic, 4, 4), Kind::cuda);
  EXPECT_EQ(choose_kind(DeviceChoice::automatic, 4, 3), Kind::cpu);
  EXPECT_EQ(choose_kind(DeviceChoice::automatic, 1, 0), Kind::cpu);
}

TEST(ChooseKind, CpuIsCpuBesideADevice) {
  EXPECT_EQ(choose_kind(DeviceChoice::cpu, 2, 2), Kind::cpu);
}

TEST(ChooseKind, CudaIsThereOrAnError) {
  EXPECT_EQ(choose_kind(DeviceChoice::cuda, 2, 2), Kind::cuda);
  const auto message = [](int ranks, int with_cuda) -> std::string {
    try {
      choose_kind(DeviceChoice::cuda, ranks, with_cuda);
    } catch (const UsageError& error) {
      EXPECT_EQ(error.code(), ExitCode::usage);
      return error.what();
    }
    return "no error";
  };
  const std::string alone = message(1, 0);
  EXPECT_EQ(alone.rfind("estimate.device = \"cuda\", but LibTorch ", 0), 0U) << alone;
  EXPECT_NE(alone.find(" sees no CUDA device (it was built without CUDA, there is no driver, or "
                       "CUDA_VISIBLE_DEVICES hides the devices): run where there is one, or set "
                       "\"auto\" or \"cpu\""),
            std::string::npos)
      << alone;
  const std::string together = message(4, 3);
  EXPECT_NE(together.find(" sees no CUDA device on 1 of 4 ranks (it"), std::string::npos)
      << together;
}

TEST(DeviceOfRank, RanksOfANodeGoRoundItsDevices) {
  for (int rank = 0; rank < 5; ++rank) {
    const ComputeDevice device = device_of_rank(Kind::cuda, rank, 2);
    EXPECT_EQ(device.kind, Kind::cuda);
    EXPECT_EQ(device.index, rank % 2);
  }
  EXPECT_EQ(to_string(device_of_rank(Kind::cuda, 3, 4)), "cuda:3");
  EXPECT_EQ(to_string(device_of_rank(Kind::cpu, 3, 4)), "cpu");
}

/// Takes the variables of all launchers away and gives them back.
class LocalRank : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : names) {
      if (const char* value = std::getenv(name)) before_.emplace_back(name, value);
      unsetenv(name);
    }
  }
  void TearDown() override {
    for (const char* name : names) unsetenv(name);
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }

  static constexpr const char* names[] = {"OMPI_COMM_WORLD_LOCAL_RANK",
                                          "MV2_COMM_WORLD_LOCAL_RANK",
                                          "MPI_LOCALRANKID",
                                          "PMI_LOCAL_RANK",
                                          "PALS_LOCAL_RANKID",
                                          "SLURM_LOCALID"};

 private:
  std::vector<std::pair<std::string, std::string>> before_;
};

TEST_F(LocalRank, IsZeroWithoutALauncher) { EXPECT_EQ(local_rank(), 0); }

TEST_F(LocalRank, IsSaidByEveryLauncher) {
  int rank = 2;
  for (const char* name : names) {
    setenv(name, std::to_string(++rank).c_str(), 1);
    EXPECT_EQ(local_rank(), rank) << name;
    unsetenv(name);
  }
}

TEST_F(LocalRank, IsThatOfMpirunInsideABatchJob) {
  setenv("SLURM_LOCALID", "0", 1);
  setenv("OMPI_COMM_WORLD_LOCAL_RANK", "5", 1);
  EXPECT_EQ(local_rank(), 5);
}

TEST_F(LocalRank, PassesOverWhatIsNoNumber) {
  setenv("OMPI_COMM_WORLD_LOCAL_RANK", "", 1);
  setenv("PMI_LOCAL_RANK", "-1", 1);
  setenv("PALS_LOCAL_RANKID", "1x", 1);
  setenv("SLURM_LOCALID", "7", 1);
  EXPECT_EQ(local_rank(), 7);
}

}  // namespace
}  // namespace infoplane
