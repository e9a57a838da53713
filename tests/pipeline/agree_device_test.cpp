#include "pipeline/agree_device.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/errors.hpp"
#include "support/mpi_test.hpp"

namespace infoplane {
namespace {

using Kind = ComputeDevice::Kind;

TEST(AgreeDevice, RanksGoRoundTheDevicesTheySee) {
  const Communicator& comm = test::world();
  for (const DeviceChoice choice : {DeviceChoice::automatic, DeviceChoice::cuda}) {
    const ComputeDevice device = agree_device(comm, choice, 2, comm.rank());
    EXPECT_EQ(device.kind, Kind::cuda);
    EXPECT_EQ(device.index, comm.rank() % 2);
  }
}

TEST(AgreeDevice, OneRankWithoutADeviceTakesAllToTheCpu) {
  const Communicator& comm = test::world();
  const int visible = comm.rank() == comm.size() - 1 ? 0 : 3;
  EXPECT_EQ(agree_device(comm, DeviceChoice::automatic, visible, comm.rank()).kind, Kind::cpu);
}

TEST(AgreeDevice, OneRankWithoutTheDeviceAskedForIsAnErrorOnAll) {
  const Communicator& comm = test::world();
  const int visible = comm.rank() == comm.size() - 1 ? 0 : 3;
  try {
    agree_device(comm, DeviceChoice::cuda, visible, comm.rank());
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    const std::string who =
        comm.size() == 1 ? "no CUDA device (" : "on 1 of " + std::to_string(comm.size()) + " ranks";
    EXPECT_NE(std::string(error.what()).find(who), std::string::npos) << error.what();
  }
}

TEST(AgreeDevice, TheCpuNeedsNoDevice) {
  EXPECT_EQ(agree_device(test::world(), DeviceChoice::cpu).kind, Kind::cpu);
}

}  // namespace
}  // namespace infoplane
