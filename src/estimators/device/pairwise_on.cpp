#include "estimators/device/pairwise_on.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "estimators/detail/error_budget.hpp"
#include "estimators/detail/information_sum.hpp"
#include "estimators/detail/noise_ladder.hpp"
#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

using torch::Tensor;

/// Of the exponential (some ulp), squared up to six times, and of sums of up to a million
/// numbers.
constexpr double arithmetic_tolerance = 1e-9;

/// Numbers of the rows whose distances are recomputed at a time.
constexpr std::int64_t recomputed_numbers = std::int64_t{1} << 24;

/// The distinct rows of each class, in order of class.
struct DistinctRows {
  std::vector<std::uint32_t> sources;  ///< rows of the snapshot
  std::vector<double> weights;         ///< how often each occurs in its class
  std::vector<std::int32_t> labels;
};

DistinctRows distinct_rows(MatrixView<const float> h, const std::vector<std::int32_t>& labels) {
  const std::size_t features = h.cols();
  // Negative, 0 or positive, by value: 0 and -0 are one point.
  const auto compare = [&](std::uint32_t a, std::uint32_t b) {
    if (labels[a] != labels[b]) return labels[a] < labels[b] ? -1 : 1;
    const auto [of_a, of_b] = std::mismatch(h.row(a), h.row(a) + features, h.row(b));
    if (of_a == h.row(a) + features) return 0;
    return *of_a < *of_b ? -1 : 1;
  };
  std::vector<std::uint32_t> rows(h.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int order = compare(a, b);
    return order < 0 || (order == 0 && a < b);
  });
  DistinctRows distinct;
  for (const std::uint32_t row : rows) {
    if (!distinct.sources.empty() && compare(distinct.sources.back(), row) == 0) {
      distinct.weights.back() += 1.0;
      continue;
    }
    distinct.sources.push_back(row);
    distinct.weights.push_back(1.0);
    distinct.labels.push_back(labels[row]);
  }
  return distinct;
}

/// Rows [begin, begin + count) of a tensor.
struct Range {
  std::int64_t begin;
  std::int64_t count;

  Tensor of(const Tensor& tensor, std::int64_t dimension = 0) const {
    return tensor.narrow(dimension, begin, count);
  }
};

/// A part of a tile whose pairs are all of one class, or all of two.
struct Part {
  Range rows;     ///< of the tile
  Range columns;  ///< of the tile
  bool same_class;
};

/// Kernel sums of all rows, tile by tile of the symmetric half. Every step is an operation of
/// LibTorch whose result repeats: no atomic additions.
class DeviceSums {
 public:
  DeviceSums(torch::Device device, MatrixView<const float> h, const DistinctRows& rows,
             const detail::NoiseLadder& ladder, std::size_t tile_rows)
      : labels_(rows.labels), ladder_(ladder), tile_rows_(static_cast<std::int64_t>(tile_rows)) {
    const auto n = static_cast<std::int64_t>(rows.sources.size());
    const auto features = static_cast<std::int64_t>(h.cols());
    Tensor values = torch::empty({n, features}, torch::kFloat32);
    auto* to = values.data_ptr<float>();
    for (const std::uint32_t row : rows.sources) to = std::copy_n(h.row(row), h.cols(), to);
    values_ = values.to(device);
    centred_ = values_.to(torch::kFloat64);
    centred_.sub_(centred_.mean(0, true));
    norms_ = torch::empty({n}, centred_.options());
    for (std::int64_t begin = 0; begin < n; begin += tile_rows_) {
      const Range block{begin, std::min(tile_rows_, n - begin)};
      block.of(norms_).copy_(block.of(centred_).square().sum(1));
    }
    weights_ = torch::tensor(rows.weights, torch::kFloat64).to(device);
    device_labels_ = torch::tensor(rows.labels, torch::kInt32).to(device);
    const auto widths = static_cast<std::int64_t>(ladder.widths.size());
    sums_ = torch::zeros({widths, 2, n}, centred_.options());
    const double total = std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
    // From this distance on, over |a|^2 + |b|^2, the error of |a|^2 + |b|^2 - 2ab is tolerable
    // wherever a kernel can be seen; see estimators/pairwise.cpp.
    doubtful_below_ = detail::cancellation_error(h.cols()) *
                      std::log(total / detail::dropped_at_most) / detail::kernel_tolerance;
  }

