#pragma once

#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "comm/communicator.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"

namespace infoplane {

/// Runs what ranks do each on their own. An error there cannot be met by the others, who would wait
/// for ever: it is reported with the rank and the whole group is ended (on one rank alone the
/// exception passes through). It must not unwind further up, where files are closed together.
/// `last_words` is told the error before the group ends.
template <class Work>
void alone_or_abort(const Communicator& comm,
                    const std::function<void(const std::string&)>& last_words, Work&& work) {
  if (comm.size() == 1) {
    work();
    return;
  }
  const auto end_group = [&](ExitCode code, const char* what) {
    log_error("rank {}: {}", comm.rank(), what);
    if (last_words) last_words(what);
    comm.abort(static_cast<int>(code));
  };
  try {
    work();
  } catch (const Error& error) {
    end_group(error.code(), error.what());
  } catch (const std::exception& error) {
    end_group(ExitCode::internal_failure, error.what());
  }
}

template <class Work>
void alone_or_abort(const Communicator& comm, Work&& work) {
  alone_or_abort(comm, {}, std::forward<Work>(work));
}

}  // namespace infoplane
