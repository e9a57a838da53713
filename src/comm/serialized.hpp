#pragma once

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/errors.hpp"

namespace infoplane {

/// Collective: `value` of the root replaces `value` everywhere. Anything Boost.Serialization can
/// write.
template <class T>
void broadcast(const Communicator& comm, T& value, int root = 0) {
  if (comm.size() == 1) return;
  std::vector<char> bytes;
  if (comm.rank() == root) {
    std::ostringstream stream;
    boost::archive::binary_oarchive(stream, boost::archive::no_header) << value;
    const std::string text = stream.str();
    bytes.assign(text.begin(), text.end());
  }
  comm.broadcast(bytes, root);
  if (comm.rank() != root) {
    std::istringstream stream(std::string(bytes.begin(), bytes.end()));
    boost::archive::binary_iarchive(stream, boost::archive::no_header) >> value;
  }
}

/// Collective: runs `work` on rank 0 alone. An Error it throws is thrown on every rank, so that all
/// leave the same way and none waits for the others.
template <class Work>
void on_root(const Communicator& comm, Work&& work) {
  std::pair<int, std::string> failure{0, ""};
  if (comm.is_root()) {
    try {
      work();
    } catch (const Error& error) {
      failure = {static_cast<int>(error.code()), error.what()};
    } catch (const std::exception& error) {
      failure = {static_cast<int>(ExitCode::internal_failure), error.what()};
    }
  }
  broadcast(comm, failure);
  if (failure.first != 0) throw Error(static_cast<ExitCode>(failure.first), failure.second);
}

}  // namespace infoplane
