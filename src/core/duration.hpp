#pragma once

#include <optional>
#include <string>

namespace infoplane {

/// Seconds of "3600", "90m", "3h", "1h30m", "2d12h", "45s"; nothing for other text. Numbers may
/// have decimals: "1.5h".
std::optional<double> parse_duration_s(const std::string& text);

/// Seconds of a time as SLURM prints it, "MM:SS", "HH:MM:SS" or "D-HH:MM:SS"; nothing for other
/// text (UNLIMITED, NOT_SET).
std::optional<double> parse_slurm_time_s(const std::string& text);

}  // namespace infoplane
