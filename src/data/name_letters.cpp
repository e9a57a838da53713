#include "data/name_letters.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "core/errors.hpp"
#include "data/text_lines.hpp"

namespace infoplane {

std::vector<std::string> parse_names(std::string_view text, const std::string& file) {
  std::vector<std::string> names;
  for_each_line(text, file, [&](const TextLine& line) {
    utf8proc_uint8_t* decomposed = nullptr;
    const utf8proc_ssize_t length =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(line.text.data()),
                     static_cast<utf8proc_ssize_t>(line.text.size()), &decomposed,
                     static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(decomposed, &std::free);
    if (length < 0) line.refuse("cannot be taken apart into letters");
    std::string name;
    for (utf8proc_ssize_t i = 0; i < length; ++i) {
      const char letter = static_cast<char>(decomposed[i]);
      if (name_alphabet.find(letter) != std::string_view::npos) name += letter;
    }
    if (!name.empty()) names.push_back(name);
  });
  if (names.empty()) throw InputError(file + " has no names");
  return names;
}

}  // namespace infoplane
