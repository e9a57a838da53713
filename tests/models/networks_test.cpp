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

ModelSettings listed(const std::vector<std::string>& layers) {
  ModelSettings settings = kind("layers");
  settings.layers = layers;
  return settings;
}

/// A + I.
torch::Tensor dense_adjacency(const Dataset& data) {
  torch::Tensor a = torch::eye(data.rows());
  for (std::int64_t e = 0; e < data.edges.size(1); ++e) {
    const auto u = data.edges[0][e].item<std::int64_t>();
    const auto v = data.edges[1][e].item<std::int64_t>();
    a[u][v] = 1;
    a[v][u] = 1;
  }
  return a;
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
  const torch::Tensor a = dense_adjacency(data);
  const torch::Tensor d = a.sum(1).rsqrt().diag();
  const torch::Tensor p = d.mm(a).mm(d);
  const torch::Tensor hidden =
      torch::relu(p.mm(data.inputs).mm(weights["h1.weight"].t()) + weights["h1.bias"]);
  const torch::Tensor expected =
      p.mm(hidden).mm(weights["output.weight"].t()) + weights["output.bias"];
  EXPECT_TRUE(torch::allclose(network->forward(data.inputs), expected, 1e-5, 1e-6));
  EXPECT_EQ(described(settings, data), (std::vector<std::string>{"h1 gcn* 6", "output output* 3"}));
}

TEST(Gin, EqualsTheFormulaWithDenseMatrices) {
  const Dataset data = graph();
  ModelSettings settings = kind("gin");
  settings.hidden = {6};
  const auto network = make_network(settings, data, 1);
  EXPECT_TRUE(network->needs_all_rows());
  const auto w = network->named_parameters();
  const torch::Tensor a = dense_adjacency(data);
  const torch::Tensor inner =
      torch::relu(a.mm(data.inputs).mm(w["h1.0.weight"].t()) + w["h1.0.bias"]);
  const torch::Tensor hidden = torch::relu(inner.mm(w["h1.1.weight"].t()) + w["h1.1.bias"]);
  const torch::Tensor expected = a.mm(hidden).mm(w["output.weight"].t()) + w["output.bias"];
  EXPECT_TRUE(torch::allclose(network->forward(data.inputs), expected, 1e-5, 1e-6));
  EXPECT_EQ(described(settings, data), (std::vector<std::string>{"h1 gin* 6", "output output* 3"}));
}

TEST(Gat, EqualsTheFormulaWithDenseMatrices) {
  const Dataset data = graph();
  ModelSettings settings = kind("gat");
  settings.hidden = {4};
  settings.heads = 2;
  const auto network = make_network(settings, data, 1);
  const auto w = network->named_parameters();
  const torch::Tensor a = dense_adjacency(data);
  const auto attention = [&](const std::string& layer, const torch::Tensor& x, std::int64_t heads) {
    const torch::Tensor mapped = x.mm(w[layer + ".weight"].t());
    const std::int64_t units = mapped.size(1) / heads;
    std::vector<torch::Tensor> all;
    for (std::int64_t h = 0; h < heads; ++h) {
      const torch::Tensor m = mapped.narrow(1, h * units, units);
      const torch::Tensor to = m.mv(w[layer + ".attend_target"][h]);
      const torch::Tensor from = m.mv(w[layer + ".attend_source"][h]);
      const torch::Tensor score =
          torch::leaky_relu(to.unsqueeze(1) + from.unsqueeze(0), 0.2).masked_fill(a == 0, -1e30);
      all.push_back(torch::softmax(score, 1).mm(m));
    }
    return torch::cat(all, 1) + w[layer + ".bias"];
  };
  const torch::Tensor expected =
      attention("output", torch::elu(attention("h1", data.inputs, 2)), 1);
  EXPECT_TRUE(torch::allclose(network->forward(data.inputs), expected, 1e-5, 1e-6));
  EXPECT_EQ(described(settings, data), (std::vector<std::string>{"h1 gat* 8", "output output* 3"}));
}

TEST(LayerList, RecordsEachLayerAfterItsActivation) {
  EXPECT_EQ(described(listed({"conv 4 3", "batchnorm", "relu", "pool 2", "residual", "conv 4 3 1 1",
                              "relu", "end", "relu", "dropout 0.5", "linear 9", "tanh"}),
                      images()),
            (std::vector<std::string>{"conv1 conv 4 26 26", "pool1 pool 4 13 13",
                                      "conv2 conv 4 13 13", "residual1 residual* 4 13 13",
                                      "linear1 linear 9", "output output 3"}));
  EXPECT_EQ(described(listed({}), graph()), std::vector<std::string>{"output output 3"});
}

