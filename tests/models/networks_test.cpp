#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "models/gcn.hpp"
#include "models/make_network.hpp"

namespace infoplane {
namespace {

Dataset images() {
  torch::manual_seed(1);
  return {"images", torch::rand({6, 1, 28, 28}), torch::arange(6) % 3, 3};
}
Dataset sequences() {
  torch::manual_seed(1);
  return {"sequences", torch::rand({6, 5, 4}), torch::arange(6) % 3, 3};
}
/// 0-1, 1-2, 2-3, and 4 alone.
Dataset graph() {
  torch::manual_seed(1);
  Dataset data{"graph", torch::rand({5, 4}), torch::arange(5) % 3, 3};
  data.edges = torch::tensor({0, 1, 2, 1, 2, 3}, torch::kInt64).view({2, 3});
  return data;
}

ModelSettings kind(const std::string& word) {
  ModelSettings settings = default_model(word);
  settings.dropout = 0;
  return settings;
}

std::vector<std::string> described(const ModelSettings& settings, const Dataset& data) {
  const auto network = make_network(settings, data, 1);
  std::vector<std::string> words;
  for (const LayerShape& layer : recorded_layers(*network, data.inputs)) {
    std::string word = layer.name + " " + layer.role.kind + (layer.role.follows ? "" : "*");
    for (const std::int64_t n : layer.shape) word += " " + std::to_string(n);
    words.push_back(word);
  }
  return words;
}

TEST(LeNet, RecordsConvolutionsAfterPooling) {
  EXPECT_EQ(described(kind("lenet"), images()),
            (std::vector<std::string>{"conv1 conv 10 12 12", "conv2 conv 20 4 4", "h1 linear 50",
                                      "output output 3"}));
}

TEST(Rnn, RecordsLastStatesOfWhichOnlyTheFirstFollows) {
  ModelSettings settings = kind("rnn");
  settings.hidden = {8, 6};
  EXPECT_EQ(described(settings, sequences()),
            (std::vector<std::string>{"h1 rnn 8", "h2 rnn* 6", "output output 3"}));
  settings.cell = RecurrentCell::lstm;
  EXPECT_EQ(described(settings, sequences())[0], "h1 lstm 8");
  settings.cell = RecurrentCell::gru;
  EXPECT_EQ(described(settings, sequences())[1], "h2 gru* 6");
}

TEST(Gcn, EqualsTheFormulaWithDenseMatrices) {
  const Dataset data = graph();
  ModelSettings settings = kind("gcn");
  settings.hidden = {6};
  const auto network = make_network(settings, data, 1);
  EXPECT_TRUE(network->needs_all_rows());
  const auto weights = network->named_parameters();
  torch::Tensor a = torch::eye(5);
  for (std::int64_t e = 0; e < 3; ++e) {
    const auto u = data.edges[0][e].item<std::int64_t>();
    const auto v = data.edges[1][e].item<std::int64_t>();
    a[u][v] = 1;
    a[v][u] = 1;
  }
  const torch::Tensor d = a.sum(1).rsqrt().diag();
  const torch::Tensor p = d.mm(a).mm(d);
  const torch::Tensor hidden =
      torch::relu(p.mm(data.inputs).mm(weights["h1.weight"].t()) + weights["h1.bias"]);
  const torch::Tensor expected =
      p.mm(hidden).mm(weights["output.weight"].t()) + weights["output.bias"];
  EXPECT_TRUE(torch::allclose(network->forward(data.inputs), expected, 1e-5, 1e-6));
  EXPECT_EQ(described(settings, data), (std::vector<std::string>{"h1 gcn* 6", "output output* 3"}));
}

/// Central differences in float64 on some weights of every parameter.
void expect_right_gradients(const ModelSettings& settings, Dataset data) {
  const auto network = make_network(settings, data, 1);
  network->to(torch::kFloat64);
  data.inputs = data.inputs.to(torch::kFloat64);
  const auto loss = [&] {
    return torch::nn::functional::cross_entropy(network->forward(data.inputs), data.labels);
  };
  loss().backward();
  for (const auto& entry : network->named_parameters()) {
    torch::Tensor flat = entry.value().data().view(-1);
    const torch::Tensor gradient = entry.value().grad().reshape(-1);
    for (const std::int64_t at : {std::int64_t{0}, flat.numel() / 2, flat.numel() - 1}) {
      const torch::NoGradGuard no_gradients;
      const double before = flat[at].item<double>();
      constexpr double step = 1e-6;
      flat[at] = before + step;
      const double above = loss().item<double>();
      flat[at] = before - step;
      const double below = loss().item<double>();
      flat[at] = before;
      EXPECT_NEAR(gradient[at].item<double>(), (above - below) / (2 * step), 1e-7)
          << settings.kind << " " << entry.key() << "[" << at << "]";
    }
  }
}

TEST(Networks, BackwardEqualsFiniteDifferences) {
  ModelSettings lenet = kind("lenet");
  lenet.activation = Activation::tanh;  // no kinks
  expect_right_gradients(lenet, images());
  ModelSettings rnn = kind("rnn");
  rnn.hidden = {8, 6};
  for (const RecurrentCell cell : {RecurrentCell::tanh, RecurrentCell::lstm, RecurrentCell::gru}) {
    rnn.cell = cell;
    expect_right_gradients(rnn, sequences());
  }
  ModelSettings gcn = kind("gcn");
  gcn.activation = Activation::tanh;
  expect_right_gradients(gcn, graph());
}

TEST(Networks, SayWhatDataTheyNeed) {
  EXPECT_THROW(make_network(kind("lenet"), sequences(), 1), UsageError);
  EXPECT_THROW(make_network(kind("rnn"), images(), 1), UsageError);
  EXPECT_THROW(make_network(kind("gcn"), images(), 1), UsageError);
  EXPECT_THROW(make_network(kind("lenett"), images(), 1), UsageError);
}

}  // namespace
}  // namespace infoplane
