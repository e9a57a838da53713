#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace infoplane {

/// Where a training stands between two mini-batches: all that it takes to go on with the same bits.
/// Tensors are those of the training itself, not copies: good until it goes on.
struct TrainingState {
  std::int64_t epoch = 1;              ///< that is being trained, from 1
  std::int64_t row = 0;                ///< rows of the epoch's order that it has learned from
  RandomStream::State epoch_start{};   ///< from which the order of this epoch is drawn
  std::int64_t batches = 0;            ///< of this epoch, whose losses were looked at
  std::int64_t next_hook = 0;          ///< epochs of the list that were recorded
  std::int64_t steps = 0;              ///< of the optimizer
  std::int64_t waited = 0;             ///< epochs without a lower validation loss
  double best_loss = 0;                ///< on the validation rows
  std::vector<torch::Tensor> weights;  ///< parameters, then buffers, in the order of the network
  std::vector<torch::Tensor> moments;  ///< of the optimizer
  torch::Tensor generator;             ///< state of LibTorch's global generator
  torch::Tensor device_generator;      ///< the same on a CUDA device; else undefined
};

/// Parameters, then buffers, but for sparse ones: those are the graph, which no training changes.
std::vector<torch::Tensor> weights_and_buffers(const torch::nn::Module& network);

/// Whether there are as many tensors of the same shapes and types.
bool are_alike(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to);
/// Copies values. Throws UsageError that begins with `what` where they are not.
void copy_tensors(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to,
                  const std::string& what);

/// LibTorch's global random numbers on `device`.
torch::Tensor generator_state(const torch::Device& device);
void set_generator_state(const torch::Device& device, const torch::Tensor& state);

}  // namespace infoplane
