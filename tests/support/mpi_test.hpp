#pragma once

#include "comm/communicator.hpp"

namespace infoplane::test {

/// All ranks of a distributed test. Every rank runs the same tests in the same order, and no rank
/// starts a test before all have ended the one before.
Communicator world();

}  // namespace infoplane::test
