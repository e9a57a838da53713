#include "pipeline/trial_checkpoints.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "store/example_run.hpp"
#include "store/run_directory.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

/// A linear map; its weights are in a module of this name.
struct LinearNetwork : Network {
  LinearNetwork(std::int64_t outputs, const std::string& name) {
    linear = register_module(name, torch::nn::Linear(2, outputs));
  }
  torch::Tensor forward(const torch::Tensor& x) override {
    return output(probe("layer1", {"linear"}, linear(x)));
  }
  torch::nn::Linear linear{nullptr};
};

GradientStatistics statistics_of(const Network& network) {
  std::vector<LayerShape> layers(1);
  layers[0].name = "layer1";
  return {network, layers};
}

TrialCheckpoint checkpoint_of(const Network& network) {
  TrialCheckpoint checkpoint;
  checkpoint.training.epoch = 7;
  checkpoint.training.epoch_start = RandomStream(3).state();
  checkpoint.training.weights = weights_and_buffers(network);
  for (const torch::Tensor& parameter : network.parameters()) {
    for (int moment = 0; moment < 2; ++moment)
      checkpoint.training.moments.push_back(torch::zeros_like(parameter).detach());
  }
  checkpoint.training.generator = generator_state(torch::kCPU);
  checkpoint.gradients = statistics_of(network).state();
  return checkpoint;
}

// A plugin is built anew, with other parameters, while its trials wait to go on: they begin anew.
TEST(TrialCheckpoints, ThoseOfAnotherNetworkAreNotUsed) {
  const Scratch scratch;
  const RunDirectory run(scratch.path());
  const RunLayout layout = example_layout();
  write_example_activations(run.activations(), layout);
  write_results(run.results(),
                empty_results(layout, {1.5, 0.9}, {1e-3}, {Bound::kl}, example_provenance()));
  const ActivationsFile activations(run.activations(), ActivationsFile::Access::read,
                                    Communicator::serial());
  const ResultsFile results(run.results(), Communicator::serial());
  const auto checkpoints = [&] {
    return TrialCheckpoints(CheckpointFiles(run.path(), layout.trials[0].id), activations, results,
                            0, 60);
  };
  checkpoints().save({1, 0.5}, checkpoint_of(LinearNetwork(3, "layer1")));
  const auto restored_to = [&](const Network& network) {
    GradientStatistics statistics = statistics_of(network);
    return checkpoints().restore(network, statistics);
  };

  const std::optional<TrialCheckpoint> found = restored_to(LinearNetwork(3, "layer1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->training.epoch, 7);
  EXPECT_EQ(found->training.moments.size(), 4);
  LinearNetwork frozen(3, "layer1");
  frozen.linear->bias.set_requires_grad(false);
  EXPECT_FALSE(restored_to(frozen)) << "the moments are those of more parameters";
  EXPECT_FALSE(restored_to(LinearNetwork(4, "layer1"))) << "other weights";
  EXPECT_FALSE(restored_to(LinearNetwork(3, "inner"))) << "the weights are those of no layer";
}

}  // namespace
}  // namespace infoplane::test
