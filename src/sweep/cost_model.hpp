#pragma once

#include <cstdint>

namespace infoplane {

/// What decides how long a trial trains.
struct TrialSize {
  std::int64_t epochs = 0;
  std::int64_t train_rows = 0;
  std::int64_t batch = 0;
  std::int64_t layers = 0;  ///< a recurrent one counts once for each step of the sequence
  std::int64_t parameters = 0;
  std::int64_t recorded_epochs = 0;
  std::int64_t gradient_epochs = 0;  ///< recorded ones but for epoch 0, which has no steps
  std::int64_t recorded_rows = 0;
  std::int64_t recorded_values = 0;  ///< numbers of one recorded row, all layers
  std::int64_t evaluated_rows = 0;   ///< training, validation and test rows
  /// Multiplications of one row on its way through the network; 0: as many as parameters, which is
  /// right for fully-connected ones.
  std::int64_t multiply_adds = 0;
  /// Rows that every step computes where rows are nodes of a graph: then an epoch is one step,
  /// however many rows are training rows. 0: rows stand alone.
  std::int64_t graph_rows = 0;
  /// Whether the gradient of each training row is taken by itself in recorded epochs. Each costs a
  /// pass backwards through its whole batch.
  bool example_gradients = false;
  bool batch_gradients = false;
};

/// Predicted seconds of a trial on one core, by what it does.
struct TrialCost {
  double start_s = 0;      ///< data and network
  double training_s = 0;   ///< all steps
  double gradients_s = 0;  ///< their statistics, in recorded epochs
  double recording_s = 0;  ///< evaluation, snapshots, writing

  double total_s() const { return start_s + training_s + gradients_s + recording_s; }
};

/// A fixed cost per step and layer, which is most of it for small networks, and the arithmetic.
/// Good for ordering trials and for a progress bar; how fast a machine and a kind of layer really
/// are is for calibration (pipeline/calibrate.hpp).
TrialCost trial_cost(const TrialSize& size);

double trial_cost_s(const TrialSize& size);

}  // namespace infoplane
