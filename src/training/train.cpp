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
  /// All batches of the epoch so far have been looked at; where this waits for the device, so be
  /// it.
  std::int64_t look_now(std::int64_t epoch) {
    check(epoch);
    return checked_;
  }
  void go_to(std::int64_t batches) { checked_ = batches; }

 private:
  void check(std::int64_t epoch) {
    for (const torch::Tensor& loss : losses_) {
      const auto value = loss.item<float>();
      ++checked_;
      if (!std::isfinite(value)) {
        throw Diverged::by_loss(value, fmt::format(" in epoch {}, batch {}", epoch, checked_));
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

  std::int64_t waited() const { return waited_; }
  double best() const { return best_; }
  void go_to(std::int64_t waited, double best) {
    waited_ = waited;
    best_ = best;
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
        update_(network, settings),
        patience_(settings.patience) {
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
    epoch_start_ = random_.state();
    if (network_.needs_all_rows()) {
      if (row_ == 0) {
        row_ = rows_.size(0);
        learn_from(network_.forward(data_.inputs).index_select(0, index_), target_, 1);
      }
    } else {
      run_batches();
    }
    watch_.end_epoch(epoch);
    row_ = 0;
  }

  bool is_out_of_patience(double loss) { return patience_.is_over(loss); }

  /// The epochs that were recorded, as the one who calls the hooks counts them.
  std::int64_t next_hook = 0;

  TrainingState state() {
    TrainingState state;
    state.batches = watch_.look_now(epoch_);
    state.epoch = epoch_;
    state.row = row_;
    state.epoch_start = epoch_start_;
    state.next_hook = next_hook;
    state.steps = update_.steps();
    state.waited = patience_.waited();
    state.best_loss = patience_.best();
    state.weights = weights_and_buffers(network_);
    state.moments = update_.moments();
    state.generator = generator_state(torch::kCPU);
    if (!data_.labels.is_cpu()) state.device_generator = generator_state(data_.labels.device());
    return state;
  }

  /// Returns the epoch to go on with.
  std::int64_t go_to(const TrainingState& state) {
    copy_tensors(state.weights, weights_and_buffers(network_), "the saved weights");
    copy_tensors(state.moments, update_.moments(), "the saved moments of the optimizer");
    update_.set_steps(state.steps);
    patience_.go_to(state.waited, state.best_loss);
    watch_.go_to(state.batches);
    random_.go_to(state.epoch_start);
    row_ = state.row;
    next_hook = state.next_hook;
    set_generator_state(torch::kCPU, state.generator);
    if (!data_.labels.is_cpu() && state.device_generator.defined())
      set_generator_state(data_.labels.device(), state.device_generator);
    return state.epoch;
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
    for (std::int64_t begin = row_; begin < rows; begin += batch) {
      const std::int64_t count = std::min(batch, rows - begin);
      row_ = begin + count;
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
    if (hooks_.at_pause) hooks_.at_pause([this] { return state(); });
  }

  Network& network_;
  const Dataset& data_;
  const TrainingSettings& settings_;
  const TrainingHooks& hooks_;
  RandomStream random_;
  torch::Tensor rows_;            ///< the training rows, on the CPU
  torch::Tensor index_, target_;  ///< for networks that need all rows
  Updater update_;
  Patience patience_;
  LossWatch watch_;
  std::int64_t epoch_ = 0;
  std::int64_t row_ = 0;  ///< rows of this epoch's order that it has learned from
  RandomStream::State epoch_start_{};
  double learning_rate_ = 0;
  bool with_gradients_ = false;
};

}  // namespace

TrainingEnd train(Network& network, const Dataset& data, const Split& split,
                  const TrainingSettings& settings, const TrainingSeeds& seeds,
                  const std::vector<std::int64_t>& hook_epochs, const TrainingHooks& hooks,
                  const TrainingState* from) {
  if (settings.patience > 0 && split.validation.empty())
    throw UsageError("training.patience needs validation rows, and there are none");
  torch::manual_seed(seeds.layers);
  Training training(network, data, split, settings, seeds.batches, hooks);
  const auto is_hooked = [&](std::int64_t epoch) {
    const auto next = static_cast<std::size_t>(training.next_hook);
    return next < hook_epochs.size() && hook_epochs[next] == epoch;
  };
  const auto call_hook = [&](std::int64_t epoch) {
    if (!is_hooked(epoch)) return;
    ++training.next_hook;
    hooks.at_epoch(epoch);
  };

  network.train();
  std::int64_t first = 1;
  if (from == nullptr) {
    call_hook(0);
  } else {
    first = training.go_to(*from);
  }
  for (std::int64_t epoch = first; epoch <= settings.epochs; ++epoch) {
    training.run_epoch(epoch, is_hooked(epoch));
    call_hook(epoch);
    if (settings.patience > 0 && epoch < settings.epochs &&
        training.is_out_of_patience(evaluate(network, data, split.validation).loss)) {
      return {epoch, true};
    }
  }
  return {settings.epochs, false};
}

}  // namespace infoplane
