#include "models/adjacency.hpp"

namespace infoplane {
namespace {

torch::Tensor sparse(const torch::Tensor& index, const torch::Tensor& values, std::int64_t rows) {
  return torch::sparse_coo_tensor(index, values.to(torch::kFloat32), {rows, rows}).coalesce();
}

}  // namespace

torch::Tensor both_ways_and_self(const torch::Tensor& edges, std::int64_t rows) {
  const torch::Tensor self = torch::arange(rows, torch::kInt64).expand({2, rows});
  return torch::cat({edges, edges.flip(0), self}, 1);
}

torch::Tensor adjacency(const torch::Tensor& edges, std::int64_t rows) {
  const torch::Tensor index = both_ways_and_self(edges, rows);
  return sparse(index, torch::ones({index.size(1)}), rows);
}

torch::Tensor normalized_adjacency(const torch::Tensor& edges, std::int64_t rows) {
  const torch::Tensor index = both_ways_and_self(edges, rows);
  const torch::Tensor ones = torch::ones({index.size(1)}, torch::kFloat64);
  const torch::Tensor degrees = torch::zeros({rows}, torch::kFloat64).index_add(0, index[0], ones);
  return sparse(
      index, (degrees.index_select(0, index[0]) * degrees.index_select(0, index[1])).rsqrt(), rows);
}

}  // namespace infoplane
