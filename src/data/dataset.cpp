#include "data/dataset.hpp"

#include "core/errors.hpp"
#include "data/cora.hpp"
#include "data/images.hpp"
#include "data/names.hpp"
#include "data/szt.hpp"
#include "data/table.hpp"

namespace infoplane {

Dataset load_dataset(const DataSettings& settings, const DataPlaces& places,
                     const DatasetSeeds& seeds) {
  switch (settings.set) {
    case DataSet::szt:
      return make_szt(settings.label_gamma, seeds.labels);
    case DataSet::mnist:
    case DataSet::fashion_mnist:
      return load_images(settings, places, seeds.rows);
    case DataSet::names:
      return load_names(settings, places, seeds.rows);
    case DataSet::cora:
      return load_cora(settings, places);
    case DataSet::file:
      return load_file(settings, places, seeds.rows);
  }
  throw InternalError("a data set without a loader");
}

std::vector<std::int32_t> labels_of(const Dataset& data, const std::vector<std::int64_t>& rows) {
  const auto all = data.labels.accessor<std::int64_t, 1>();
  std::vector<std::int32_t> labels;
  labels.reserve(rows.size());
  for (const std::int64_t row : rows) labels.push_back(static_cast<std::int32_t>(all[row]));
  return labels;
}

torch::Tensor row_index(const std::vector<std::int64_t>& rows) {
  return torch::tensor(at::ArrayRef<std::int64_t>(rows), torch::kInt64);
}

}  // namespace infoplane
