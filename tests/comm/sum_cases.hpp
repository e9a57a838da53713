#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace infoplane::test {

/// What rank `rank` gives for element i: large, of both signs, so that no order of additions could
/// be hidden by rounding, and the sum over a few ranks does not overflow.
inline std::int64_t summand(int rank, std::size_t i) {
  const auto mixed = (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15U *
                     (2 * static_cast<std::uint64_t>(rank) + 1);
  return static_cast<std::int64_t>(mixed) / 16;
}

/// None, one, many up to `largest`; every root.
inline void sums_reach_the_root(const Communicator& comm, std::size_t largest) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, largest}) {
    for (int root = 0; root < comm.size(); ++root) {
      if (size > 1000 && root != comm.size() - 1) continue;
      std::vector<std::int64_t> values(size);
      for (std::size_t i = 0; i < size; ++i) values[i] = summand(comm.rank(), i);
      comm.sum(values, root);
      ASSERT_EQ(values.size(), size);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < size; ++i) {
        std::int64_t expected = comm.rank() == root ? 0 : summand(comm.rank(), i);
        for (int rank = 0; comm.rank() == root && rank < comm.size(); ++rank)
          expected += summand(rank, i);
        wrong += values[i] != expected ? 1 : 0;
      }
      EXPECT_EQ(wrong, 0u) << "of " << size << " values with root " << root << " on rank "
                           << comm.rank();
    }
  }
}

}  // namespace infoplane::test
