#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace infoplane {

/// Edits that turn a into b: insertions, deletions, substitutions, swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or "" when none is near enough to be what was meant.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b, c"
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

/// What comes before the first line break: LibTorch appends its call stack to its messages.
std::string first_line(const std::string& text);

/// "a, b, c", or of more than `most` words "a, b, ... 7 in all".
std::string join_some(const std::vector<std::string>& words, std::size_t most);

/// A word as a shell reads it back, quoted where that is needed.
std::string shell_word(std::string_view word);

/// "1 trial", "8 trials"
std::string count_of(std::int64_t count, std::string_view noun);

/// Without spaces and tabs at its ends.
std::string_view trimmed(std::string_view text);

/// "812 B", "3.4 KiB", "1.2 GiB"
std::string format_bytes(std::uint64_t bytes);

/// "0.4 s", "12 s", "3 min 20 s", "2 h 05 min", "3 d 04 h"
std::string format_seconds(double seconds);

/// The shortest decimal that reads back as the same double; always a TOML float or "nan"/"inf".
std::string format_double(double value);

/// Breaks lines longer than `columns` at spaces. A line of a table (two columns, two or more spaces
/// between them) goes on below its second column.
std::string wrap_lines(std::string_view text, std::size_t columns);

}  // namespace infoplane
