#include "data/text_lines.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/errors.hpp"

namespace infoplane {
namespace {

bool is_utf8(std::string_view text) {
  utf8proc_int32_t character = 0;
  while (!text.empty()) {
    const utf8proc_ssize_t size =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                         static_cast<utf8proc_ssize_t>(text.size()), &character);
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

void TextLine::refuse(const std::string& problem) const {
  throw InputError(fmt::format("{}:{} {}", file, number, problem));
}

void for_each_line(std::string_view text, const std::string& file,
                   const std::function<void(const TextLine&)>& visit) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number;
    if (line.empty()) continue;
    const TextLine found{line, file, number};
    if (!is_utf8(line)) found.refuse("is no UTF-8 text");
    visit(found);
  }
}

std::vector<std::string_view> split_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return fields;
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(" \t");
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end);
  }
}

}  // namespace infoplane
