#include "models/initialize.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/fcn.hpp"

namespace infoplane {
namespace {

constexpr std::int64_t fan_in = 400;
constexpr std::int64_t fan_out = 250;

/// A network whose first weight matrix is 250 x 400: 100,000 draws.
std::unique_ptr<Fcn> initialized(Initialization initialization, std::uint64_t seed = 1) {
  ModelSettings settings;
  settings.hidden = {fan_out};
  auto network = std::make_unique<Fcn>(NetworkInput{settings, "test", {fan_in}, 2});
  initialize(*network, initialization, seed);
  return network;
}

TEST(Initialize, SpreadsAreThoseOfTheirRules) {
  struct Case {
    Initialization initialization;
    double std;
    double most;
  };
  // Cutting a normal at two standard deviations leaves 0.8796 of its spread.
  const double root = std::sqrt(static_cast<double>(fan_in));
  const double glorot = std::sqrt(6.0 / (fan_in + fan_out));
  const Case cases[] = {
      {Initialization::truncated_normal, 0.8796 / root, 2 / root},
      {Initialization::xavier_uniform, glorot / std::sqrt(3.0), glorot},
      {Initialization::he_normal, std::sqrt(2.0 / fan_in), 6 * std::sqrt(2.0 / fan_in)},
      {Initialization::torch, 1 / root / std::sqrt(3.0), 1 / root}};
  for (const Case& c : cases) {
    SCOPED_TRACE(name_of(c.initialization));
    const auto network = initialized(c.initialization);
    const torch::Tensor weights = network->parameters()[0];
    // 100,000 draws: the sample spread is within 1 % (4 standard errors of about 0.22 %).
    EXPECT_NEAR(weights.std().item<double>(), c.std, 0.01 * c.std);
    EXPECT_NEAR(weights.mean().item<double>(), 0, 5 * c.std / std::sqrt(1e5));
    EXPECT_LE(weights.abs().max().item<double>(), c.most * (1 + 1e-6));
    EXPECT_EQ(network->parameters()[1].abs().max().item<double>() > 0,
              c.initialization == Initialization::torch);
  }
}

TEST(Initialize, TheSeedDecidesAndNothingElse) {
  const auto a = initialized(Initialization::truncated_normal, 5);
  torch::manual_seed(999);
  const auto b = initialized(Initialization::truncated_normal, 5);
  const auto c = initialized(Initialization::truncated_normal, 6);
  EXPECT_TRUE(a->parameters()[0].equal(b->parameters()[0]));
  EXPECT_FALSE(a->parameters()[0].equal(c->parameters()[0]));
}

}  // namespace
}  // namespace infoplane
