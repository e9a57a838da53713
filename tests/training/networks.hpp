#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"
#include "training/train.hpp"

namespace infoplane::test {

constexpr TrainingSeeds seeds{2, 3};

/// 0, ..., count - 1.
inline std::vector<std::int64_t> first_rows(std::int64_t count) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

/// Rows whose inputs are (2 i, 2 i + 1): what is recorded says which example it is.
inline Dataset numbered(std::int64_t rows) {
  Dataset data;
  data.name = "numbered";
  data.inputs = torch::arange(2 * rows, torch::kFloat32).reshape({rows, 2});
  data.labels = torch::arange(rows, torch::kInt64).remainder(2);
  data.classes = 2;
  return data;
}

/// Passes its inputs through.
class PassThrough : public Network {
 public:
  PassThrough() { weight = register_parameter("weight", torch::ones({1})); }
  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor t = probe("same", {"linear"}, x * weight);
    return output(torch::dropout(t, 0.5, is_training()));
  }
  torch::Tensor weight;
};

/// A path 0 - 1 - 2 - ...: a node sees itself and the node before. The layer "own" is the inputs as
/// they are, "seen" the linear map of the sums.
class PathNetwork : public Network {
 public:
  PathNetwork(std::int64_t rows, std::int64_t features, std::int64_t classes) : rows_(rows) {
    seen_ = register_module("seen", torch::nn::Linear(features, 3));
    last_ = register_module("output", torch::nn::Linear(3, classes));
  }
  bool needs_all_rows() const override { return true; }
  torch::Tensor forward(const torch::Tensor& x) override {
    ++forwards;
    TORCH_CHECK(x.size(0) == rows_, "a graph network got some of the rows");
    const torch::Tensor own = probe("own", {"gcn", false}, x);
    const torch::Tensor before =
        torch::cat({torch::zeros_like(own.narrow(0, 0, 1)), own.narrow(0, 0, rows_ - 1)});
    return output(last_(probe("seen", {"gcn", false}, torch::tanh(seen_(own + before)))));
  }
  int forwards = 0;

 private:
  std::int64_t rows_;
  torch::nn::Linear seen_{nullptr}, last_{nullptr};
};

/// A small image network: conv 3 (3 x 3), pool, linear.
class ConvNetwork : public Network {
 public:
  explicit ConvNetwork(std::int64_t classes) {
    conv_ = register_module("conv", torch::nn::Conv2d(1, 3, 3));
    last_ = register_module("output", torch::nn::Linear(3 * 3 * 3, classes));
  }
  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor t = probe("conv", {"conv"}, torch::relu(conv_(x)));
    const torch::Tensor pooled = probe("pool", {"pool"}, torch::max_pool2d(t, 2));
    return output(last_(pooled.flatten(1)));
  }

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::Linear last_{nullptr};
};

}  // namespace infoplane::test
