// mlpack's dual-tree kernel density estimation on recorded activations: the nearest thing to one
// pruned sum of our estimator that others offer. mlpack.sh compiles and runs it.
//
//   mlpack_kde FILE.npy REPEATS SIGMA2 ROWS...
//
// The bandwidth is that of BD: exp(-d / (8 sigma2)) is a Gaussian of width 2 sigma. kd-trees, each
// row against all others, relative error 1e-6. Timed is the processor time of Evaluate alone; the
// tree is built before, anew for each repetition because Evaluate leaves bounds in it. Prints
// "SIGMA2 ROWS SECONDS BITS": the median, and I_BD(X;T) to see that the same sums were computed.
// They differ in the fourth decimal: where a leaf is settled at once, mlpack counts a row as one of
// the others.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <mlpack/methods/kde.hpp>
#include <string>
#include <vector>

namespace {

/// float32 [rows][features] of a .npy file as columns of float64, the first `rows` of them.
arma::mat read_npy(const char* path, std::size_t rows) {
  std::ifstream file(path, std::ios::binary);
  char start[10] = {};
  file.read(start, 10);
  std::string header(
      static_cast<unsigned char>(start[8]) + 256 * static_cast<unsigned char>(start[9]), ' ');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  std::size_t all = 0;
  std::size_t features = 0;
  if (!file || header.find("<f4") == std::string::npos ||
      std::sscanf(header.c_str() + header.find('('), "(%zu, %zu)", &all, &features) != 2 ||
      rows > all) {
    std::fprintf(stderr, "mlpack_kde: %s is no float32 matrix of at least %zu rows\n", path, rows);
    std::exit(4);
  }
  arma::fmat columns(features, rows);
  file.read(reinterpret_cast<char*>(columns.memptr()),
            static_cast<std::streamsize>(4 * columns.n_elem));
  return arma::conv_to<arma::mat>::from(columns);
}

double cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: mlpack_kde FILE.npy REPEATS SIGMA2 ROWS...\n");
    return 2;
  }
  const int repeats = std::max(1, std::atoi(argv[2]));
  const double sigma2 = std::atof(argv[3]);
  for (int i = 4; i < argc; ++i) {
    const arma::mat points = read_npy(argv[1], static_cast<std::size_t>(std::atoll(argv[i])));
    const auto rows = static_cast<double>(points.n_cols);
    std::vector<double> seconds;
    double bits = 0;
    for (int repeat = 0; repeat < repeats; ++repeat) {
      mlpack::KDE<mlpack::GaussianKernel, mlpack::EuclideanDistance, arma::mat, mlpack::KDTree> kde(
          1e-6, 0.0, mlpack::GaussianKernel(2 * std::sqrt(sigma2)));
      kde.Train(points);
      arma::vec sums;  // over the other rows, divided by the number of all rows
      const double start = cpu_s();
      kde.Evaluate(sums);
      seconds.push_back(cpu_s() - start);
      bits = -arma::mean(arma::log2(sums + 1 / rows));
    }
    std::sort(seconds.begin(), seconds.end());
    std::printf("%g %s %.3f %.6f\n", sigma2, argv[i], seconds[seconds.size() / 2], bits);
    std::fflush(stdout);
  }
}
