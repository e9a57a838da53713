#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/settings.hpp"

namespace infoplane {

struct LayerLayout {
  std::string name;
  std::int64_t features = 0;             ///< H of its snapshots; a convolution map counts C * H * W
  std::string kind = "layer";            ///< "linear", "conv", "rnn", "gcn", "output", ...
  std::vector<std::int64_t> shape = {};  ///< of one row before flattening: {20, 4, 4}
  /// Whether the data-processing inequality is implied between the layer before and this one.
  bool follows = true;
};

/// The recorded rows of some trials, in order: row r of every snapshot is example rows[r].
struct RowSetLayout {
  std::vector<std::int64_t> rows;    ///< positions in the data set
  std::vector<std::int32_t> labels;  ///< their classes
};

struct TrialLayout {
  std::string id;
  std::vector<std::int64_t> epochs;  ///< recorded ones, increasing
  std::vector<LayerLayout> layers;   ///< from the input side; the output layer is the last
  std::size_t row_set = 0;           ///< index into RunLayout::row_sets
  std::int64_t train_rows = 0;       ///< rows it trains on
  std::int64_t parameters = 0;       ///< trainable numbers of its network
  std::vector<Setting> varied;       ///< its value on each axis
  std::uint64_t data_checksum = 0;   ///< of all values of its data set; 0: not known
};

/// Everything about the shape of a run that is known before it starts: with it both files can be
/// made with every dataset at its full size.
struct RunLayout {
  std::vector<std::string> axes;  ///< varied keys: "training.learning_rate"
  std::vector<RowSetLayout> row_sets;
  std::vector<TrialLayout> trials;

  std::size_t rows_of(const TrialLayout& trial) const {
    return row_sets[trial.row_set].rows.size();
  }
};

/// "20x4x4".
std::string shape_text(const std::vector<std::int64_t>& shape);

/// How many of a trial's `epochs` a training of `trained` epochs has recorded: all, unless it
/// stopped early.
std::size_t recorded_epochs(const std::vector<std::int64_t>& epochs, std::int64_t trained);

/// Whether the recorded rows, their labels, epochs and layers of two trials are the same, and the
/// values of their data sets where both are known.
bool same_slab(const RunLayout& run, const TrialLayout& trial, const RunLayout& other_run,
               const TrialLayout& other);

/// Bytes of one epoch of a trial's slab: all its layers, float32.
std::uint64_t epoch_bytes(const RunLayout& run, const TrialLayout& trial);
std::uint64_t slab_bytes(const RunLayout& run, const TrialLayout& trial);

/// Facts about where a file comes from, stored as attributes of its root.
using Provenance = std::vector<std::pair<std::string, Setting>>;

/// Written into both files; raised when a reader of the old form could misread the new one.
constexpr std::int64_t format_version = 1;

}  // namespace infoplane
