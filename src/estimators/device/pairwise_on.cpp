#include "estimators/device/pairwise_on.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/aligned_vector.hpp"
#include "estimators/detail/error_budget.hpp"
#include "estimators/detail/information_sum.hpp"
#include "estimators/detail/noise_ladder.hpp"
#include "estimators/detail/row_order.hpp"
#include "estimators/detail/varying_features.hpp"
#include "estimators/device/pair_sums.hpp"
#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

using detail::MergedRow;
using torch::Tensor;

/// Of the exponential (some ulp), squared up to six times, and of sums of up to a million
/// numbers.
constexpr double arithmetic_tolerance = 1e-9;

/// Owners times chunks that are looked for: several for each thread a device runs at once.
constexpr std::int64_t wanted_threads = std::int64_t{1} << 19;
/// Others of a chunk at least: fewer are not worth a sum of their own.
constexpr std::int64_t least_chunk_rows = 64;

/// Rows [begin, begin + count) of a tensor.
struct Range {
  std::int64_t begin;
  std::int64_t count;

  Tensor of(const Tensor& tensor, std::int64_t dimension = 0) const {
    return tensor.narrow(dimension, begin, count);
  }
};

/// Kernel sums of all rows, tile by tile. Every step repeats its result: no atomic additions.
class DeviceSums {
 public:
  DeviceSums(torch::Device device, MatrixView<const float> h,
             const std::vector<std::int32_t>& labels, const AlignedVector<MergedRow>& rows,
             const detail::NoiseLadder& ladder, std::size_t tile_rows)
      : ladder_(ladder),
        tile_rows_(static_cast<std::int64_t>(tile_rows)),
        rows_(static_cast<std::int64_t>(rows.size())),
        narrow_(static_cast<std::int64_t>(h.cols()) <= detail::most_narrow_features) {
    const auto n = static_cast<std::int64_t>(h.rows());
    const auto features = static_cast<std::int64_t>(h.cols());
    const auto on_device = [&](auto& vector, torch::ScalarType type) {
      constexpr bool at_once = false;
      constexpr bool copied = true;
      return torch::from_blob(vector.data(), {rows_}, type).to(device, type, at_once, copied);
    };
    std::vector<std::int64_t> sources;
    std::vector<double> weights;
    std::vector<std::int32_t> row_labels;
    for (const MergedRow row : rows) {
      sources.push_back(row.row);
      weights.push_back(row.weight);
      row_labels.push_back(labels[row.row]);
    }
    weights_ = on_device(weights, torch::kFloat64);
    labels_ = on_device(row_labels, torch::kInt32);
    values_ = torch::from_blob(const_cast<float*>(h.data()), {n, features}, torch::kFloat32)
                  .to(device)
                  .index_select(0, on_device(sources, torch::kInt64))
                  .to(torch::kFloat64);
    if (narrow_) {
      const std::int64_t fill = -features & (detail::narrow_step - 1);
      values_ = torch::constant_pad_nd(values_, {0, fill}).contiguous();
    } else {
      centred_ = values_ - values_.mean(0, true);
      norms_ = torch::empty({rows_}, values_.options());
      for (const Range& block : blocks())
        block.of(norms_).copy_(block.of(centred_).square().sum(1));
    }
    sums_ = torch::zeros({static_cast<std::int64_t>(ladder.widths.size()), 2, rows_},
                         values_.options());
    const auto total = static_cast<double>(h.rows());
    // From this distance on, over |a|^2 + |b|^2, the error of |a|^2 + |b|^2 - 2ab is tolerable
    // wherever a kernel can be seen; see estimators/detail/tile_distances.cpp.
    doubtful_below_ = detail::cancellation_error(h.cols()) *
                      std::log(total / detail::dropped_at_most) / detail::kernel_tolerance;
  }

  /// [width][other class, own class][row]
  Tensor operator()() {
    if (narrow_) {
      for (const Range& others : blocks()) add({0, rows_}, others, {});
      return sums_.to(torch::kCPU);
    }
    // The symmetric half of the products: each tile once more in columns.
    for (const Range& a : blocks()) {
      for (const Range& b : blocks()) {
        if (b.begin < a.begin) continue;
        const Tensor products = torch::mm(a.of(centred_), b.of(centred_).t());
        add(b, a, products);
        if (b.begin > a.begin) add(a, b, products.t().contiguous());
      }
    }
    return sums_.to(torch::kCPU);
  }

 private:
  std::vector<Range> blocks() const {
    std::vector<Range> blocks;
    for (std::int64_t begin = 0; begin < rows_; begin += tile_rows_)
      blocks.push_back({begin, std::min(tile_rows_, rows_ - begin)});
    return blocks;
  }

