// One call of the estimator as a process of its own, for scripts that alternate it with others.
//
//   pairwise_once [--rows N] [--repeats R] [--dense] [--floats] FILE.npy LABELS.npy
//                 SIGMA2[,SIGMA2...]
//
// Prints JSON: cpu_s and wall_s of each call of pairwise_information and nothing else, the
// estimates in bits with their certificate error_bits, and by how many bytes the first call raised
// the memory of the process.
// --dense leaves pruning off; --floats multiplies wide rows as on a machine without instructions
// for their digits.

#include <fmt/format.h>
#include <getopt.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "bench/npy.hpp"
#include "bench/peak_memory.hpp"
#include "core/errors.hpp"
#include "estimators/pairwise.hpp"

namespace {

namespace bench = infoplane::bench;
using infoplane::UsageError;

const char* const usage =
    "usage: pairwise_once [--rows N] [--repeats R] [--dense] [--floats] FILE.npy LABELS.npy "
    "SIGMA2[,...]";

struct Arguments {
  std::string activations, labels;
  std::vector<double> sigma2;
  std::size_t rows = 0;  ///< 0: all of the file
  int repeats = 1;
  infoplane::PairwiseOptions options;
};

Arguments parse(int argc, char** argv) {
  const option options[] = {{"rows", required_argument, nullptr, 'n'},
                            {"repeats", required_argument, nullptr, 'r'},
                            {"dense", no_argument, nullptr, 'd'},
                            {"floats", no_argument, nullptr, 'f'},
                            {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (int letter = 0; (letter = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (letter) {
      case 'n':
        arguments.rows = std::stoul(optarg);
        break;
      case 'r':
        arguments.repeats = std::stoi(optarg);
        break;
      case 'd':
        arguments.options.prune = false;
        break;
      case 'f':
        arguments.options.wide_rows = infoplane::WideRows::floats;
        break;
      default:
        throw UsageError(usage);
    }
  }
  if (argc - optind != 3) throw UsageError(usage);
  arguments.activations = argv[optind];
  arguments.labels = argv[optind + 1];
  std::istringstream list(argv[optind + 2]);
  for (std::string word; std::getline(list, word, ',');) {
    arguments.sigma2.push_back(std::stod(word));
  }
  return arguments;
}

double cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

nlohmann::json run(const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const bench::Matrix h = bench::read_npy_matrix(arguments.activations, arguments.rows);
  const std::vector<std::int32_t> labels = bench::read_npy_labels(arguments.labels, h.rows);
  nlohmann::json result;
  std::vector<infoplane::PairwiseEstimate> estimates;
  for (int repeat = 0; repeat < arguments.repeats; ++repeat) {
    std::optional<bench::PeakMemory> memory;
    if (repeat == 0) memory.emplace();
    const auto wall_start = Clock::now();
    const double cpu_start = cpu_s();
    estimates =
        infoplane::pairwise_information(h.view(), labels, arguments.sigma2, arguments.options);
    result["cpu_s"].push_back(cpu_s() - cpu_start);
    result["wall_s"].push_back(std::chrono::duration<double>(Clock::now() - wall_start).count());
    if (memory) result["peak_bytes"] = memory->bytes();
  }
  result["rows"] = h.rows;
  result["features"] = h.cols;
  for (const infoplane::PairwiseEstimate& estimate : estimates) {
    result["estimates"].push_back({{"sigma2", estimate.sigma2},
                                   {"kl_xt", estimate.kl.xt},
                                   {"kl_ty", estimate.kl.ty},
                                   {"bd_xt", estimate.bd.xt},
                                   {"bd_ty", estimate.bd.ty},
                                   {"error_bits", estimate.error_bits}});
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  fmt::print("{}\n", run(parse(argc, argv)).dump());
  return 0;
} catch (const infoplane::Error& error) {
  fmt::print(stderr, "pairwise_once: {}\n", error.what());
  return static_cast<int>(error.code());
} catch (const std::exception& error) {
  fmt::print(stderr, "pairwise_once: {}\n", error.what());
  return 1;
}
