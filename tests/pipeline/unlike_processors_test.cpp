#include "pipeline/unlike_processors.hpp"

#include <gtest/gtest.h>

#include "support/mpi_test.hpp"

namespace infoplane {
namespace {

TEST(UnlikeProcessors, AllRanksLearnHowManyThereAre) {
  const Communicator& comm = test::world();
  EXPECT_EQ(warn_of_unlike_processors(comm, "avx2"), 0);
  EXPECT_EQ(warn_of_unlike_processors(comm, comm.rank() == 1 ? "avx512" : "avx2"),
            comm.size() > 1 ? 1 : 0);
  EXPECT_EQ(warn_of_unlike_processors(comm, comm.is_root() ? "avx512+amx" : "avx512"),
            comm.size() - 1);
}

}  // namespace
}  // namespace infoplane