TEST(LayerList, IsTheNetworkThatItsWordsSay) {
  const Dataset data = sequences();
  const auto network =
      make_network(listed({"linear 7", "tanh", "residual", "linear 7", "relu", "end"}), data, 1);
  const auto w = network->named_parameters();
  const torch::Tensor first = torch::tanh(torch::nn::functional::linear(
      data.inputs.flatten(1), w["linear1.weight"], w["linear1.bias"]));
  const torch::Tensor sum = first + torch::relu(torch::nn::functional::linear(
                                        first, w["linear2.weight"], w["linear2.bias"]));
  EXPECT_TRUE(torch::allclose(
      network->forward(data.inputs),
      torch::nn::functional::linear(sum, w["output.weight"], w["output.bias"]), 1e-5, 1e-6));
}

TEST(LayerList, BatchNormalisationStartsAsOne) {
  const auto network = make_network(listed({"linear 7", "batchnorm", "relu"}), images(), 1);
  EXPECT_TRUE(network->named_parameters()["batchnorm1.weight"].equal(torch::ones({7})));
  EXPECT_TRUE(network->named_parameters()["batchnorm1.bias"].equal(torch::zeros({7})));
}

TEST(LayerList, WrongWordsAreNamed) {
  const auto message = [](const std::vector<std::string>& layers) -> std::string {
    try {
      make_network(listed(layers), images(), 1);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(
      message({"linear 3", "linaer 5"}),
      "model.layers[2] = \"linaer 5\": there is no such layer; did you mean \"linear\"? there "
      "are linear, conv, pool, tanh, relu, sigmoid, elu, batchnorm, dropout, residual, end");
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"linear"}, "[1] = \"linear\": it is written \"linear UNITS\""},
      {{"linear 0"}, "it is written \"linear UNITS\""},
      {{"linear 2.5"}, "with whole numbers"},
      {{"linear five"}, "\"five\" is no number"},
      {{"linear 5 5"}, "it is written \"linear UNITS\""},
      {{"tanh 2"}, "\"tanh\" takes no number"},
      {{"dropout 1"}, "at least 0 and below 1"},
      {{"dropout"}, "dropout PROBABILITY"},
      {{"conv 4"}, "conv CHANNELS SIDE"},
      {{"conv 4 3 0"}, "conv CHANNELS SIDE"},
      {{"conv 4 29"}, "the image is only 28 wide or high here"},
      {{"linear 5", "pool 2"}, "it takes images (channel x height x width), and a row is 5 here"},
      {{"end"}, "there is no \"residual\" before it"},
      {{"residual", "relu"}, "a \"residual\" has no \"end\""},
      {{"residual", "conv 2 3", "end"}, "the block changes a row from 1x28x28 to 2x26x26"},
      {{""}, "there is no such layer"}};
  for (const auto& [layers, part] : wrong)
    EXPECT_NE(message(layers).find(part), std::string::npos) << message(layers);
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
  ModelSettings gin = kind("gin");
  gin.activation = Activation::tanh;
  gin.hidden = {6, 4};
  expect_right_gradients(gin, graph());
  ModelSettings gat = kind("gat");
  gat.hidden = {4};
  gat.heads = 3;
  expect_right_gradients(gat, graph());
  expect_right_gradients(listed({"conv 4 3 2 1", "batchnorm", "tanh", "residual", "conv 4 3 1 1",
                                 "tanh", "end", "pool 2", "linear 8", "batchnorm", "sigmoid"}),
                         images());
}

TEST(Networks, SayWhatDataTheyNeed) {
  EXPECT_THROW(make_network(kind("lenet"), sequences(), 1), UsageError);
  EXPECT_THROW(make_network(kind("rnn"), images(), 1), UsageError);
  for (const char* const graph_network : {"gcn", "gin", "gat"})
    EXPECT_THROW(make_network(kind(graph_network), images(), 1), UsageError) << graph_network;
  EXPECT_THROW(make_network(kind("lenett"), images(), 1), UsageError);
}

}  // namespace
}  // namespace infoplane
