#include "pipeline/trial_checkpoints.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "core/log.hpp"

namespace infoplane {
namespace {

/// Saving may take a twentieth of the time, not more.
constexpr double least_rest = 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Optimizers keep one tensor or two of each parameter that they move.
bool are_moments_of(const torch::nn::Module& network, const std::vector<torch::Tensor>& moments) {
  std::vector<torch::Tensor> moved;
  for (const torch::Tensor& parameter : network.parameters()) {
    if (parameter.requires_grad()) moved.push_back(parameter);
  }
  if (moved.empty()) return moments.empty();
  std::vector<torch::Tensor> expected;
  for (const torch::Tensor& parameter : moved)
    expected.insert(expected.end(), moments.size() / moved.size(), parameter);
  return !moments.empty() && are_alike(moments, expected);
}

}  // namespace

std::optional<TrialCheckpoint> TrialCheckpoints::restore(const torch::nn::Module& network,
                                                         GradientStatistics& gradients) {
  std::optional<TrialCheckpoint> found;
  files_.read([&](const CheckpointHead&, const std::string& bytes) {
    TrialCheckpoint checkpoint = decode_checkpoint(bytes);
    if (!activations_.holds(trial_, checkpoint.slab_parts))
      throw InputError("the snapshots recorded before it are damaged");
    // A plugin may have been built anew since.
    if (!are_alike(checkpoint.training.weights, weights_and_buffers(network)) ||
        !are_moments_of(network, checkpoint.training.moments))
      throw InputError("it is one of another network");
    try {
      gradients.go_to(checkpoint.gradients);
    } catch (const UsageError& error) {
      throw InputError(error.what());
    }
    found = std::move(checkpoint);
    return true;
  });
  return found;
}

bool TrialCheckpoints::is_due() const {
  return seconds_since(saved_) >= std::max(every_s_, least_rest * save_s_);
}

void TrialCheckpoints::save(const CheckpointHead& head, const TrialCheckpoint& checkpoint) {
  const Clock::time_point start = Clock::now();
  try {
    activations_.sync();
    results_.sync();
    files_.write(head, encode(checkpoint));
  } catch (const InputError& error) {
    log_warning("no checkpoint is kept: {}", error.what());
  }
  saved_ = Clock::now();
  save_s_ = seconds_since(start);
}

}  // namespace infoplane
