#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "estimators/detail/tile_kernel.hpp"

// Products of wide rows from those of their digits. A centred row becomes whole numbers of 40 bits,
// in units that its leaf has in common, and those become digits of base 256, -128 to 127. The
// products of digits are summed in integers, exactly, by machine instructions that do a thousand of
// them at once; few digits tell whether two leaves can see each other at all, more of them give the
// distances. The scheme of Ozaki, Ogita, Oishi and Rump (Numerical Algorithms 59, 2012), on
// integers as by Ootomo, Ozaki and Yokota (IJHPCA 38, 2024).

namespace infoplane::detail {

/// Digits of a number, the first one the highest.
constexpr std::size_t digit_count = 5;
constexpr int digit_bits = 8;
static_assert(digit_count == 5 && digit_bits == 8, "first_digit");
/// A number is not larger than 2^this units.
constexpr int number_bits = static_cast<int>(digit_count) * digit_bits - 2;
/// Of digit 0, in units.
constexpr double first_digit = 0x1p32;
/// Digits i of one row and j of another are multiplied if i + j is below this.
constexpr std::size_t digit_levels = 6;
/// Features are taken in chunks of this many, the last one filled up by zeros.
constexpr std::size_t digit_chunk = 64;
/// The sums of products of as many features fit into 32 bits.
constexpr std::size_t most_digit_features = std::size_t{1} << 14;
/// Rows of a block of products.
constexpr std::size_t digit_rows = 16;

/// How the digits of a leaf lie: [digit 0][chunk][half of the leaf], then [chunk][digits 1 to
/// 4][half of the leaf], each
enum class DigitOrder {
  rows,     ///< [row][feature]
  columns,  ///< [feature / 4][row][feature % 4]
};

/// What is known of the rows of a leaf beside their digits; the same in both orders.
struct DigitLeaf {
  std::size_t halves;       ///< of the leaf's rows, one or two
  double unit;              ///< a power of two
  double norms[leaf_rows];  ///< -|h|^2 / 2 of the rounded rows; -padding_distance for padding
  float
      first_norms[leaf_rows];  ///< |digits 0|^2, in units of them; as good as infinite for padding
  double rest;                 ///< no row is farther from what its digit 0 says
};

/// A leaf to be turned into digits.
struct DigitSource {
  const float* rows[leaf_rows];
  std::size_t count;     ///< of rows
  const double* centre;  ///< that is taken off
  std::size_t features;
};

/// A leaf in one of the orders.
struct DigitView {
  const DigitLeaf* leaf;
  const std::int8_t* digits;
};

/// Always inline: the loops are compiled for machines that not everyone has.
__attribute__((always_inline)) constexpr std::size_t digit_chunks(std::size_t features) {
  return (features + digit_chunk - 1) / digit_chunk;
}
/// Of a leaf.
constexpr std::size_t digit_bytes(std::size_t features) {
  return digit_chunks(features) * digit_count * leaf_rows * digit_chunk;
}

/// The loops over digits, compiled for one kind of machine. All give the same bits.
struct DigitKernel {
  const char* name;  ///< "amx", "plain"

  void (*pack)(const DigitSource& source, DigitOrder order, std::int8_t* to, DigitLeaf& leaf);
  /// The smallest squared distance between digits 0 of rows, with digits 0 as units of `a`; within
  /// 2^-20 of the largest norms, if the units are no more than 2^30 apart. Rows by columns.
  float (*first_distance)(const DigitView& a, const DigitView& b, std::size_t features);
  /// Fills a tile with -d/2 of what was rounded to units, by all products that are made. Returns
  /// the smallest d.
  double (*distances)(const DigitView& a, const DigitView& b, std::size_t features, double* tile);
};

/// The one for this machine, null if there is none that is fast.
const DigitKernel* digit_kernel();
/// All that this machine runs, the plain one first. For tests.
std::vector<const DigitKernel*> digit_kernels();

}  // namespace infoplane::detail
