#include "pipeline/unlike_processors.hpp"

#include <cstdint>
#include <vector>

#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "estimators/pairwise.hpp"

namespace infoplane {

int warn_of_unlike_processors(const Communicator& comm) {
  return warn_of_unlike_processors(comm, pairwise_vector_code());
}

int warn_of_unlike_processors(const Communicator& comm, const std::string& vector_code) {
  std::string of_root = vector_code;
  broadcast(comm, of_root);
  std::vector<std::int64_t> unlike{vector_code == of_root ? 0 : 1};
  comm.sum(unlike);
  auto count = static_cast<int>(unlike[0]);
  broadcast(comm, count);
  if (comm.is_root() && count > 0) {
    log_warning(
        "{} of {} ranks run on processors of another kind than rank 0's ({}): the last bits of an "
        "estimate depend on which rank makes it (ask for nodes of one kind to have the same ones "
        "every time)",
        count, comm.size(), of_root);
  }
  return count;
}

}  // namespace infoplane
