#include "training/examples.hpp"

namespace infoplane {

Examples examples_of(const Network& network, const Dataset& data,
                     const std::vector<std::int64_t>& rows) {
  const torch::Tensor chosen = row_index(rows);
  const torch::Tensor labels = data.labels.index_select(0, chosen);
  if (network.needs_all_rows()) return {data.inputs, labels, chosen};
  return {data.inputs.index_select(0, chosen), labels};
}

}  // namespace infoplane
