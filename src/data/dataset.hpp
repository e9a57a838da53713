#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/settings.hpp"

namespace infoplane {

/// Which rows a trial may learn from, which ones choose between trials, and which it never sees.
/// All increasing; no row is in two of them, and some may be in none.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  std::vector<std::int64_t> test;
};

/// Examples and their classes, in memory.
struct Dataset {
  std::string name;
  torch::Tensor inputs;  ///< float32 [row][...]: features, channel x height x width, step x letter
  torch::Tensor labels;  ///< int64 [row], 0 <= label < classes
  std::int64_t classes = 0;
  torch::Tensor edges{};  ///< int64 [2][edge] where rows are nodes of a graph: every undirected
                          ///< edge once, smaller row first, no loops; else undefined
  std::optional<Split> published{};        ///< as its authors split it, where they did
  std::vector<std::string> class_names{};  ///< empty, or one for each class

  std::int64_t rows() const { return inputs.size(0); }
};

/// More rows are asked for than the data set has, or a split that it does not know.
class RowsDoNotFit : public UsageError {
 public:
  RowsDoNotFit(std::string dotted_key, const std::string& reason)
      : UsageError(dotted_key + " does not fit: " + reason),
        key(std::move(dotted_key)),
        why(reason) {}
  std::string key;  ///< "data.rows"
  std::string why;
};

/// Where the random numbers of a data set come from.
struct DatasetSeeds {
  std::uint64_t labels = 0;  ///< stochastic labels, where there are any
  std::uint64_t rows = 0;    ///< which rows, where not all are taken
};

/// The data set that the settings name. Throws InputError when it is not found or damaged.
Dataset load_dataset(const DataSettings& settings, const DataPlaces& places,
                     const DatasetSeeds& seeds);

/// The labels of `rows`, in their order.
std::vector<std::int32_t> labels_of(const Dataset& data, const std::vector<std::int64_t>& rows);

/// A tensor of row positions, for index_select.
torch::Tensor row_index(const std::vector<std::int64_t>& rows);

}  // namespace infoplane
