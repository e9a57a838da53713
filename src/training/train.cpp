#include "training/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/random.hpp"
#include "data/dataset.hpp"
#include "training/diverged.hpp"

namespace infoplane {
namespace {

std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network,
                                                        const TrainingSettings& settings) {
  switch (settings.optimizer) {
    case Optimizer::adam:
      return std::make_unique<torch::optim::Adam>(
          network.parameters(),
          torch::optim::AdamOptions(settings.learning_rate).weight_decay(settings.weight_decay));
    case Optimizer::sgd:
      return std::make_unique<torch::optim::SGD>(network.parameters(),
                                                 torch::optim::SGDOptions(settings.learning_rate)
                                                     .momentum(settings.momentum)
                                                     .weight_decay(settings.weight_decay));
  }
  throw InternalError("an optimizer without an implementation");
}

}  // namespace

void train(Network& network, const torch::Tensor& inputs, const torch::Tensor& labels,
           const TrainingSettings& settings, std::uint64_t batch_seed, std::uint64_t layer_seed,
           const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks) {
  torch::manual_seed(layer_seed);
  RandomStream random(batch_seed);
  const auto optimizer = make_optimizer(network, settings);
  const std::int64_t rows = inputs.size(0);
  const std::int64_t batch = std::min(settings.batch, rows);
  auto next_hook = hook_epochs.begin();
  const auto call_hook = [&](std::int64_t epoch) {
    if (next_hook == hook_epochs.end() || *next_hook != epoch) return;
    ++next_hook;
    hooks.at_epoch(epoch);
  };

  network.train();
  call_hook(0);
  for (std::int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    const torch::Tensor order =
        row_index(random_permutation(static_cast<std::size_t>(rows), random));
    const torch::Tensor epoch_inputs = inputs.index_select(0, order);
    const torch::Tensor epoch_labels = labels.index_select(0, order);
    for (std::int64_t begin = 0; begin < rows; begin += batch) {
      const std::int64_t count = std::min(batch, rows - begin);
      const torch::Tensor loss = torch::nn::functional::cross_entropy(
          network.forward(epoch_inputs.narrow(0, begin, count)),
          epoch_labels.narrow(0, begin, count));
      const auto value = loss.item<float>();
      if (!std::isfinite(value)) {
        throw Diverged(
            fmt::format("the loss is {} in epoch {}, batch {}", value, epoch, begin / batch + 1));
      }
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      if (hooks.between_batches) {
        const double epochs_done = static_cast<double>(epoch - 1) +
                                   static_cast<double>(begin + count) / static_cast<double>(rows);
        hooks.between_batches(epochs_done / static_cast<double>(settings.epochs));
      }
    }
    call_hook(epoch);
  }
}

}  // namespace infoplane
