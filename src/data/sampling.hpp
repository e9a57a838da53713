#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"

namespace infoplane {

/// A seeded split of all rows as the settings say. Fractions: round(train_fraction * rows) training
/// rows, at least one, then the validation rows from what is left, the rest for the test set.
Split split_rows(const Dataset& data, const DataSettings& settings, std::uint64_t seed);

/// A share of the training rows, at least one: seeded, stratified by label and nested, that is, the
/// rows of a smaller rate are among those of a larger one (same seed and split). Every class gets
/// its share to within one row. Increasing.
///
/// Example, classes A A A A B B, rate 1/2: the rows of A are shuffled to places 1/8 3/8 5/8 7/8,
/// those of B to 1/4 3/4; the three first places belong to A, B, A.
std::vector<std::int64_t> sample_rows(const Dataset& data, const std::vector<std::int64_t>& train,
                                      double rate, std::uint64_t seed);

/// `count` of `rows` rows, drawn once, increasing.
std::vector<std::int64_t> draw_rows(std::int64_t rows, std::int64_t count, std::uint64_t seed);

/// Keeps `rows` of the rows: a seeded subset, stratified by label, in the order they had. Throws
/// RowsDoNotFit at data.rows when there are fewer.
void keep_rows(Dataset& data, std::int64_t rows, std::uint64_t seed);

}  // namespace infoplane
