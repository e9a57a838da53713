#include "training/evaluate.hpp"

#include <algorithm>
#include <limits>

namespace infoplane {

namespace {

/// Adds up what some rows of class scores say.
class Score {
 public:
  void add(const torch::Tensor& logits, const torch::Tensor& labels) {
    loss_ += torch::nn::functional::cross_entropy(
                 logits.to(torch::kFloat64), labels,
                 torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum))
                 .item<double>();
    right_ += logits.argmax(1).eq(labels).sum().item<std::int64_t>();
  }
  Evaluation of(std::int64_t rows) const {
    return {loss_ / static_cast<double>(rows),
            static_cast<double>(right_) / static_cast<double>(rows)};
  }

 private:
  double loss_ = 0;
  std::int64_t right_ = 0;
};

}  // namespace

Evaluation evaluate(Network& network, const Examples& examples) {
  const std::int64_t rows = examples.size();
  if (rows == 0) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  const EvaluationMode evaluation(network);
  Score score;
  if (examples.chosen.defined()) {
    score.add(network.forward(examples.inputs).index_select(0, examples.chosen), examples.labels);
    return score.of(rows);
  }
  for (std::int64_t begin = 0; begin < rows; begin += evaluation_batch) {
    const std::int64_t count = std::min(evaluation_batch, rows - begin);
    score.add(network.forward(examples.inputs.narrow(0, begin, count)),
              examples.labels.narrow(0, begin, count));
  }
  return score.of(rows);
}

}  // namespace infoplane
