#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Files of lines. Internal to the room.

namespace infoplane {

struct TextLine {
  std::string_view text;  ///< without the line's end
  const std::string& file;
  std::size_t number;  ///< from 1

  /// Throws InputError: `file:number problem`.
  [[noreturn]] void refuse(const std::string& problem) const;
};

/// Every line that is not empty. Throws InputError with file and line where the text is no UTF-8.
void for_each_line(std::string_view text, const std::string& file,
                   const std::function<void(const TextLine&)>& visit);

/// The words between blanks and tabs.
std::vector<std::string_view> split_fields(std::string_view line);

}  // namespace infoplane
