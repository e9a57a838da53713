// The estimator on the first CUDA device beside the one for CPUs, in one run.
//
//   OPENBLAS_NUM_THREADS=1 device_bench [--benchmark_filter=REGEX]
//
// Without a CUDA device it says so and measures the CPU alone. The first iteration on a device, in
// which LibTorch loads what it needs, is not counted.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "estimators/device/pairwise_on.hpp"

namespace {

using infoplane::ComputeDevice;

struct Snapshot {
  std::vector<float> values;
  std::vector<std::int32_t> labels;
};

/// tanh of normal numbers, ten classes at random.
const Snapshot& random_snapshot(std::size_t rows, std::size_t features) {
  static std::map<std::pair<std::size_t, std::size_t>, Snapshot> made;
  Snapshot& snapshot = made[{rows, features}];
  if (snapshot.values.empty()) {
    infoplane::RandomStream random(20240607);
    snapshot.values.resize(rows * features);
    for (float& value : snapshot.values) value = static_cast<float>(std::tanh(random.normal()));
    for (std::size_t i = 0; i < rows; ++i) {
      snapshot.labels.push_back(static_cast<std::int32_t>(random.below(10)));
    }
  }
  return snapshot;
}

struct Work {
  std::size_t rows;
  std::size_t features;
  double sigma2_first;
  int sigma2_count;  ///< each twice the one before

  std::vector<double> sigma2() const {
    std::vector<double> values;
    for (int i = 0; i < sigma2_count; ++i) values.push_back(std::ldexp(sigma2_first, i));
    return values;
  }
};

/// The largest difference between two estimates of the same, in bits.
double largest_difference(const std::vector<infoplane::PairwiseEstimate>& a,
                          const std::vector<infoplane::PairwiseEstimate>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest =
        std::max({largest, std::abs(a[i].kl.xt - b[i].kl.xt), std::abs(a[i].kl.ty - b[i].kl.ty),
                  std::abs(a[i].bd.xt - b[i].bd.xt), std::abs(a[i].bd.ty - b[i].bd.ty)});
  }
  return largest;
}

void on_cpu(benchmark::State& state, const Work& work) {
  const Snapshot& s = random_snapshot(work.rows, work.features);
  for (auto _ : state) {
    benchmark::DoNotOptimize(infoplane::pairwise_information(
        {s.values.data(), work.rows, work.features}, s.labels, work.sigma2()));
  }
}

void on_device(benchmark::State& state, const Work& work) {
  const Snapshot& s = random_snapshot(work.rows, work.features);
  const infoplane::MatrixView<const float> h{s.values.data(), work.rows, work.features};
  const ComputeDevice device{ComputeDevice::Kind::cuda, 0};
  const auto estimates = infoplane::pairwise_information_on(device, h, s.labels, work.sigma2());
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        infoplane::pairwise_information_on(device, h, s.labels, work.sigma2()));
  }
  state.counters["bits_from_cpu"] =
      largest_difference(estimates, infoplane::pairwise_information(h, s.labels, work.sigma2()));
}

}  // namespace

int main(int argc, char** argv) {
  const bool cuda = infoplane::visible_cuda_devices() > 0;
  if (!cuda) std::fputs("LibTorch sees no CUDA device: the CPU alone\n", stderr);
  for (const Work& work :
       {Work{10000, 20, 1e-3, 1}, Work{10000, 20, 1e-3, 12}, Work{10000, 1024, 20, 1},
        Work{60000, 20, 1e-3, 1}, Work{60000, 20, 1e-3, 12}}) {
    const auto add = [&](const char* where, void (*measure)(benchmark::State&, const Work&)) {
      const std::string name =
          fmt::format("{}/N={}/H={}/sigma2={}", where, work.rows, work.features, work.sigma2_count);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [=](benchmark::State& state) { measure(state, work); })
          ->Iterations(1)
          ->Repetitions(3)
          ->ReportAggregatesOnly(true)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    };
    add("cpu", on_cpu);
    if (cuda) add("cuda", on_device);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
