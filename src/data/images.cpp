#include "data/images.hpp"

#include <fmt/format.h>

#include <numeric>

#include "core/errors.hpp"
#include "data/idx.hpp"
#include "data/known_files.hpp"
#include "data/locations.hpp"
#include "data/sampling.hpp"

namespace infoplane {
namespace {

constexpr std::uint8_t classes = 10;

struct LabelledImages {
  torch::Tensor inputs;
  torch::Tensor labels;
};

/// The sets of images have files of the same names and sizes, which data.root may mix up. Labels
/// tell, and are short.
void require_set(const std::string& set, const std::string& name,
                 const std::vector<std::uint8_t>& labels, const std::filesystem::path& file) {
  const std::string other = published_in(name, labels);
  if (other.empty() || other == set) return;
  throw InputError(fmt::format(
      "{} is that of {}, where data.set = \"{}\": name the other set, or in data.root the folder "
      "of its files",
      file.string(), other, set));
}

LabelledImages read_part(const std::filesystem::path& folder, const std::string& set,
                         const std::string& part) {
  const std::string label_name = part + "-labels-idx1-ubyte";
  const std::filesystem::path image_file = plain_or_gzip(folder, part + "-images-idx3-ubyte");
  const std::filesystem::path label_file = plain_or_gzip(folder, label_name);
  const std::vector<std::uint8_t> label_bytes = read_bytes(label_file);
  require_set(set, label_name, label_bytes, label_file);
  const IdxBytes images = parse_idx(read_bytes(image_file), 3, image_file.string());
  const IdxBytes labels = parse_idx(label_bytes, 1, label_file.string());
  if (images.shape[0] != labels.shape[0] || images.values.empty()) {
    throw InputError(fmt::format("{} has {} images and {} {} labels", image_file.string(),
                                 images.shape[0], label_file.string(), labels.shape[0]));
  }
  expect_below(labels, classes, label_file.string());
  const auto tensor = [](const std::vector<std::uint8_t>& values, at::IntArrayRef shape) {
    // from_blob does not write.
    return torch::from_blob(const_cast<std::uint8_t*>(values.data()), shape, torch::kUInt8);
  };
  return {tensor(images.values, {images.shape[0], 1, images.shape[1], images.shape[2]})
                  .to(torch::kFloat32) /
              255,
          tensor(labels.values, {labels.shape[0]}).to(torch::kInt64)};
}

}  // namespace

Dataset load_images(const DataSettings& settings, const DataPlaces& places,
                    std::uint64_t row_seed) {
  const std::string name = name_of(settings.set);
  const std::filesystem::path folder = find_data(name, places);
  const LabelledImages train = read_part(folder, name, "train");
  Dataset data{name, train.inputs, train.labels, classes};
  if (settings.rows > 0) keep_rows(data, settings.rows, row_seed);
  if (settings.split.kind == SplitKind::published) {
    const std::int64_t train_rows = data.rows();
    const LabelledImages test = read_part(folder, name, "t10k");
    if (test.inputs.sizes().slice(1) != data.inputs.sizes().slice(1)) {
      throw InputError(fmt::format("the images of t10k and train in {} are {} x {} and {} x {}",
                                   folder.string(), test.inputs.size(2), test.inputs.size(3),
                                   data.inputs.size(2), data.inputs.size(3)));
    }
    data.inputs = torch::cat({data.inputs, test.inputs});
    data.labels = torch::cat({data.labels, test.labels});
    Split split;
    split.train.resize(static_cast<std::size_t>(train_rows));
    split.test.resize(static_cast<std::size_t>(data.rows() - train_rows));
    std::iota(split.train.begin(), split.train.end(), std::int64_t{0});
    std::iota(split.test.begin(), split.test.end(), train_rows);
    data.published = split;
  }
  return data;
}

}  // namespace infoplane
