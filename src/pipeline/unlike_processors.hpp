#pragma once

#include <string>

#include "comm/communicator.hpp"

// Internal to the room.

namespace infoplane {

/// Collective. Warns where ranks have other vector code than rank 0, for then the last bits of an
/// estimate depend on who makes it. Returns how many have, on every rank.
int warn_of_unlike_processors(const Communicator& comm);
/// The same of what each rank says it has.
int warn_of_unlike_processors(const Communicator& comm, const std::string& vector_code);

}  // namespace infoplane
