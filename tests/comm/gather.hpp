#pragma once

#include <vector>

#include "comm/serialized.hpp"

namespace infoplane::test {

/// Collective: what each rank gave, by rank.
template <class T>
std::vector<T> from_each_rank(const Communicator& comm, const T& mine) {
  std::vector<T> all;
  for (int rank = 0; rank < comm.size(); ++rank) {
    T value = mine;
    broadcast(comm, value, rank);
    all.push_back(value);
  }
  return all;
}

}  // namespace infoplane::test
