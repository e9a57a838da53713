#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace infoplane {

/// Both directions of undirected edges [2][edge], each once, and an edge from every row to itself:
/// [2][edge].
torch::Tensor both_ways_and_self(const torch::Tensor& edges, std::int64_t rows);

/// A + I of the graph, sparse [row][row], coalesced, float32.
torch::Tensor adjacency(const torch::Tensor& edges, std::int64_t rows);

/// D^-1/2 (A + I) D^-1/2 with D the row sums of A + I (Kipf & Welling 2017): likewise.
torch::Tensor normalized_adjacency(const torch::Tensor& edges, std::int64_t rows);

}  // namespace infoplane
