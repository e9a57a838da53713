#include "data/table.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <cmath>
#include <filesystem>

#include "core/errors.hpp"
#include "data/locations.hpp"
#include "data/sampling.hpp"

namespace infoplane {
namespace {

/// Closes what HDF5 opened.
struct Handle {
  hid_t id;
  herr_t (*close)(hid_t);
  ~Handle() {
    if (id >= 0) close(id);
  }
};

/// HDF5 prints its error stack otherwise.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

Table read_hdf5(const std::string& file, const std::string& dataset) {
  const Quiet quiet;
  const std::string name = file + ":" + dataset;
  const Handle in{H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  if (in.id < 0) throw InputError(file + " is no HDF5 file, or damaged");
  const Handle set{H5Dopen2(in.id, dataset.c_str(), H5P_DEFAULT), H5Dclose};
  if (set.id < 0) throw InputError(fmt::format("{} has no dataset {}", file, dataset));
  const Handle type{H5Dget_type(set.id), H5Tclose};
  const H5T_class_t kind = H5Tget_class(type.id);
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) throw InputError(name + " holds no numbers");
  const Handle space{H5Dget_space(set.id), H5Sclose};
  const int dimensions = H5Sget_simple_extent_ndims(space.id);
  if (dimensions < 0) throw InputError(name + " has no shape");
  std::vector<hsize_t> shape(static_cast<std::size_t>(dimensions));
  H5Sget_simple_extent_dims(space.id, shape.data(), nullptr);
  Table table{{shape.begin(), shape.end()}, {}};
  table.values.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.id)));
  if (!table.values.empty() &&
      H5Dread(set.id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, table.values.data()) < 0) {
    throw InputError(name + " cannot be read: the file is damaged");
  }
  return table;
}

/// Whether a place names a dataset in a file: "x.h5:/inputs".
std::size_t colon_of(const std::string& place) { return place.find(":/"); }

std::string found(const std::string& key, const std::string& place, const DataPlaces& places) {
  if (place.empty())
    throw RowsDoNotFit(key, "data.set = \"file\" needs it: \"x.npy\" or \"x.h5:/dataset\"");
  const std::string file = place.substr(0, colon_of(place));
  std::error_code ignored;
  if (!places.root.empty() &&
      std::filesystem::exists(std::filesystem::path(places.root) / file, ignored))
    return (std::filesystem::path(places.root) / place).string();
  if (std::filesystem::exists(file, ignored)) return place;
  throw InputError(fmt::format("{} = \"{}\": there is no file {} here{}", key, place, file,
                               places.root.empty() ? "" : " or in " + places.root));
}

torch::Tensor inputs_of(const Table& table, const std::string& place) {
  if (table.shape.size() < 2 || table.values.empty()) {
    throw InputError(
        fmt::format("{} has {} dimensions and {} numbers: inputs are [row][feature], or [row] and "
                    "the shape of a row, and not empty",
                    place, table.shape.size(), table.values.size()));
  }
  const torch::Tensor inputs = torch::empty(table.shape, torch::kFloat32);
  const std::size_t features = table.values.size() / static_cast<std::size_t>(table.shape[0]);
  float* const out = inputs.data_ptr<float>();
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    out[i] = static_cast<float>(table.values[i]);
    if (!std::isfinite(out[i])) {
      throw InputError(fmt::format("{} holds {} in row {} (counted from 0), number {} of it", place,
                                   table.values[i], i / features, i % features));
    }
  }
  return inputs;
}

torch::Tensor labels_of(const Table& table, const std::string& place) {
  constexpr double most_classes = 1e6;
  if (table.shape.size() != 1)
    throw InputError(
        fmt::format("{} has {} dimensions: labels are [row]", place, table.shape.size()));
  const torch::Tensor labels = torch::empty(table.shape, torch::kInt64);
  for (std::size_t row = 0; row < table.values.size(); ++row) {
    const double label = table.values[row];
    if (!(label >= 0 && label < most_classes && label == std::floor(label))) {
      throw InputError(fmt::format(
          "{} has the label {} in row {} (counted from 0): labels are whole numbers from 0", place,
          label, row));
    }
    labels.data_ptr<std::int64_t>()[row] = static_cast<std::int64_t>(label);
  }
  return labels;
}

}  // namespace

Table read_table(const std::string& place) {
  const std::size_t colon = colon_of(place);
  if (colon != std::string::npos) return read_hdf5(place.substr(0, colon), place.substr(colon + 1));
  return parse_npy(read_bytes(place), place);
}

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
