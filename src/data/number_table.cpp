#include "data/number_table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/errors.hpp"
#include "data/locations.hpp"

namespace infoplane {

std::size_t colon_of(const std::string& place) { return place.find(":/"); }

Table read_table(const std::string& place) {
  const std::size_t colon = colon_of(place);
  if (colon != std::string::npos) return read_hdf5(place.substr(0, colon), place.substr(colon + 1));
  return parse_npy(read_bytes(place), place);
}

void expect_inputs(const Table& table, const std::string& place) {
  if (table.shape.size() < 2 || table.values.empty()) {
    throw InputError(
        fmt::format("{} has {} dimensions and {} numbers: inputs are [row][feature], or [row] and "
                    "the shape of a row, and not empty",
                    place, table.shape.size(), table.values.size()));
  }
  const std::size_t features = table.values.size() / static_cast<std::size_t>(table.shape[0]);
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    if (!std::isfinite(static_cast<float>(table.values[i]))) {
      throw InputError(fmt::format("{} holds {} in row {} (counted from 0), number {} of it", place,
                                   table.values[i], i / features, i % features));
    }
  }
}

void expect_labels(const Table& table, const std::string& place) {
  constexpr double most_classes = 1e6;
  if (table.shape.size() != 1)
    throw InputError(
        fmt::format("{} has {} dimensions: labels are [row]", place, table.shape.size()));
  for (std::size_t row = 0; row < table.values.size(); ++row) {
    const double label = table.values[row];
    if (!(label >= 0 && label < most_classes && label == std::floor(label))) {
      throw InputError(fmt::format(
          "{} has the label {} in row {} (counted from 0): labels are whole numbers from 0 to "
          "{:.0f}, one for each class",
          place, label, row, most_classes - 1));
    }
  }
}

}  // namespace infoplane
