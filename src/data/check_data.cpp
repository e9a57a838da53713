#include "data/check_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/dataset.hpp"
#include "data/known_files.hpp"
#include "data/locations.hpp"

namespace infoplane {
namespace {

std::string shape_of_rows(const Dataset& data) {
  return fmt::format("{}", fmt::join(data.inputs.sizes().slice(1).vec(), "x"));
}

/// Every published file of the set that is there.
std::vector<CheckedFile> check_files(const std::string& set, const std::filesystem::path& folder) {
  std::vector<CheckedFile> checked;
  for (const KnownFile& known : known_files()) {
    if (known.set != set) continue;
    const std::filesystem::path path = plain_or_gzip(folder, known.name);
    if (path.empty()) continue;
    const std::string sha256 = sha256_of(read_bytes(path));
    const bool is_known =
        std::find(known.sha256.begin(), known.sha256.end(), sha256) != known.sha256.end();
    checked.push_back({path, is_known, sha256});
  }
  return checked;
}

}  // namespace

CheckedData check_data(DataSet set, const DataPlaces& places) {
  DataSettings settings;
  settings.set = set;
  settings.names_per_language = 0;
  // Both parts of the images are read where they are used as published.
  const bool images = set == DataSet::mnist || set == DataSet::fashion_mnist;
  if (images) settings.split.kind = SplitKind::published;
  const std::string name = name_of(set);

  CheckedData checked;
  checked.folder = find_data(name, places);
  const Dataset data = load_dataset(settings, places, {});
  checked.files = check_files(name, checked.folder);
  checked.summary =
      fmt::format("{} rows of {}, {} classes", data.rows(), shape_of_rows(data), data.classes);
  if (data.edges.defined()) checked.summary += fmt::format(", {} edges", data.edges.size(1));
  if (data.published) {
    checked.summary += fmt::format("; published split {} / {} / {}", data.published->train.size(),
                                   data.published->validation.size(), data.published->test.size());
  }
  return checked;
}

}  // namespace infoplane
