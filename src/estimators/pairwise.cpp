#include "estimators/pairwise.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "estimators/detail/tile_sums.hpp"
#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

/// Rows of a tile. Two panels and the tile of distances stay in the second-level cache.
constexpr std::size_t tile_rows = 128;

/// Relative error of a kernel value that is let through; 1e-8 of it is 1.5e-8 bits.
constexpr double kernel_tolerance = 1e-8;

/// exp(-46) = 1e-20: beside the 1 on the diagonal such a pair cannot be seen.
constexpr double negligible_exponent = 46;

/// Ceilings are exact; this much is rounding of the logarithms.
constexpr double ceiling_tolerance = 1e-9;

/// A run of rows of one class inside a tile.
struct ClassRun {
  std::size_t begin;  ///< within the tile
  std::size_t end;
  std::int32_t label;
};

/// Up to tile_rows rows, centred, in float64.
struct Panel {
  std::size_t first = 0;  ///< position of its first row in the order of the engine
  std::size_t rows = 0;
  std::vector<double> values;  ///< rows x H
  std::vector<double> norms;   ///< squared, of each row
  double largest_norm = 0;
  std::vector<ClassRun> runs;
};

/// Kernel sums of every row at one noise variance, apart for rows of its own and of other classes:
/// the ratio same / (same + other) then never exceeds 1, whatever is rounded.
struct SumsAtNoise {
  std::vector<double> same_kl, same_bd, other_kl, other_bd;

  explicit SumsAtNoise(std::size_t rows)
      : same_kl(rows), same_bd(rows), other_kl(rows), other_bd(rows) {}

  detail::KernelSums at(bool same_class, std::size_t row) {
    return same_class ? detail::KernelSums{same_kl.data() + row, same_bd.data() + row}
                      : detail::KernelSums{other_kl.data() + row, other_bd.data() + row};
  }
};

