#include "data/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/errors.hpp"
#include "core/random.hpp"
#include "data/locations.hpp"
#include "data/name_letters.hpp"
#include "data/sampling.hpp"

namespace infoplane {
namespace {

/// The languages of a folder with "English.txt", "French.txt.gz", ...
std::set<std::string> languages_in(const std::filesystem::path& folder) {
  std::set<std::string> languages;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::filesystem::path name = entry.path().filename();
    if (name.extension() == ".gz") name = name.stem();
    if (name.extension() == ".txt") languages.insert(name.stem().string());
  }
  return languages;
}

}  // namespace

Dataset load_names(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed) {
  std::vector<std::string> names;
  std::vector<std::int64_t> labels;
  std::vector<std::string> languages;
  RandomStream random(row_seed);
  const std::filesystem::path folder = find_data("names", places);
  for (const std::string& language : languages_in(folder)) {
    const std::filesystem::path file = plain_or_gzip(folder, language + ".txt");
    const std::vector<std::uint8_t> bytes = read_bytes(file);
    std::vector<std::string> all =
        parse_names({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
    all.erase(std::remove_if(all.begin(), all.end(),
                             [](const std::string& name) {
                               return static_cast<std::int64_t>(name.size()) > longest_name;
                             }),
              all.end());
    const auto there = static_cast<std::int64_t>(all.size());
    const std::int64_t count =
        settings.names_per_language == 0 ? there : settings.names_per_language;
    if (count > there) {
      throw RowsDoNotFit(
          "data.names_per_language",
          fmt::format("{} has {} names of at most {} letters", file.string(), there, longest_name));
    }
    std::vector<std::int64_t> drawn = random_permutation(all.size(), random);
    drawn.resize(static_cast<std::size_t>(count));
    std::sort(drawn.begin(), drawn.end());
    for (const std::int64_t at : drawn) {
      names.push_back(all[static_cast<std::size_t>(at)]);
      labels.push_back(static_cast<std::int64_t>(languages.size()));
    }
    languages.push_back(language);
  }
  const auto rows = static_cast<std::int64_t>(names.size());
  Dataset data{"names",
               torch::zeros({rows, longest_name, static_cast<std::int64_t>(name_alphabet.size())},
                            torch::kFloat32),
               torch::tensor(at::ArrayRef<std::int64_t>(labels), torch::kInt64),
               static_cast<std::int64_t>(languages.size())};
  data.class_names = languages;
  auto inputs = data.inputs.accessor<float, 3>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::string& name = names[static_cast<std::size_t>(row)];
    const std::int64_t begin = longest_name - static_cast<std::int64_t>(name.size());
    for (std::size_t k = 0; k < name.size(); ++k) {
      inputs[row][begin + static_cast<std::int64_t>(k)]
            [static_cast<std::int64_t>(name_alphabet.find(name[k]))] = 1;
    }
  }
  return data;
}

}  // namespace infoplane
