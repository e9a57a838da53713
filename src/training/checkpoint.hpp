#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/gradient_statistics.hpp"
#include "training/training_state.hpp"

namespace infoplane {

/// All that a trial needs to go on where it was saved.
struct TrialCheckpoint {
  TrainingState training;
  GradientStatistics::State gradients;
  std::uint64_t recorded = 0;             ///< epochs whose snapshots are written
  std::vector<std::uint64_t> slab_parts;  ///< checksums of those snapshots, [epoch][layer]
  double seconds = 0;                     ///< spent on the trial so far
};

/// As bytes: numbers by Boost.Serialization, tensors as a LibTorch archive. Tensors come back on
/// the CPU.
std::string encode(const TrialCheckpoint& checkpoint);

/// Throws InputError when the bytes are not what encode() gives. They are trusted beyond that: who
/// reads them from a disk compares a checksum first (store/checkpoint_files.hpp).
TrialCheckpoint decode_checkpoint(const std::string& bytes);

}  // namespace infoplane
