#include <cmath>
#include <cstdio>
#include <exception>

#include "core/distance_axes.hpp"
#include "store/results_file.hpp"
#include "store/results_table.hpp"

// Writes the results.nc that open_everywhere.py opens: two trials, of which the second is
// unfinished.

namespace {

using namespace infoplane;

void write(const std::filesystem::path& path) {
  RunLayout layout;
  layout.axes = {"training.learning_rate", "training.seed", "model.activation"};
  layout.row_sets = {{{0, 1, 2, 3}, {0, 1, 0, 1}}};
  layout.trials = {{"0a1b2c3d4e5f",
                    {0, 1, 10},
                    {{"layer1", 4, "conv", {2, 2, 1}, true}, {"output", 2, "output", {2}, true}},
                    0,
                    20,
                    77,
                    {0.5, std::int64_t{1}, std::string("tanh")}},
                   {"beefbeefbeef",
                    {0, 5},
                    {{"layer1", 6, "rnn", {6}, false},
                     {"layer2", 3, "linear", {3}, true},
                     {"output", 2, "output", {2}, true}},
                    0,
                    11,
                    40,
                    {4e-4, std::int64_t{-2}, std::string("sigm\xc3\xb8id")}}};
  const ResultsTable axes = empty_results(
      layout, {1.0}, {1e-3, 1e-1, Noise::of_rule("median"), Noise::of_rule("p90/1000@last")},
      {Bound::kl, Bound::bd},
      {{"sweep_name", std::string("ex\xc3\xa4mple")}, {"ranks", std::int64_t{3}}});
  write_results(path, axes);

  ResultsFile file(path, Communicator::serial());
  file.write_state(0, {TrialState::done, 2, 0, 100, 112.5, "", 10});
  for (const std::size_t e : {0U, 1U, 3U}) {  // epochs 0, 1 and 10 of 0, 1, 5, 10
    const auto epoch = static_cast<double>(axes.epochs[e]);
    file.write_metrics(0, e, {1 / (1 + epoch), epoch / 16, 2 / (1 + epoch), std::nan(""), 3, 0.25});
    file.write_gradients(0, e, 2, {epoch, 2 * epoch, 4, 7});
    for (const std::size_t l : {0U, 2U}) {
      file.write_distances(0, e, l,
                           {std::vector<double>(distance_percents.size(), epoch),
                            std::vector<float>(distance_bins, 1.0F / 64), epoch + 1, 0.005});
      for (std::size_t s = 0; s < 4; ++s) {
        const double xt = epoch + 0.25 * static_cast<double>(l) + 0.125 * static_cast<double>(s);
        file.write_noise(0, e, l, s, xt / 100, 1e-9);
        file.write_estimate(0, e, l, s, {xt, xt + 0.0625}, {-xt, -xt - 0.0625});
      }
    }
  }
  file.write_state(1, {TrialState::running, 1, 0, 200, 200, ""});
  file.write_metrics(1, 0, {0.75, 0.5, 0.25, 0.125, std::nan(""), std::nan("")});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    write(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