  /// [width][other, same][row]
  Tensor operator()() {
    const std::int64_t n = centred_.size(0);
    for (std::int64_t a = 0; a < n; a += tile_rows_) {
      for (std::int64_t b = a; b < n; b += tile_rows_) {
        add_tile({a, std::min(tile_rows_, n - a)}, {b, std::min(tile_rows_, n - b)});
      }
    }
    return sums_.to(torch::kCPU).contiguous();
  }

 private:
  void add_tile(Range a, Range b) {
    const Tensor distances = squared_distances(a, b);
    const bool diagonal = a.begin == b.begin;
    const std::vector<Part> parts = diagonal ? std::vector<Part>{} : parts_of(a, b);
    Tensor other_class;
    if (diagonal) {
      other_class = a.of(device_labels_).unsqueeze(1).ne(b.of(device_labels_).unsqueeze(0));
    }
    for (const detail::NoiseChain& chain : ladder_.chains) {
      Tensor kernel = distances.mul(-chain.factor).exp2_();
      int squarings = 0;
      for (const std::size_t width : chain.widths) {
        for (; squarings < ladder_.widths[width].squarings; ++squarings) kernel.square_();
        const Tensor sums = sums_.select(0, static_cast<std::int64_t>(width));
        if (diagonal) {
          const Tensor weights = a.of(weights_);
          a.of(sums[1]).add_(kernel.masked_fill(other_class, 0).mv(weights));
          a.of(sums[0]).add_(kernel.masked_fill(other_class.logical_not(), 0).mv(weights));
          continue;
        }
        for (const Part& part : parts) {
          const Tensor values = part.columns.of(part.rows.of(kernel), 1);
          const Tensor to = sums[part.same_class ? 1 : 0];
          const Tensor of_a = part.rows.of(a.of(to));
          const Tensor of_b = part.columns.of(b.of(to));
          of_a.add_(values.mv(part.columns.of(b.of(weights_))));
          of_b.add_(values.t().mv(part.rows.of(a.of(weights_))));
        }
      }
    }
  }

  /// Rows are in order of class, so two blocks have at most one class in common: that of the last
  /// rows of the one and of the first rows of the other. With classes 0 0 1 and 1 1 2, the part of
  /// row 2, columns 0 and 1 is of one class.
  std::vector<Part> parts_of(Range a, Range b) const {
    const auto label = [&](std::int64_t row) { return labels_[static_cast<std::size_t>(row)]; };
    const std::int32_t common = label(b.begin);
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    if (label(a.begin + a.count - 1) == common) {
      while (rows < a.count && label(a.begin + a.count - 1 - rows) == common) ++rows;
      while (columns < b.count && label(b.begin + columns) == common) ++columns;
    }
    const std::int64_t before = a.count - rows;
    std::vector<Part> parts;
    for (const Part& part :
         {Part{{before, rows}, {0, columns}, true}, Part{{0, before}, {0, b.count}, false},
          Part{{before, rows}, {columns, b.count - columns}, false}}) {
      if (part.rows.count > 0 && part.columns.count > 0) parts.push_back(part);
    }
    return parts;
  }

  Tensor squared_distances(Range a, Range b) const {
    const Tensor norms_a = a.of(norms_).unsqueeze(1);
    const Tensor norms_b = b.of(norms_).unsqueeze(0);
    Tensor distances = torch::mm(a.of(centred_), b.of(centred_).t());
    distances.mul_(-2.0).add_(norms_a).add_(norms_b).clamp_min_(0.0);
    recompute(distances.lt(norms_a * doubtful_below_ + norms_b * doubtful_below_), a, b, distances);
    return distances;
  }

