#include "data/cora.hpp"

#include "data/cora_files.hpp"
#include "data/locations.hpp"

namespace infoplane {
namespace {

std::string_view text_of(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Dataset load_cora(const DataSettings& settings, const DataPlaces& places) {
  const std::filesystem::path folder = find_data("cora", places);
  const std::filesystem::path content_file = plain_or_gzip(folder, "cora.content");
  const std::filesystem::path cites_file = plain_or_gzip(folder, "cora.cites");
  const std::vector<std::uint8_t> content = read_bytes(content_file);
  const std::vector<std::uint8_t> cites = read_bytes(cites_file);
  const CoraFiles cora =
      parse_cora(text_of(content), content_file.string(), text_of(cites), cites_file.string());

  const auto papers = static_cast<std::int64_t>(cora.ids.size());
  Dataset data{"cora", torch::zeros({papers, cora.vocabulary}, torch::kFloat32),
               torch::tensor(at::ArrayRef<std::int64_t>(cora.labels), torch::kInt64),
               static_cast<std::int64_t>(cora.classes.size())};
  data.class_names = cora.classes;
  auto inputs = data.inputs.accessor<float, 2>();
  for (std::int64_t paper = 0; paper < papers; ++paper) {
    const auto& words = cora.words[static_cast<std::size_t>(paper)];
    const float flag = settings.normalize_rows ? 1.0F / static_cast<float>(words.size()) : 1.0F;
    for (const std::int32_t word : words) inputs[paper][word] = flag;
  }
  data.edges = torch::empty({2, static_cast<std::int64_t>(cora.edges.size())}, torch::kInt64);
  auto edges = data.edges.accessor<std::int64_t, 2>();
  for (std::size_t e = 0; e < cora.edges.size(); ++e) {
    edges[0][static_cast<std::int64_t>(e)] = cora.edges[e].first;
    edges[1][static_cast<std::int64_t>(e)] = cora.edges[e].second;
  }
  const std::filesystem::path split_file = plain_or_gzip(folder, "cora.split");
  if (!split_file.empty()) {
    const std::vector<std::uint8_t> split = read_bytes(split_file);
    auto [train, validation, test] =
        parse_cora_split(text_of(split), split_file.string(), cora.ids);
    data.published = Split{std::move(train), std::move(validation), std::move(test)};
  }
  return data;
}

}  // namespace infoplane
