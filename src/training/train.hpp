#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

#include "core/settings.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"
#include "training/training_state.hpp"

namespace infoplane {

struct TrainingSeeds {
  std::uint64_t batches = 0;  ///< the order of the rows in every epoch
  std::uint64_t layers = 0;  ///< what random layers such as dropout draw: seed of LibTorch's global
                             ///< generator
};

/// Thrown by a hook to end a training where it is; train() lets it pass.
struct StoppedEarly : std::exception {
  const char* what() const noexcept override { return "stopped early"; }
};

struct TrainingHooks {
  /// After `epoch` epochs, for each of the epochs asked for; 0 is before the first step.
  std::function<void(std::int64_t epoch)> at_epoch;
  /// Between mini-batches, with the share of the training that is done: may answer other ranks and
  /// show progress, must not touch the network. May be empty.
  std::function<void(double done)> between_batches;
  /// In the epochs asked for, when the parameters hold the gradient of a mini-batch's loss, before
  /// the step, without the L2 penalty: may read it. May be empty.
  std::function<void()> on_gradient;
  /// In the epochs asked for, with the loss of each example of a mini-batch and the graph that
  /// leads to it, before the step: may differentiate, keeping the graph. May be empty.
  std::function<void(const torch::Tensor& losses)> on_losses = {};
  /// Between mini-batches, after between_batches: may ask for the state of the training and save
  /// it, and may throw StoppedEarly. May be empty.
  std::function<void(const std::function<TrainingState()>& state)> at_pause = {};
};

struct TrainingEnd {
  std::int64_t epochs = 0;  ///< that were trained
  bool early = false;       ///< the validation loss ended it before settings.epochs
};

/// Trains on the rows `split.train` with cross-entropy: in mini-batches, in a new order every
/// epoch; a network that needs all rows computes all of them and learns from the loss of the
/// training rows, one step an epoch. With a patience it ends after so many epochs without a lower
/// loss on `split.validation` (epochs from 1 on count), and keeps the weights it has then.
/// `hook_epochs` increase. Network and data are on one device. `from`: where another training with
/// the same arguments stood; this one goes on from there, with the same bits.
///
/// Throws Diverged when a loss is NaN or infinite, at once, on CUDA devices at the end of the
/// epoch; UsageError when weight_decay_layers names a layer without parameters, there is a
/// patience without validation rows, or `from` is that of another network.
TrainingEnd train(Network& network, const Dataset& data, const Split& split,
                  const TrainingSettings& settings, const TrainingSeeds& seeds,
                  const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks,
                  const TrainingState* from = nullptr);

}  // namespace infoplane