  /// By differences of the rows as they were recorded: centring has rounded them. The diagonal is
  /// always among these pairs, or 0 already: a row keeps the 1 of its own.
  void recompute(const Tensor& doubtful, Range a, Range b, Tensor& distances) const {
    const Tensor pairs = doubtful.nonzero();  // [pair][row, column]
    const std::int64_t at_a_time = std::max<std::int64_t>(recomputed_numbers / values_.size(1), 1);
    for (std::int64_t begin = 0; begin < pairs.size(0); begin += at_a_time) {
      const Tensor some = pairs.narrow(0, begin, std::min(at_a_time, pairs.size(0) - begin));
      const Tensor rows = some.select(1, 0);
      const Tensor columns = some.select(1, 1);
      Tensor differences = a.of(values_).index_select(0, rows).to(torch::kFloat64);
      differences.sub_(b.of(values_).index_select(0, columns));
      distances.index_put_({rows, columns}, differences.square_().sum(1));
    }
  }

  const std::vector<std::int32_t>& labels_;
  const detail::NoiseLadder& ladder_;
  std::int64_t tile_rows_;
  Tensor values_;         ///< [row][feature], float32 as recorded
  Tensor centred_;        ///< [row][feature], float64
  Tensor norms_;          ///< [row], of centred_
  Tensor weights_;        ///< [row]
  Tensor device_labels_;  ///< [row]
  Tensor sums_;
  double doubtful_below_ = 0;
};

std::vector<PairwiseEstimate> finish(const Tensor& sums, const DistinctRows& rows,
                                     const detail::NoiseLadder& ladder,
                                     const std::vector<double>& sigma2, double total,
                                     double label_entropy, std::size_t features) {
  const std::size_t n = rows.sources.size();
  const auto* values = sums.data_ptr<double>();
  std::vector<PairwiseEstimate> estimates;
  for (std::size_t s = 0; s < sigma2.size(); ++s) {
    PairwiseEstimate estimate;
    estimate.sigma2 = sigma2[s];
    const auto information = [&](std::size_t width) {
      const double* other = values + 2 * width * n;
      const double* same = other + n;
      detail::InformationSum sum(total, label_entropy);
      for (std::size_t i = 0; i < n; ++i) sum.add(rows.weights[i], same[i], other[i], 0.0);
      estimate.error_bits = sum.error_bits(detail::kernel_tolerance + arithmetic_tolerance);
      return sum.information(sigma2[s], features);
    };
    estimate.kl = information(ladder.kl[s]);
    estimate.bd = information(ladder.bd[s]);
    estimates.push_back(estimate);
  }
  return estimates;
}

}  // namespace

std::vector<PairwiseEstimate> pairwise_information_on(const ComputeDevice& device,
                                                      MatrixView<const float> h,
                                                      const std::vector<std::int32_t>& labels,
                                                      const std::vector<double>& sigma2,
                                                      std::size_t tile_rows) {
  detail::require_snapshot(h, labels, sigma2);
  const detail::NoiseLadder ladder(sigma2);
  const DistinctRows rows = distinct_rows(h, labels);
  const torch::NoGradGuard no_grad;
  try {
    const torch::Device on =
        device.kind == ComputeDevice::Kind::cuda
            ? torch::Device(torch::kCUDA, static_cast<std::int8_t>(device.index))
            : torch::Device(torch::kCPU);
    const Tensor sums = DeviceSums(on, h, rows, ladder, tile_rows)();
    return finish(sums, rows, ladder, sigma2, static_cast<double>(h.rows()),
                  label_entropy_bits(labels), h.cols());
  } catch (const c10::Error& error) {
    throw Error(ExitCode::internal_failure,
                fmt::format("LibTorch cannot estimate {} rows of {} features on {}: {} "
                            "(estimate.device = \"cpu\" does without a device)",
                            h.rows(), h.cols(), to_string(device), error.what_without_backtrace()));
  }
}

}  // namespace infoplane
