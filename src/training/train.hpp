#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/settings.hpp"
#include "models/network.hpp"
#include "training/examples.hpp"

namespace infoplane {

struct TrainingHooks {
  /// After `epoch` epochs, for each of the epochs asked for; 0 is before the first step.
  std::function<void(std::int64_t epoch)> at_epoch;
  /// Between mini-batches, with the share of the training that is done: may answer other ranks and
  /// show progress, must not touch the network. May be empty.
  std::function<void(double done)> between_batches;
};

/// Trains with mini-batches and cross-entropy; networks on graphs with all examples at once.
/// `batch_seed` decides the order of the rows in every epoch, `layer_seed` what random layers such
/// as dropout draw (LibTorch's global generator is seeded with it). `hook_epochs` increase. Throws
/// Diverged when a loss is NaN or infinite, at once.
void train(Network& network, const Examples& examples, const TrainingSettings& settings,
           std::uint64_t batch_seed, std::uint64_t layer_seed,
           const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks);

}  // namespace infoplane
