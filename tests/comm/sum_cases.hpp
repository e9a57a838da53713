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

/// Bounds of parts of all sizes, none among them, that have `size` values together.
inline std::vector<std::size_t> uneven_bounds(std::size_t ranks, std::size_t size) {
  std::vector<std::size_t> bounds{0};
  for (std::size_t r = 0; r + 1 < ranks; ++r) {
    const std::size_t left = size - bounds.back();
    bounds.push_back(bounds.back() + (r % 3 == 1 ? 0 : left * (r % 3 + 1) / 4));
  }
  bounds.push_back(size);
  return bounds;
}

/// Every rank has the sums of its own part, and nothing else was touched.
inline void sums_of_parts_reach_their_ranks(const Communicator& comm, std::size_t largest) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const auto me = static_cast<std::size_t>(comm.rank());
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, largest}) {
    const std::vector<std::size_t> bounds = uneven_bounds(ranks, size);
    std::vector<std::int64_t> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = summand(comm.rank(), i);
    comm.sum_parts(values, bounds);
    ASSERT_EQ(values.size(), size);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const bool mine = bounds[me] <= i && i < bounds[me + 1];
      std::int64_t expected = mine ? 0 : summand(comm.rank(), i);
      for (int rank = 0; mine && rank < comm.size(); ++rank) expected += summand(rank, i);
      wrong += values[i] != expected ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0u) << "of " << size << " values on rank " << comm.rank();
  }
}

/// Every rank has the parts of all.
inline void parts_are_gathered_everywhere(const Communicator& comm, std::size_t largest) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const auto me = static_cast<std::size_t>(comm.rank());
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, largest}) {
    const std::vector<std::size_t> bounds = uneven_bounds(ranks, size);
    std::vector<double> values(size, -1);
    for (std::size_t i = bounds[me]; i < bounds[me + 1]; ++i) {
      values[i] = 1.0 / static_cast<double>(i + 1);
    }
    comm.gather_parts(values, bounds);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < size; ++i) {
      wrong += values[i] != 1.0 / static_cast<double>(i + 1) ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0u) << "of " << size << " values on rank " << comm.rank();
  }
}

}  // namespace infoplane::test
