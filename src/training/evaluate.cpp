#include "training/evaluate.hpp"

#include <algorithm>
#include <limits>

namespace infoplane {
namespace {

/// Sums over rows, on the device until they are asked for.
class Score {
 public:
  void add(const torch::Tensor& logits, const torch::Tensor& target) {
    rows_ += target.size(0);
    loss_ += torch::cross_entropy_loss(logits.to(torch::kFloat64), target, {}, at::Reduction::Sum)
                 .item<double>();
    right_ += logits.argmax(1).eq(target).sum().item<std::int64_t>();
  }
  Evaluation value() const {
    if (rows_ == 0) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      return {nan, nan};
    }
    const auto rows = static_cast<double>(rows_);
    return {loss_ / rows, static_cast<double>(right_) / rows};
  }

 private:
  std::int64_t rows_ = 0;
  double loss_ = 0;
  std::int64_t right_ = 0;
};

Evaluation in_batches(Network& network, const Dataset& data,
                      const std::vector<std::int64_t>& rows) {
  Score score;
  const torch::Tensor all = row_index(rows).to(data.labels.device());
  for (std::int64_t begin = 0; begin < all.size(0); begin += evaluation_batch) {
    const torch::Tensor batch =
        all.narrow(0, begin, std::min(evaluation_batch, all.size(0) - begin));
    score.add(network.forward(data.inputs.index_select(0, batch)),
              data.labels.index_select(0, batch));
  }
  return score.value();
}

Evaluation of_logits(const torch::Tensor& logits, const Dataset& data,
                     const std::vector<std::int64_t>& rows) {
  Score score;
  const torch::Tensor index = row_index(rows).to(data.labels.device());
  if (!rows.empty()) score.add(logits.index_select(0, index), data.labels.index_select(0, index));
  return score.value();
}

}  // namespace

Evaluation evaluate(Network& network, const Dataset& data, const std::vector<std::int64_t>& rows) {
  const EvaluationMode evaluation(network);
  if (!network.needs_all_rows()) return in_batches(network, data, rows);
  return of_logits(network.forward(data.inputs), data, rows);
}

SplitEvaluation evaluate(Network& network, const Dataset& data, const Split& split) {
  const EvaluationMode evaluation(network);
  if (!network.needs_all_rows()) {
    return {in_batches(network, data, split.train), in_batches(network, data, split.validation),
            in_batches(network, data, split.test)};
  }
  const torch::Tensor logits = network.forward(data.inputs);
  return {of_logits(logits, data, split.train), of_logits(logits, data, split.validation),
          of_logits(logits, data, split.test)};
}

}  // namespace infoplane