  /// `products`: [other][owner], none for narrow rows.
  void add(const Range& owners, const Range& others, const Tensor& products) {
    detail::PairSums pairs{};
    pairs.owners = of(owners);
    pairs.others = of(others);
    pairs.features = values_.size(1);
    if (products.defined()) pairs.products = products.data_ptr<double>();
    pairs.doubtful_below = doubtful_below_;
    const std::int64_t most_chunks = (others.count + least_chunk_rows - 1) / least_chunk_rows;
    const std::int64_t chunks =
        std::clamp<std::int64_t>(wanted_threads / owners.count, 1, most_chunks);
    pairs.chunk_rows = (others.count + chunks - 1) / chunks;
    for (const detail::NoiseChain& chain : ladder_.chains) {
      pairs.factor = chain.factor;
      pairs.widths = static_cast<int>(chain.widths.size());
      int squarings = 0;
      for (int w = 0; w < pairs.widths; ++w) {
        const int all = ladder_.widths[chain.widths[static_cast<std::size_t>(w)]].squarings;
        pairs.squarings[w] = all - squarings;
        squarings = all;
      }
      const Tensor of_chunks =
          torch::empty({pairs.chunks(), pairs.widths, 2, owners.count}, values_.options());
      pairs.sums = of_chunks.data_ptr<double>();
      run(pairs);
      const Tensor of_widths = of_chunks.sum(0);
      for (int w = 0; w < pairs.widths; ++w) {
        const auto width = static_cast<std::int64_t>(chain.widths[static_cast<std::size_t>(w)]);
        owners.of(sums_[width], 1).add_(of_widths[w]);
      }
    }
  }

  void run(const detail::PairSums& pairs) const {
    if (!values_.is_cuda()) return detail::sum_pairs_on_cpu(pairs);
    const char* const error = detail::sum_pairs_on_cuda(pairs, values_.device().index());
    TORCH_CHECK(error == nullptr, error);
  }

  detail::DeviceRows of(const Range& range) const {
    return {values_.data_ptr<double>() + range.begin * values_.size(1),
            narrow_ ? nullptr : norms_.data_ptr<double>() + range.begin,
            weights_.data_ptr<double>() + range.begin,
            labels_.data_ptr<std::int32_t>() + range.begin, range.count};
  }

  const detail::NoiseLadder& ladder_;
  std::int64_t tile_rows_;
  std::int64_t rows_;
  bool narrow_;
  Tensor values_;   ///< [row][feature], as recorded; narrow ones filled up
  Tensor centred_;  ///< [row][feature], of wide rows
  Tensor norms_;    ///< [row], of centred_
  Tensor weights_;  ///< [row]
  Tensor labels_;   ///< [row]
  Tensor sums_;
  double doubtful_below_ = 0;
};

std::vector<PairwiseEstimate> finish(const Tensor& sums, const AlignedVector<MergedRow>& rows,
                                     const detail::NoiseLadder& ladder,
                                     const std::vector<double>& sigma2, double total,
                                     double label_entropy, std::size_t features) {
  const std::size_t n = rows.size();
  const auto* other = sums.data_ptr<double>();
  std::vector<MutualInformation> of_widths;
  double error_bits = 0;
  for (const detail::NoiseWidth& width : ladder.widths) {
    const double* const same = other + n;
    detail::InformationSum sum(total, label_entropy);
    for (std::size_t i = 0; i < n; ++i) sum.add(rows[i].weight, same[i], other[i], 0.0);
    error_bits = sum.error_bits(
        detail::kernel_tolerance + arithmetic_tolerance +
        detail::distance_rounding(features, std::log(total / detail::dropped_at_most)));
    of_widths.push_back(sum.information(width.variance, features));
    other += 2 * n;
  }
  std::vector<PairwiseEstimate> estimates;
  for (std::size_t s = 0; s < sigma2.size(); ++s)
    estimates.push_back(detail::both_bounds(sigma2[s], of_widths[ladder.kl[s]],
                                            of_widths[ladder.bd[s]], error_bits));
  return estimates;
}

Tensor sums_on(const ComputeDevice& device, MatrixView<const float> h,
               const std::vector<std::int32_t>& labels, const AlignedVector<MergedRow>& rows,
               const detail::NoiseLadder& ladder, std::size_t tile_rows) {
  const torch::NoGradGuard no_grad;
  try {
    const torch::Device on =
        device.kind == ComputeDevice::Kind::cuda
            ? torch::Device(torch::kCUDA, static_cast<std::int8_t>(device.index))
            : torch::Device(torch::kCPU);
    const c10::DeviceGuard current(on);
    return DeviceSums(on, h, labels, rows, ladder, tile_rows)();
  } catch (const c10::Error& error) {
    throw Error(ExitCode::internal_failure,
                fmt::format("LibTorch cannot estimate {} rows of {} features on {}: {} "
                            "(estimate.device = \"cpu\" does without a device)",
                            h.rows(), h.cols(), to_string(device), error.what_without_backtrace()));
  }
}

}  // namespace

std::vector<PairwiseEstimate> pairwise_information_on(const ComputeDevice& device,
                                                      MatrixView<const float> h,
                                                      const std::vector<std::int32_t>& labels,
                                                      const std::vector<double>& sigma2,
                                                      std::size_t tile_rows) {
  detail::require_snapshot(h, labels, sigma2);
  const detail::NoiseLadder ladder(sigma2);
  const detail::VaryingFeatures varying(h);
  const AlignedVector<MergedRow> rows = detail::order_rows(varying.rows(), labels, {}).rows;
  const Tensor sums = sums_on(device, varying.rows(), labels, rows, ladder, tile_rows);
  return finish(sums, rows, ladder, sigma2, static_cast<double>(h.rows()),
                label_entropy_bits(labels), h.cols());
}

}  // namespace infoplane
