#pragma once

#include "data/dataset.hpp"

namespace infoplane {

constexpr std::int64_t longest_name = 12;

/// Names and their languages: one file per language, classes in the order of the file names; of
/// each `settings.names_per_language` names, drawn without repetition from those of at most 12
/// letters. Inputs [row][12][57], one-hot; shorter names stand at the end, behind zeros, so that
/// the last step of a sequence is always its last letter. Throws InputError.
Dataset load_names(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed);

}  // namespace infoplane
