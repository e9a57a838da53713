#include "training/checkpoint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "core/errors.hpp"
#include "models/make_network.hpp"
#include "training/networks.hpp"
#include "training/train.hpp"

// A training that is stopped, saved, and goes on in another network has the bits of one that was
// not.

namespace infoplane {
namespace {

using test::seeds;

const std::vector<std::int64_t> hook_epochs{0, 1, 3, 4, 6};

Dataset vectors() {
  torch::manual_seed(1);
  return {"vectors", torch::rand({40, 6}), torch::arange(40) % 3, 3};
}
Dataset images() {
  torch::manual_seed(1);
  return {"images", torch::rand({20, 1, 28, 28}), torch::arange(20) % 3, 3};
}
Dataset sequences() {
  torch::manual_seed(1);
  return {"sequences", torch::rand({30, 5, 4}), torch::arange(30) % 3, 3};
}
Dataset graph() {
  torch::manual_seed(1);
  Dataset data{"graph", torch::rand({12, 4}), torch::arange(12) % 3, 3};
  data.edges = torch::tensor({0, 1, 2, 5, 7, 1, 2, 3, 6, 9}, torch::kInt64).view({2, 5});
  return data;
}

struct Case {
  const char* name;
  Dataset (*data)();
  ModelSettings model;
  TrainingSettings training;
  bool by_examples = false;
};

std::vector<Case> cases() {
  TrainingSettings adam;
  adam.learning_rate = 0.01;
  adam.batch = 7;
  adam.epochs = 6;
  TrainingSettings sgd = adam;
  sgd.optimizer = Optimizer::sgd;
  sgd.momentum = 0.9;
  sgd.weight_decay = 1e-3;
  sgd.schedule = LearningRateSchedule::cosine;
  TrainingSettings patient = sgd;
  patient.patience = 2;
  patient.learning_rate = 0.5;
  patient.epochs = 30;
  const auto model = [](const char* kind, double dropout) {
    ModelSettings settings = default_model(kind);
    settings.dropout = dropout;
    return settings;
  };
  ModelSettings gru = model("rnn", 0.2);
  gru.cell = RecurrentCell::gru;
  gru.hidden = {9};
  return {{"fcn, dropout, adam", vectors, model("fcn", 0.2), adam},
          {"fcn, examples, sgd", vectors, model("fcn", 0), sgd, true},
          {"fcn, early stopping", vectors, model("fcn", 0.1), patient},
          {"gru, dropout, adam", sequences, gru, adam},
          {"lenet, sgd", images, model("lenet", 0), sgd},
          {"gcn, dropout, adam", graph, model("gcn", 0.3), adam}};
}

/// Everything that a training leaves behind.
struct Outcome {
  TrainingEnd end;
  std::vector<torch::Tensor> weights;
  std::vector<double> gradients;
  std::vector<std::int64_t> hooked;
  int batches = 0;
};

struct Pieces {
  int stopped = 0;
  Outcome outcome;
};

/// Trains; saves and stops after the batches in `stop_after`, and goes on in new objects each time.
Pieces train_in_pieces(const Case& how, const std::set<int>& stop_after) {
  const Dataset data = how.data();
  const std::int64_t validation = 5;
  Split split{test::first_rows(data.rows() - validation), {}, {}};
  for (std::int64_t row = data.rows() - validation; row < data.rows(); ++row)
    split.validation.push_back(row);

  Pieces out;
  std::string saved;
  for (;;) {
    const auto network = make_network(how.model, data, out.stopped == 0 ? 1 : 77);
    const std::vector<LayerShape> layers = recorded_layers(*network, data.inputs);
    GradientStatistics gradients(*network, layers);
    std::optional<TrialCheckpoint> from;
    if (!saved.empty()) {
      from = decode_checkpoint(saved);
      gradients.go_to(from->gradients);
    }
    TrainingHooks hooks;
    hooks.at_epoch = [&](std::int64_t epoch) {
      out.outcome.hooked.push_back(epoch);
      for (const LayerGradients& layer : gradients.take()) {
        for (const double value : {layer.mean, layer.deviation, layer.weight_norm})
          out.outcome.gradients.push_back(value);
      }
    };
    if (how.by_examples) {
      hooks.on_losses = [&](const torch::Tensor& losses) { gradients.add_examples(losses); };
    } else {
      hooks.on_gradient = [&] { gradients.add_batch(); };
    }
    hooks.at_pause = [&](const std::function<TrainingState()>& state) {
      if (stop_after.count(++out.outcome.batches) == 0) return;
      saved = encode({state(), gradients.state(), 0, {}, 0});
      throw StoppedEarly();
    };
    try {
      torch::manual_seed(
          static_cast<std::uint64_t>(out.stopped));  // what another trial left behind
      out.outcome.end = train(*network, data, split, how.training, seeds, hook_epochs, hooks,
                              from ? &from->training : nullptr);
      out.outcome.weights = weights_and_buffers(*network);
      return out;
    } catch (const StoppedEarly&) {
      ++out.stopped;
    }
  }
}

TEST(Checkpoint, ATrainingInPiecesHasTheSameBits) {
  for (const Case& how : cases()) {
    SCOPED_TRACE(how.name);
    const Outcome whole = train_in_pieces(how, {}).outcome;
    ASSERT_GT(whole.batches, 5);
    std::vector<std::set<int>> stops{{1}, {2, 3}, {whole.batches}, {5, 6, whole.batches - 1}};
    std::set<int> everywhere;
    for (int batch = 1; batch <= whole.batches; ++batch) everywhere.insert(batch);
    if (whole.batches < 40) stops.push_back(everywhere);
    for (const std::set<int>& stop : stops) {
      const Pieces pieces = train_in_pieces(how, stop);
      EXPECT_EQ(pieces.stopped, static_cast<int>(stop.size()));
      EXPECT_EQ(pieces.outcome.batches, whole.batches) << "no batch twice, none left out";
      EXPECT_EQ(pieces.outcome.end.epochs, whole.end.epochs);
      EXPECT_EQ(pieces.outcome.end.early, whole.end.early);
      EXPECT_EQ(pieces.outcome.hooked, whole.hooked);
      ASSERT_EQ(pieces.outcome.weights.size(), whole.weights.size());
      for (std::size_t i = 0; i < whole.weights.size(); ++i)
        EXPECT_TRUE(pieces.outcome.weights[i].equal(whole.weights[i])) << i;
      ASSERT_EQ(pieces.outcome.gradients.size(), whole.gradients.size());
      for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
        EXPECT_TRUE(pieces.outcome.gradients[i] == whole.gradients[i] ||
                    std::isnan(whole.gradients[i]))
            << i;
      }
    }
  }
}

TEST(Checkpoint, EarlyStoppingIsPartOfTheCases) {
  EXPECT_TRUE(train_in_pieces(cases()[2], {}).outcome.end.early);
}

TEST(Checkpoint, KeepsNumbersAndTensors) {
  TrialCheckpoint saved;
  saved.training.epoch = 3;
  saved.training.row = 14;
  saved.training.epoch_start = {1, 2, 3, 0xffffffffffffffffU};
  saved.training.best_loss = std::numeric_limits<double>::infinity();
  saved.training.weights = {torch::rand({2, 3}), torch::rand({}), torch::rand({0})};
  saved.training.generator = generator_state(torch::kCPU);
  saved.recorded = 2;
  saved.slab_parts = {5, 6, 7, 8};
  saved.seconds = 1.5;
  const TrialCheckpoint found = decode_checkpoint(encode(saved));
  EXPECT_EQ(found.training.epoch, 3);
  EXPECT_EQ(found.training.row, 14);
  EXPECT_EQ(found.training.epoch_start, saved.training.epoch_start);
  EXPECT_EQ(found.training.best_loss, saved.training.best_loss);
  ASSERT_EQ(found.training.weights.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(found.training.weights[i].equal(saved.training.weights[i])) << i;
  EXPECT_TRUE(found.training.generator.equal(saved.training.generator));
  EXPECT_FALSE(found.training.device_generator.defined());
  EXPECT_EQ(found.slab_parts, saved.slab_parts);
  EXPECT_EQ(found.seconds, 1.5);
}

TEST(Checkpoint, OfAnotherNetworkOrNoneAtAllIsRefused) {
  EXPECT_THROW(decode_checkpoint(""), InputError);
  EXPECT_THROW(decode_checkpoint("not a checkpoint at all"), InputError);

  const Dataset data = vectors();
  const auto network = make_network(default_model("fcn"), data, 1);
  TrainingState state;
  state.weights = {torch::zeros({2, 2})};
  const Split split{test::first_rows(20), {}, {}};
  EXPECT_THROW(train(*network, data, split, {}, seeds, {}, {}, &state), UsageError);
}

}  // namespace
}  // namespace infoplane
