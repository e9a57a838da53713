#include "data/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/errors.hpp"
#include "data/locations.hpp"
#include "data/number_table.hpp"
#include "data/sampling.hpp"

namespace infoplane {
namespace {

/// "x.h5" and "x.h5:inputs" are meant to be "x.h5:/inputs".
void expect_dataset(const std::string& key, const std::string& place) {
  const std::string file = place.substr(0, place.find(':'));
  const std::string ending = std::filesystem::path(file).extension().string();
  if (colon_of(place) != std::string::npos || (ending != ".h5" && ending != ".hdf5")) return;
  throw RowsDoNotFit(key, fmt::format("\"{}\" is to name a data set of the file, from its root: "
                                      "\"{}:/{}\"",
                                      place, file, key.substr(key.find('.') + 1)));
}

std::string found(const std::string& key, const std::string& place, const DataPlaces& places) {
  if (place.empty())
    throw RowsDoNotFit(key, "data.set = \"file\" needs it: \"x.npy\" or \"x.h5:/dataset\"");
  expect_dataset(key, place);
  const std::string file = place.substr(0, colon_of(place));
  if (std::filesystem::path(file).is_relative()) require_root(places);
  std::error_code ignored;
  if (!places.root.empty() &&
      std::filesystem::exists(std::filesystem::path(places.root) / file, ignored))
    return (std::filesystem::path(places.root) / place).string();
  if (std::filesystem::exists(file, ignored)) return place;
  const std::filesystem::path here = std::filesystem::current_path(ignored);
  throw InputError(fmt::format("{} = \"{}\": there is no file {} in {}{}", key, place, file,
                               here.string(), places.root.empty() ? "" : " or " + places.root));
}

torch::Tensor inputs_of(const Table& table, const std::string& place) {
  expect_inputs(table, place);
  torch::Tensor inputs = torch::empty(table.shape, torch::kFloat32);
  std::transform(table.values.begin(), table.values.end(), inputs.data_ptr<float>(),
                 [](double value) { return static_cast<float>(value); });
  return inputs;
}

torch::Tensor labels_of(const Table& table, const std::string& place) {
  expect_labels(table, place);
  torch::Tensor labels = torch::empty(table.shape, torch::kInt64);
  std::transform(table.values.begin(), table.values.end(), labels.data_ptr<std::int64_t>(),
                 [](double value) { return static_cast<std::int64_t>(value); });
  return labels;
}

}  // namespace

Dataset load_file(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed) {
  const std::string input_place = found("data.inputs", settings.inputs, places);
  const std::string label_place = found("data.labels", settings.labels, places);
  Dataset data{"file", inputs_of(read_table(input_place), input_place),
               labels_of(read_table(label_place), label_place), 0};
  if (data.labels.size(0) != data.rows()) {
    throw InputError(fmt::format("{} has {} rows and {} {} labels", input_place, data.rows(),
                                 label_place, data.labels.size(0)));
  }
  data.classes = data.labels.max().item<std::int64_t>() + 1;
  if (settings.rows > 0) keep_rows(data, settings.rows, row_seed);
  return data;
}

}  // namespace infoplane
