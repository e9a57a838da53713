#include "training/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/errors.hpp"
#include "core/random.hpp"
#include "training/diverged.hpp"
#include "training/evaluate.hpp"
#include "training/learning_rate.hpp"
#include "training/updater.hpp"

namespace infoplane {
namespace {

/// Looks whether losses are finite. Reading a number from a CUDA device waits for all work before
/// it, so there it is done once an epoch.
class LossWatch {
 public:
  void add(const torch::Tensor& loss, std::int64_t epoch) {
    losses_.push_back(loss.detach());
    if (loss.is_cpu()) check(epoch);
  }
  void end_epoch(std::int64_t epoch) {
    check(epoch);
    checked_ = 0;
  }

 private:
  void check(std::int64_t epoch) {
    for (const torch::Tensor& loss : losses_) {
      const auto value = loss.item<float>();
      ++checked_;
      if (!std::isfinite(value)) {
        throw Diverged(fmt::format("the loss is {} in epoch {}, batch {}", value, epoch, checked_));
      }
    }
    losses_.clear();
  }

  std::vector<torch::Tensor> losses_;
  std::int64_t checked_ = 0;  ///< batches of this epoch
};

/// Says when the validation loss has not become lower for too long.
class Patience {
 public:
  explicit Patience(std::int64_t epochs) : patience_(epochs) {}

  bool is_over(double loss) {
    if (loss < best_) {
      best_ = loss;
      waited_ = 0;
    } else {
      ++waited_;
    }
    return waited_ >= patience_;
  }

 private:
  std::int64_t patience_;
  std::int64_t waited_ = 0;
  double best_ = std::numeric_limits<double>::infinity();
};

/// One training: the data on its way through the network, batch by batch.
class Training {
 public:
  Training(Network& network, const Dataset& data, const Split& split,
           const TrainingSettings& settings, std::uint64_t batch_seed, const TrainingHooks& hooks)
      : network_(network),
        data_(data),
        settings_(settings),
        hooks_(hooks),
        random_(batch_seed),
        rows_(row_index(split.train)),
        update_(network, settings) {
    if (network.needs_all_rows()) {
      index_ = rows_.to(data.labels.device());
      target_ = data.labels.index_select(0, index_);
    }
  }

  /// `with_gradients`: whether the hook for gradients is called.
  void run_epoch(std::int64_t epoch, bool with_gradients) {
    epoch_ = epoch;
    with_gradients_ = with_gradients;
    learning_rate_ = learning_rate_of(settings_, epoch);
    if (network_.needs_all_rows()) {
      learn_from(network_.forward(data_.inputs).index_select(0, index_), target_, 1);
    } else {
      run_batches();
    }
    watch_.end_epoch(epoch);
  }

 private:
  void run_batches() {
    const std::int64_t rows = rows_.size(0);
    const torch::Tensor order =
        rows_
            .index_select(0, row_index(random_permutation(static_cast<std::size_t>(rows), random_)))
            .to(data_.labels.device());
    const torch::Tensor target = data_.labels.index_select(0, order);
    const std::int64_t batch = std::min(settings_.batch, rows);
    for (std::int64_t begin = 0; begin < rows; begin += batch) {
      const std::int64_t count = std::min(batch, rows - begin);
      learn_from(network_.forward(data_.inputs.index_select(0, order.narrow(0, begin, count))),
                 target.narrow(0, begin, count),
                 static_cast<double>(begin + count) / static_cast<double>(rows));
    }
  }

  /// `done`: share of the epoch after this step.
  void learn_from(const torch::Tensor& logits, const torch::Tensor& target, double done) {
    if (with_gradients_ && hooks_.on_losses)
      hooks_.on_losses(torch::cross_entropy_loss(logits, target, {}, at::Reduction::None));
    const torch::Tensor loss = torch::cross_entropy_loss(logits, target);
    watch_.add(loss, epoch_);
    loss.backward();
    if (with_gradients_ && hooks_.on_gradient) hooks_.on_gradient();
    update_(learning_rate_);
    if (hooks_.between_batches) {
      hooks_.between_batches((static_cast<double>(epoch_ - 1) + done) /
                             static_cast<double>(settings_.epochs));
    }
  }

  Network& network_;
  const Dataset& data_;
  const TrainingSettings& settings_;
  const TrainingHooks& hooks_;
  RandomStream random_;
  torch::Tensor rows_;            ///< the training rows, on the CPU
  torch::Tensor index_, target_;  ///< for networks that need all rows
  Updater update_;
  LossWatch watch_;
  std::int64_t epoch_ = 0;
  double learning_rate_ = 0;
  bool with_gradients_ = false;
};

}  // namespace

TrainingEnd train(Network& network, const Dataset& data, const Split& split,
                  const TrainingSettings& settings, const TrainingSeeds& seeds,
                  const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks) {
  if (settings.patience > 0 && split.validation.empty())
    throw UsageError("training.patience needs validation rows, and there are none");
  torch::manual_seed(seeds.layers);
  Training training(network, data, split, settings, seeds.batches, hooks);
  Patience patience(settings.patience);
  auto next_hook = hook_epochs.begin();
  const auto is_hooked = [&](std::int64_t epoch) {
    return next_hook != hook_epochs.end() && *next_hook == epoch;
  };
  const auto call_hook = [&](std::int64_t epoch) {
    if (!is_hooked(epoch)) return;
    ++next_hook;
    hooks.at_epoch(epoch);
  };

  network.train();
  call_hook(0);
  for (std::int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    training.run_epoch(epoch, is_hooked(epoch));
    call_hook(epoch);
    if (settings.patience > 0 && epoch < settings.epochs &&
        patience.is_over(evaluate(network, data, split.validation).loss)) {
      return {epoch, true};
    }
  }
  return {settings.epochs, false};
}

}  // namespace infoplane
