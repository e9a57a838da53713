#include "data/cora_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/errors.hpp"
#include "data/text_lines.hpp"

namespace infoplane {
namespace {

std::unordered_map<std::string, std::int64_t> positions(const std::vector<std::string>& ids) {
  std::unordered_map<std::string, std::int64_t> at;
  for (std::size_t i = 0; i < ids.size(); ++i) at.emplace(ids[i], static_cast<std::int64_t>(i));
  return at;
}

void read_papers(std::string_view content, const std::string& file, CoraFiles& cora) {
  std::vector<std::string> class_of;
  std::set<std::string> seen;
  for_each_line(content, file, [&](const TextLine& line) {
    const std::vector<std::string_view> fields = split_fields(line.text);
    if (fields.size() < 3) line.refuse("needs an id, word flags and a class");
    const auto flags = static_cast<std::int64_t>(fields.size()) - 2;
    if (cora.vocabulary == 0) cora.vocabulary = flags;
    if (flags != cora.vocabulary) {
      line.refuse(
          fmt::format("has {} word flags where the first line has {}", flags, cora.vocabulary));
    }
    cora.ids.emplace_back(fields.front());
    if (!seen.insert(cora.ids.back()).second)
      line.refuse("has the id " + cora.ids.back() + " a second time");
    class_of.emplace_back(fields.back());
    std::vector<std::int32_t>& words = cora.words.emplace_back();
    for (std::int64_t w = 0; w < flags; ++w) {
      const std::string_view flag = fields[static_cast<std::size_t>(w) + 1];
      if (flag != "0" && flag != "1")
        line.refuse(fmt::format("word flag {} is \"{}\", must be 0 or 1", w + 1, flag));
      if (flag == "1") words.push_back(static_cast<std::int32_t>(w));
    }
  });
  if (cora.ids.empty()) throw InputError(file + " is empty");
  const std::set<std::string> names(class_of.begin(), class_of.end());
  cora.classes.assign(names.begin(), names.end());
  for (const std::string& name : class_of) {
    cora.labels.push_back(std::lower_bound(cora.classes.begin(), cora.classes.end(), name) -
                          cora.classes.begin());
  }
}

}  // namespace

CoraFiles parse_cora(std::string_view content, const std::string& content_file,
                     std::string_view cites, const std::string& cites_file) {
  CoraFiles cora;
  read_papers(content, content_file, cora);
  const auto at = positions(cora.ids);
  bool empty = true;
  for_each_line(cites, cites_file, [&](const TextLine& line) {
    empty = false;
    const std::vector<std::string_view> fields = split_fields(line.text);
    if (fields.size() != 2) line.refuse("must be two ids");
    std::int64_t ends[2];
    for (std::size_t k = 0; k < 2; ++k) {
      const auto found = at.find(std::string(fields[k]));
      if (found == at.end())
        line.refuse(fmt::format("names the id {}, which {} has not", fields[k], content_file));
      ends[k] = found->second;
    }
    if (ends[0] != ends[1]) cora.edges.emplace_back(std::minmax(ends[0], ends[1]));
  });
  if (empty) throw InputError(cites_file + " is empty");
  std::sort(cora.edges.begin(), cora.edges.end());
  cora.edges.erase(std::unique(cora.edges.begin(), cora.edges.end()), cora.edges.end());
  return cora;
}

std::array<std::vector<std::int64_t>, 3> parse_cora_split(std::string_view text,
                                                          const std::string& file,
                                                          const std::vector<std::string>& ids) {
  const auto at = positions(ids);
  std::array<std::vector<std::int64_t>, 3> parts;
  std::set<std::int64_t> seen;
  for_each_line(text, file, [&](const TextLine& line) {
    const std::vector<std::string_view> fields = split_fields(line.text);
    if (fields.size() != 2) line.refuse("must be an id and train, val, test or none");
    const auto found = at.find(std::string(fields[0]));
    if (found == at.end()) line.refuse(fmt::format("names the unknown id {}", fields[0]));
    if (!seen.insert(found->second).second)
      line.refuse(fmt::format("names the id {} a second time", fields[0]));
    if (fields[1] == "train") {
      parts[0].push_back(found->second);
    } else if (fields[1] == "val") {
      parts[1].push_back(found->second);
    } else if (fields[1] == "test") {
      parts[2].push_back(found->second);
    } else if (fields[1] != "none") {
      line.refuse(fmt::format("says \"{}\", must be train, val, test or none", fields[1]));
    }
  });
  if (parts[0].empty()) throw InputError(file + " has no paper to train on");
  for (auto& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace infoplane
