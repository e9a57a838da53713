#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace infoplane::test {

/// The 12-bit data set of Shwartz-Ziv & Tishby (2017), written down once more and independently of
/// src/data: the inputs stand on the vertices of an icosahedron, and the label is a threshold on
/// how many of them are 1 and how many pairs of ones are neighbours, second neighbours or
/// antipodes.
constexpr int szt_inputs = 12;
constexpr int szt_patterns = 1 << szt_inputs;

/// Input k of pattern p; patterns count up, input 0 is the most significant bit.
inline int szt_input(int pattern, int k) { return pattern >> (szt_inputs - 1 - k) & 1; }

/// Edges between two vertices of the icosahedron, 1 to 3 (3: antipodes).
inline int szt_distance(int a, int b) {
  static const std::vector<std::pair<int, int>> edges{
      {0, 1},  {0, 3},  {0, 5}, {0, 10}, {0, 11}, {1, 2}, {1, 3}, {1, 4},  {1, 11}, {2, 3},
      {2, 4},  {2, 8},  {2, 9}, {3, 8},  {3, 10}, {4, 6}, {4, 9}, {4, 11}, {5, 6},  {5, 7},
      {5, 10}, {5, 11}, {6, 7}, {6, 9},  {6, 11}, {7, 8}, {7, 9}, {7, 10}, {8, 9},  {8, 10}};
  static const std::vector<std::pair<int, int>> antipodes{{0, 9}, {1, 7},  {2, 5},
                                                          {3, 6}, {4, 10}, {8, 11}};
  const auto joins = [&](const std::vector<std::pair<int, int>>& pairs) {
    for (const auto& [u, v] : pairs) {
      if ((u == a && v == b) || (u == b && v == a)) return true;
    }
    return false;
  };
  return joins(edges) ? 1 : joins(antipodes) ? 3 : 2;
}

/// y = 1 exactly when 42 w + a - 9 b - 14 c > 176.
inline std::vector<std::int32_t> szt_labels() {
  int pair_weight[szt_inputs][szt_inputs];
  for (int u = 0; u < szt_inputs; ++u) {
    for (int v = 0; v < szt_inputs; ++v) {
      const int distance = szt_distance(u, v);
      pair_weight[u][v] = distance == 1 ? 1 : distance == 2 ? -9 : -14;
    }
  }
  std::vector<std::int32_t> labels;
  for (int p = 0; p < szt_patterns; ++p) {
    int score = 0;
    for (int u = 0; u < szt_inputs; ++u) {
      if (!szt_input(p, u)) continue;
      score += 42;
      for (int v = u + 1; v < szt_inputs; ++v) score += szt_input(p, v) ? pair_weight[u][v] : 0;
    }
    labels.push_back(score > 176 ? 1 : 0);
  }
  return labels;
}

}  // namespace infoplane::test
