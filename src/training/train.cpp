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

torch::optim::SGDOptions sgd_options(const TrainingSettings& settings, double weight_decay) {
  return torch::optim::SGDOptions(settings.learning_rate)
      .momentum(settings.momentum)
      .weight_decay(weight_decay);
}

std::unique_ptr<torch::optim::OptimizerOptions> options(const TrainingSettings& settings,
                                                        double weight_decay) {
  if (settings.optimizer == Optimizer::sgd)
    return std::make_unique<torch::optim::SGDOptions>(sgd_options(settings, weight_decay));
  return std::make_unique<torch::optim::AdamOptions>(
      torch::optim::AdamOptions(settings.learning_rate).weight_decay(weight_decay));
}

/// Parameters by whether their layer has the L2 penalty.
std::vector<torch::optim::OptimizerParamGroup> with_and_without_decay(
    const Network& network, const TrainingSettings& settings) {
  std::vector<torch::Tensor> with;
  std::vector<torch::Tensor> without;
  const std::vector<std::string>& layers = settings.weight_decay_layers;
  for (const auto& entry : network.named_parameters()) {
    const std::string layer = entry.key().substr(0, entry.key().find('.'));
    const bool decays =
        layers.empty() || std::find(layers.begin(), layers.end(), layer) != layers.end();
    (decays ? with : without).push_back(entry.value());
  }
  std::vector<torch::optim::OptimizerParamGroup> groups;
  if (!with.empty()) groups.emplace_back(with, options(settings, settings.weight_decay));
  if (!without.empty()) groups.emplace_back(without, options(settings, 0));
  return groups;
}

/// The learning rate of `epoch`, counted from 1.
double learning_rate(const TrainingSettings& settings, std::int64_t epoch) {
  const double first = settings.learning_rate;
  const double done = static_cast<double>(epoch - 1);
  switch (settings.schedule) {
    case LearningRateSchedule::constant:
      return first;
    case LearningRateSchedule::step:
      return first * std::pow(settings.step_factor,
                              std::floor(done / static_cast<double>(settings.step_epochs)));
    case LearningRateSchedule::cosine: {
      constexpr double pi = 3.14159265358979323846;
      const double last = settings.final_learning_rate;
      return last + 0.5 * (first - last) *
                        (1 + std::cos(pi * done / static_cast<double>(settings.epochs)));
    }
  }
  throw InternalError("a schedule without a formula");
}

void set_learning_rate(torch::optim::Optimizer& optimizer, double rate) {
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups())
    group.options().set_lr(rate);
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network,
                                                        const TrainingSettings& settings) {
  const std::vector<torch::optim::OptimizerParamGroup> groups =
      with_and_without_decay(network, settings);
  switch (settings.optimizer) {
    case Optimizer::adam:
      return std::make_unique<torch::optim::Adam>(
          groups, torch::optim::AdamOptions(settings.learning_rate));
    case Optimizer::sgd:
      return std::make_unique<torch::optim::SGD>(groups, sgd_options(settings, 0));
  }
  throw InternalError("an optimizer without an implementation");
}

}  // namespace

void train(Network& network, const Examples& examples, const TrainingSettings& settings,
           std::uint64_t batch_seed, std::uint64_t layer_seed,
           const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks) {
  torch::manual_seed(layer_seed);
  RandomStream random(batch_seed);
  const auto optimizer = make_optimizer(network, settings);
  const std::int64_t rows = examples.size();
  const bool all_at_once = examples.chosen.defined();
  const std::int64_t batch = all_at_once ? rows : std::min(settings.batch, rows);
  auto next_hook = hook_epochs.begin();
  const auto call_hook = [&](std::int64_t epoch) {
    if (next_hook == hook_epochs.end() || *next_hook != epoch) return;
    ++next_hook;
    hooks.at_epoch(epoch);
  };

  network.train();
  call_hook(0);
  for (std::int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    set_learning_rate(*optimizer, learning_rate(settings, epoch));
    torch::Tensor epoch_inputs = examples.inputs;
    torch::Tensor epoch_labels = examples.labels;
    if (!all_at_once) {
      const torch::Tensor order =
          row_index(random_permutation(static_cast<std::size_t>(rows), random));
      epoch_inputs = epoch_inputs.index_select(0, order);
      epoch_labels = epoch_labels.index_select(0, order);
    }
    for (std::int64_t begin = 0; begin < rows; begin += batch) {
      const std::int64_t count = std::min(batch, rows - begin);
      const torch::Tensor logits =
          all_at_once ? network.forward(epoch_inputs).index_select(0, examples.chosen)
                      : network.forward(epoch_inputs.narrow(0, begin, count));
      const torch::Tensor loss =
          torch::nn::functional::cross_entropy(logits, epoch_labels.narrow(0, begin, count));
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
