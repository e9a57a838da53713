// The estimator on one core, by Google Benchmark.
//
//   OPENBLAS_NUM_THREADS=1 pairwise_bench [--benchmark_filter=REGEX]
//
// INFOPLANE_BENCH_ACTIVATIONS names the folder that make_activations wrote; without it the
// benchmarks on real activations are left out. Iterations are fixed, medians of repetitions are
// reported; bytes_beyond_snapshot is how far one call raises the memory of the process.

#include <benchmark/benchmark.h>
#include <cblas.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <string>

#include "bench/npy.hpp"
#include "bench/peak_memory.hpp"
#include "core/random.hpp"
#include "estimators/pairwise.hpp"

namespace {

namespace bench = infoplane::bench;

constexpr std::uint64_t seed = 20240607;
constexpr std::int32_t classes = 10;
/// Rows of a block of the bare matrix products, the estimator's own.
constexpr std::size_t block_rows = 256;

struct Snapshot {
  bench::Matrix h;
  std::vector<std::int32_t> labels;
};

/// tanh of normal numbers, labels at random.
const Snapshot& random_snapshot(std::size_t rows, std::size_t features) {
  static std::map<std::pair<std::size_t, std::size_t>, Snapshot> made;
  Snapshot& snapshot = made[{rows, features}];
  if (snapshot.h.rows == 0) {
    infoplane::RandomStream random(seed);
    snapshot.h = {rows, features, std::vector<float>(rows * features)};
    for (float& value : snapshot.h.values) value = static_cast<float>(std::tanh(random.normal()));
    for (std::size_t i = 0; i < rows; ++i) {
      snapshot.labels.push_back(static_cast<std::int32_t>(random.uniform() * classes));
    }
  }
  return snapshot;
}

const Snapshot& recorded_snapshot(const std::filesystem::path& folder, int layer,
                                  std::size_t rows) {
  static std::map<std::pair<int, std::size_t>, Snapshot> read;
  Snapshot& snapshot = read[{layer, rows}];
  if (snapshot.h.rows == 0) {
    snapshot.h = bench::read_npy_matrix(folder / fmt::format("layer{}.npy", layer), rows);
    snapshot.labels = bench::read_npy_labels(folder / "labels.npy", rows);
  }
  return snapshot;
}

/// `count` variances, each twice the one before.
std::vector<double> factor_two_grid(double smallest, int count) {
  std::vector<double> sigma2;
  for (int i = 0; i < count; ++i) sigma2.push_back(std::ldexp(smallest, i));
  return sigma2;
}

void measure(benchmark::State& state, const Snapshot& snapshot, const std::vector<double>& sigma2,
             const infoplane::PairwiseOptions& options = {}) {
  const bench::PeakMemory memory;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        infoplane::pairwise_information(snapshot.h.view(), snapshot.labels, sigma2, options));
  }
  state.counters["bytes_beyond_snapshot"] =
      benchmark::Counter(static_cast<double>(memory.bytes()), benchmark::Counter::kDefaults,
                         benchmark::Counter::kIs1024);
}

/// The matrix products a dense evaluation of the symmetric half needs, and nothing else.
void bare_sgemm(benchmark::State& state, std::size_t rows, std::size_t features) {
  const bench::Matrix& h = random_snapshot(rows, features).h;
  const auto blas_int = [](std::size_t n) { return static_cast<blasint>(n); };
  std::vector<float> block(block_rows * block_rows);
  for (auto _ : state) {
    for (std::size_t i = 0; i < rows; i += block_rows) {
      for (std::size_t j = i; j < rows; j += block_rows) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(std::min(block_rows, rows - i)),
            blas_int(std::min(block_rows, rows - j)), blas_int(features), 1.0F,
            h.values.data() + i * features, blas_int(features), h.values.data() + j * features,
            blas_int(features), 0.0F, block.data(), blas_int(block_rows));
        benchmark::DoNotOptimize(block.data());
        benchmark::ClobberMemory();
      }
    }
  }
}

void with_medians(benchmark::internal::Benchmark* registered, int repetitions) {
  registered->Iterations(1)
      ->Repetitions(repetitions)
      ->ReportAggregatesOnly(true)
      ->Unit(benchmark::kMillisecond);
}

template <class Function>
void add(const std::string& name, int repetitions, Function function) {
  with_medians(benchmark::RegisterBenchmark(name.c_str(), function), repetitions);
}

/// 1024 units at a noise that hardly two rows can see each other through, and at one that leaves
/// no pair out; by what is fastest here, and as where digits are not.
template <class GetSnapshot>
void add_wide(const std::string& name, GetSnapshot snapshot) {
  for (const double sigma2 : {0.1, 20.0}) {
    for (const auto by : {infoplane::WideRows::fastest, infoplane::WideRows::floats}) {
      const char* const how = by == infoplane::WideRows::floats ? "/floats" : "";
      add(fmt::format("{}/N=10000/H=1024/sigma2={}{}", name, sigma2, how), 5,
          [=](benchmark::State& state) {
            measure(state, *snapshot(), {sigma2}, {true, by});
          });
    }
  }
}

void register_random() {
  for (const int count : {1, 12}) {
    add(fmt::format("random/N=10000/H=20/sigma2={}", count), 7, [count](benchmark::State& state) {
      measure(state, random_snapshot(10000, 20), factor_two_grid(1e-3, count));
    });
  }
  add_wide("random", [] { return &random_snapshot(10000, 1024); });
  add("sgemm-alone/N=10000/H=1024", 5,
      [](benchmark::State& state) { bare_sgemm(state, 10000, 1024); });
}

void register_recorded(const std::filesystem::path& folder) {
  for (const int count : {1, 12}) {
    add(fmt::format("layer4/N=10000/H=20/sigma2={}", count), 7,
        [folder, count](benchmark::State& state) {
          measure(state, recorded_snapshot(folder, 4, 10000), factor_two_grid(1e-3, count));
        });
  }
  add_wide("layer1", [folder] { return &recorded_snapshot(folder, 1, 10000); });
  for (const int layer : {2, 3, 4}) {
    for (const double sigma2 : {0.001, 0.1}) {
      for (const std::size_t rows : {15000U, 30000U, 60000U}) {
        for (const bool prune : {true, false}) {
          add(fmt::format("layer{}/N={}/sigma2={}/{}", layer, rows, sigma2,
                          prune ? "pruned" : "dense"),
              3, [=](benchmark::State& state) {
                measure(state, recorded_snapshot(folder, layer, rows), {sigma2}, {prune});
              });
        }
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_random();
  if (const char* folder = std::getenv("INFOPLANE_BENCH_ACTIVATIONS")) {
    register_recorded(folder);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
