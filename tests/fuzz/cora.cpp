#include <algorithm>
#include <set>

#include "data/cora_files.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace infoplane;

/// cora.content, cora.cites and cora.split stand behind each other in the input, two zero bytes
/// between them.
std::string_view next_file(std::string_view& text) {
  const std::size_t end = text.find(std::string_view("\0\0", 2));
  const std::string_view file = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return file;
}

template <class T>
bool increases(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

void check(const CoraFiles& cora) {
  const auto papers = static_cast<std::int64_t>(cora.ids.size());
  const auto classes = static_cast<std::int64_t>(cora.classes.size());
  FUZZ_EXPECT(papers > 0 && cora.vocabulary > 0);
  FUZZ_EXPECT(cora.labels.size() == cora.ids.size() && cora.words.size() == cora.ids.size());
  FUZZ_EXPECT(std::set<std::string>(cora.ids.begin(), cora.ids.end()).size() == cora.ids.size());
  FUZZ_EXPECT(increases(cora.classes) && increases(cora.edges));
  for (const std::int64_t label : cora.labels) FUZZ_EXPECT(label >= 0 && label < classes);
  for (const auto& words : cora.words) {
    FUZZ_EXPECT(increases(words));
    FUZZ_EXPECT(words.empty() || (words.front() >= 0 && words.back() < cora.vocabulary));
  }
  for (const auto& [from, to] : cora.edges) FUZZ_EXPECT(0 <= from && from < to && to < papers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view content = next_file(text);
  const std::string_view cites = next_file(text);
  CoraFiles cora;
  if (!fuzz::reads({"x.content", "x.cites"},
                   [&] { cora = parse_cora(content, "x.content", cites, "x.cites"); }))
    return 0;
  FUZZ_EXPECT(!fuzz::is_never_utf8(content) && !fuzz::is_never_utf8(cites));
  check(cora);
  std::array<std::vector<std::int64_t>, 3> parts;
  if (!fuzz::reads({"x.split"}, [&] { parts = parse_cora_split(text, "x.split", cora.ids); }))
    return 0;
  std::set<std::int64_t> all;
  for (const auto& part : parts) {
    FUZZ_EXPECT(increases(part));
    for (const std::int64_t paper : part) {
      FUZZ_EXPECT(paper >= 0 && paper < static_cast<std::int64_t>(cora.ids.size()));
      FUZZ_EXPECT(all.insert(paper).second);
    }
  }
  FUZZ_EXPECT(!parts[0].empty());  // nothing to train on
  return 0;
}
