#include "store/content_checksum.hpp"

#include <string>
#include <type_traits>
#include <vector>

#include "core/hashing.hpp"

namespace infoplane {
namespace {

/// Sizes go in too: what moves from one list to the next is seen.
class Content {
 public:
  template <class T>
  std::enable_if_t<std::is_arithmetic_v<T>> add(T value) {
    checksum_.add(&value, sizeof value);
  }
  void add(const std::string& text) {
    add(text.size());
    checksum_.add(text.data(), text.size());
  }
  void add(const Setting& setting) {
    add(setting.index());
    std::visit([this](const auto& value) { add(value); }, setting);
  }
  void add(const Noise& noise) { add(to_string(noise)); }
  template <class T>
  void add(const std::vector<T>& values) {
    add(values.size());
    if constexpr (std::is_arithmetic_v<T>) {
      checksum_.add(values.data(), values.size() * sizeof(T));
    } else {
      for (const T& value : values) add(value);
    }
  }
  template <class... Values>
  void all(const Values&... values) {
    (add(values), ...);
  }

  std::uint64_t value() const { return checksum_.value(); }

 private:
  Checksum checksum_;
};

}  // namespace

std::uint64_t content_checksum(const ResultsTable& t) {
  Content content;
  content.all(t.trials, t.epochs, t.layers, t.sigma2, t.bounds, t.axes, t.varied);
  content.all(t.state, t.attempts, t.seconds, t.trained_epochs, t.recorded_rows, t.train_rows,
              t.parameters, t.label_entropy, t.failure);
  content.all(t.layer_position, t.features, t.layer_kind, t.layer_shape, t.layer_follows);
  content.all(t.train_loss, t.train_accuracy, t.validation_loss, t.validation_accuracy, t.test_loss,
              t.test_accuracy);
  content.all(t.gradient_mean, t.gradient_deviation, t.weight_norm, t.gradient_count);
  content.all(t.i_xt, t.i_ty, t.sigma2_used, t.error_bits);
  content.all(t.distance_quantiles, t.distance_histogram, t.distance_mean, t.distance_rank_error);
  return content.value();
}

std::uint64_t content_checksum(const RunLayout& layout) {
  Content content;
  content.add(layout.row_sets.size());
  for (const RowSetLayout& set : layout.row_sets) content.all(set.rows, set.labels);
  content.add(layout.trials.size());
  for (const TrialLayout& trial : layout.trials) {
    content.all(trial.id, trial.epochs, trial.row_set, trial.train_rows, trial.parameters,
                trial.layers.size());
    for (const LayerLayout& layer : trial.layers)
      content.all(layer.name, layer.features, layer.kind, layer.shape, layer.follows);
  }
  return content.value();
}

}  // namespace infoplane
