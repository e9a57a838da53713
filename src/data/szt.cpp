#include "data/szt.hpp"

#include <cmath>

#include "core/random.hpp"

namespace infoplane {
namespace {

constexpr int pattern_bits = 12;
constexpr std::array<std::array<int, 2>, 30> edges{{
    {0, 1},  {0, 3},  {0, 5}, {0, 10}, {0, 11}, {1, 2}, {1, 3}, {1, 4},  {1, 11}, {2, 3},
    {2, 4},  {2, 8},  {2, 9}, {3, 8},  {3, 10}, {4, 6}, {4, 9}, {4, 11}, {5, 6},  {5, 7},
    {5, 10}, {5, 11}, {6, 7}, {6, 9},  {6, 11}, {7, 8}, {7, 9}, {7, 10}, {8, 9},  {8, 10},
}};
constexpr std::array<std::array<int, 2>, 6> antipodes{
    {{0, 9}, {1, 7}, {2, 5}, {3, 6}, {4, 10}, {8, 11}}};

bool is_one(std::uint32_t pattern, int input) {
  return (pattern >> (pattern_bits - 1 - input) & 1U) != 0;
}

template <class Pairs>
int pairs_of_ones(std::uint32_t pattern, const Pairs& pairs) {
  int count = 0;
  for (const auto& [i, j] : pairs) count += is_one(pattern, i) && is_one(pattern, j) ? 1 : 0;
  return count;
}

}  // namespace

int szt_score(std::uint32_t pattern) {
  int ones = 0;
  for (int input = 0; input < pattern_bits; ++input) ones += is_one(pattern, input) ? 1 : 0;
  const int neighbours = pairs_of_ones(pattern, edges);
  const int opposite = pairs_of_ones(pattern, antipodes);
  // Every pair of vertices is a neighbour, a second neighbour or an antipode.
  const int second_neighbours = ones * (ones - 1) / 2 - neighbours - opposite;
  return 42 * ones + neighbours - 9 * second_neighbours - 14 * opposite;
}

Dataset make_szt(double gamma, std::uint64_t label_seed) {
  Dataset data{"szt", torch::empty({szt_patterns, pattern_bits}, torch::kFloat32),
               torch::empty({szt_patterns}, torch::kInt64), 2};
  auto x = data.inputs.accessor<float, 2>();
  auto y = data.labels.accessor<std::int64_t, 1>();
  RandomStream random(label_seed);
  for (std::int64_t row = 0; row < szt_patterns; ++row) {
    const auto pattern = static_cast<std::uint32_t>(row);
    for (int input = 0; input < pattern_bits; ++input)
      x[row][input] = is_one(pattern, input) ? 1.0F : 0.0F;
    const int score = szt_score(pattern);
    if (gamma > 0) {
      y[row] = random.uniform() < 1 / (1 + std::exp(-gamma * (score - szt_threshold))) ? 1 : 0;
    } else {
      y[row] = score > szt_threshold ? 1 : 0;
    }
  }
  return data;
}

}  // namespace infoplane
