#include "pipeline/cores_of_ranks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "support/mpi_test.hpp"

namespace infoplane {
namespace {

TEST(CoresOfRanks, OneRankWithTooFewEndsAll) {
  const Communicator& comm = test::world();
  require_cores(comm, 2, 2);
  require_cores(comm, 1, 1);
  const int last = comm.size() - 1;
  try {
    require_cores(comm, 3, comm.rank() == last ? 2 : 3);
    FAIL() << "rank " << comm.rank() << " went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    const std::string what = error.what();
    EXPECT_NE(what.find(fmt::format("1 of {} rank", comm.size())), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace infoplane
