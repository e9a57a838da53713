#include "training/evaluate.hpp"

#include <algorithm>
#include <limits>

namespace infoplane {

Evaluation evaluate(Network& network, const torch::Tensor& inputs, const torch::Tensor& labels) {
  const std::int64_t rows = inputs.size(0);
  if (rows == 0) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan};
  }
  const EvaluationMode evaluation(network);
  double loss = 0;
  std::int64_t right = 0;
  for (std::int64_t begin = 0; begin < rows; begin += evaluation_batch) {
    const std::int64_t count = std::min(evaluation_batch, rows - begin);
    const torch::Tensor target = labels.narrow(0, begin, count);
    const torch::Tensor logits = network.forward(inputs.narrow(0, begin, count));
    loss += torch::nn::functional::cross_entropy(
                logits.to(torch::kFloat64), target,
                torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum))
                .item<double>();
    right += logits.argmax(1).eq(target).sum().item<std::int64_t>();
  }
  return {loss / static_cast<double>(rows), static_cast<double>(right) / static_cast<double>(rows)};
}

}  // namespace infoplane
