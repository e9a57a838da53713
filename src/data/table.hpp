#pragma once

#include <cstdint>

#include "data/dataset.hpp"

namespace infoplane {

/// The data set "file": data.inputs [row][...] and data.labels [row], whole numbers from 0. Their
/// files are looked for in data.root, then where the program was started. Throws InputError with
/// file and row.
Dataset load_file(const DataSettings& settings, const DataPlaces& places, std::uint64_t row_seed);

}  // namespace infoplane