class PairwiseEngine {
 public:
  PairwiseEngine(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                 const std::vector<double>& sigma2)
      : h_(h), labels_(labels), sigma2_(sigma2), order_(h.rows()), mean_(h.cols()) {
    // Classes become contiguous, so that sums inside a class are sums over rectangles of a tile.
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return labels[a] < labels[b]; });
    for (std::size_t i = 0; i < h.rows(); ++i) {
      for (std::size_t k = 0; k < h.cols(); ++k) mean_[k] += static_cast<double>(h(i, k));
    }
    for (double& mean : mean_) mean /= static_cast<double>(h.rows());
    for (std::size_t s = 0; s < sigma2.size(); ++s) sums_.emplace_back(h.rows());
  }

  std::vector<PairwiseEstimate> operator()() {
    Panel rows;
    Panel cols;
    std::vector<double> tile(tile_rows * tile_rows);
    for (std::size_t i = 0; i < h_.rows(); i += tile_rows) {
      load(i, rows);
      add_tile(rows, rows, tile);
      for (std::size_t j = i + tile_rows; j < h_.rows(); j += tile_rows) {
        load(j, cols);
        add_tile(rows, cols, tile);
      }
    }
    std::vector<PairwiseEstimate> estimates;
    for (std::size_t s = 0; s < sigma2_.size(); ++s) {
      const SumsAtNoise& sums = sums_[s];
      estimates.push_back({sigma2_[s], information(sums.same_kl, sums.other_kl, sigma2_[s]),
                           information(sums.same_bd, sums.other_bd, sigma2_[s])});
    }
    return estimates;
  }

 private:
  void load(std::size_t first, Panel& panel) const {
    const std::size_t features = h_.cols();
    panel.first = first;
    panel.rows = std::min(tile_rows, h_.rows() - first);
    panel.values.resize(panel.rows * features);
    panel.norms.resize(panel.rows);
    panel.runs.clear();
    for (std::size_t i = 0; i < panel.rows; ++i) {
      const std::size_t source = order_[first + i];
      const float* from = h_.row(source);
      double* to = panel.values.data() + i * features;
      double norm = 0;
      for (std::size_t k = 0; k < features; ++k) {
        to[k] = static_cast<double>(from[k]) - mean_[k];
        norm += to[k] * to[k];
      }
      panel.norms[i] = norm;
      if (panel.runs.empty() || panel.runs.back().label != labels_[source]) {
        panel.runs.push_back({i, i, labels_[source]});
      }
      panel.runs.back().end = i + 1;
    }
    panel.largest_norm = *std::max_element(panel.norms.begin(), panel.norms.end());
  }

  /// All pairs (row of a, row of b), each counted for both of its rows. a and b may be one panel.
  void add_tile(const Panel& a, const Panel& b, std::vector<double>& tile) {
    const auto blas_int = [](std::size_t n) { return static_cast<blasint>(n); };
    const bool diagonal = &a == &b;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(a.rows), blas_int(b.rows),
                blas_int(h_.cols()), 1.0, a.values.data(), blas_int(h_.cols()), b.values.data(),
                blas_int(h_.cols()), 0.0, tile.data(), blas_int(tile_rows));
    detail::distances_from_products(tile.data(), tile_rows, a.rows, b.rows, a.norms.data(),
                                    b.norms.data());
    if (diagonal) {
      for (std::size_t i = 0; i < a.rows; ++i) tile[i * tile_rows + i] = 0;
    }
    mend_cancellation(a, b, tile);
    for (const ClassRun& run_a : a.runs) {
      for (const ClassRun& run_b : b.runs) {
        const detail::DistanceBlock block{tile.data() + run_a.begin * tile_rows + run_b.begin,
                                          tile_rows, run_a.end - run_a.begin,
                                          run_b.end - run_b.begin};
        const bool same = run_a.label == run_b.label;
        for (std::size_t s = 0; s < sigma2_.size(); ++s) {
          detail::add_kernel_sums(block, sigma2_[s], sums_[s].at(same, a.first + run_a.begin),
                                  diagonal ? detail::KernelSums{nullptr, nullptr}
                                           : sums_[s].at(same, b.first + run_b.begin));
        }
      }
    }
  }

  /// |a|^2 + |b|^2 - 2ab of two distant rows close to each other loses its digits; its error is at
  /// most `error` below, and a kernel value exp(-d / (2 variance)) is off by error / (2 variance)
  /// of itself. Where that value can be seen at all, 2 variance >= d / negligible_exponent: pairs
  /// nearer than `reach` are taken by differences, the others are good to kernel_tolerance at every
  /// variance. The choice must not look at sigma2, or a value would depend on which others are
  /// asked for.
  void mend_cancellation(const Panel& a, const Panel& b, std::vector<double>& tile) const {
    const double unit = 0x1p-53;
    const double error =
        2.0 * static_cast<double>(h_.cols() + 8) * unit * (a.largest_norm + b.largest_norm);
    const double reach = error * negligible_exponent / kernel_tolerance;
    for (std::size_t i = 0; i < a.rows; ++i) {
      for (std::size_t j = 0; j < b.rows; ++j) {
        double& distance = tile[i * tile_rows + j];
        if (distance < reach)
          distance = distance_by_differences(order_[a.first + i], order_[b.first + j]);
      }
    }
  }

  double distance_by_differences(std::size_t i, std::size_t j) const {
    const float* a = h_.row(i);
    const float* b = h_.row(j);
    double sum = 0;
    for (std::size_t k = 0; k < h_.cols(); ++k) {
      const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
      sum += difference * difference;
    }
    return sum;
  }

  /// I(X;T) = log2 N - mean log2 S_i and I(T;Y) = H(Y) + mean log2 (same_i / S_i), S_i = same_i +
  /// other_i.
  MutualInformation information(const std::vector<double>& same, const std::vector<double>& other,
                                double sigma2) const {
    const auto rows = static_cast<double>(h_.rows());
    double sum_log_all = 0;
    double sum_log_share = 0;
    for (std::size_t i = 0; i < h_.rows(); ++i) {
      const double all = same[i] + other[i];
      sum_log_all += std::log2(all);
      sum_log_share += std::log2(same[i] / all);
    }
    const double ceiling_xt = std::log2(rows);
    const double ceiling_ty = label_entropy_bits(labels_);
    return {held_to("I(X;T)", ceiling_xt - sum_log_all / rows, ceiling_xt, sigma2),
            held_to("I(T;Y)", ceiling_ty + sum_log_share / rows, ceiling_ty, sigma2)};
  }

  double held_to(const char* name, double bits, double ceiling, double sigma2) const {
    if (!(bits >= -ceiling_tolerance && bits <= ceiling + ceiling_tolerance)) {
      throw InternalError(
          fmt::format("{} = {} bits is outside [0, {}] at sigma2 = {}, N = {}, H = {}: a defect of "
                      "the estimator",
                      name, bits, ceiling, sigma2, h_.rows(), h_.cols()));
    }
    return std::clamp(bits, 0.0, ceiling);
  }

  MatrixView<const float> h_;
  const std::vector<std::int32_t>& labels_;
  const std::vector<double>& sigma2_;
  std::vector<std::size_t> order_;  ///< rows, class by class
  std::vector<double> mean_;
  std::vector<SumsAtNoise> sums_;  ///< in the order of the engine, one for each sigma2
};

}  // namespace

std::vector<PairwiseEstimate> pairwise_information(MatrixView<const float> h,
                                                   const std::vector<std::int32_t>& labels,
                                                   const std::vector<double>& sigma2) {
  detail::require_snapshot(h, labels, sigma2);
  return PairwiseEngine(h, labels, sigma2)();
}

double label_entropy_bits(const std::vector<std::int32_t>& labels) {
  std::map<std::int32_t, std::size_t> counts;
  for (const std::int32_t label : labels) ++counts[label];
  double bits = 0;
  for (const auto& [label, count] : counts) {
    const double p = static_cast<double>(count) / static_cast<double>(labels.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

double pairwise_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count) {
  constexpr double seconds_per_product = 1.0e-10;
  constexpr double seconds_per_kernel = 1.2e-9;
  constexpr double seconds_per_distance = 0.5e-9;
  const double pairs = 0.5 * static_cast<double>(rows) * static_cast<double>(rows);
  return pairs * (seconds_per_distance + seconds_per_product * static_cast<double>(features) +
                  seconds_per_kernel * static_cast<double>(sigma2_count));
}

}  // namespace infoplane
