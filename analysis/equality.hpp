#pragma once

#include <string>
#include <vector>

#include "store/run_directory.hpp"

namespace infoplane {

/// Where two runs differ, as sentences; none when they have the same bits: settings, states,
/// metrics, estimates and, where both runs still have them, activations. Times, hosts, ranks and
/// the number of attempts are no part of it. At most `most` sentences.
std::vector<std::string> run_differences(const RunDirectory& a, const RunDirectory& b,
                                         std::size_t most = 10);

/// What is wrong with one run, as sentences: slabs that do not have the checksum of their ledger
/// entry, estimates above their ceilings (I(X;T) > log2 N, I(T;Y) > H(Y)), finished trials without
/// estimates, results without a checksum.
std::vector<std::string> run_defects(const RunDirectory& run, std::size_t most = 10);

}  // namespace infoplane
