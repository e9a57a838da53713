#include "estimators/pairwise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "core/compensated_sum.hpp"
#include "estimators/detail/digits.hpp"
#include "estimators/detail/error_budget.hpp"
#include "estimators/detail/fixed_point_sums.hpp"
#include "estimators/detail/flush_denormals.hpp"
#include "estimators/detail/gather.hpp"
#include "estimators/detail/information_sum.hpp"
#include "estimators/detail/noise_ladder.hpp"
#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/partial_sums.hpp"
#include "estimators/detail/reach.hpp"
#include "estimators/detail/row_sums.hpp"
#include "estimators/detail/screening.hpp"
#include "estimators/detail/seen_blocks.hpp"
#include "estimators/detail/tickets.hpp"
#include "estimators/detail/tile_distances.hpp"
#include "estimators/detail/tile_kernel.hpp"
#include "estimators/detail/varying_features.hpp"
#include "estimators/pairwise_validation.hpp"

namespace infoplane {
namespace {

using detail::box_lanes;
using detail::boxed_features;
using detail::dropped_at_most;
using detail::kernel_tolerance;
using detail::lane_count;
using detail::Leaf;
using detail::leaf_groups;
using detail::leaf_rows;
using detail::OrderedRows;
using detail::PartialSums;
using detail::RowSums;
using detail::Screening;
using detail::SeenBlocks;
using detail::SeenWidths;
using detail::Side;
using detail::Ticket;
using detail::Tile;
using detail::TileDistances;

/// A tile whose kernel is constant to within this (relative) is counted at once.
constexpr double constant_tolerance = 5e-8;
/// Of the exponential (1.1e-10), squared up to six times, and of summation within a ticket.
constexpr double arithmetic_tolerance = 2e-8;

/// Leaf pairs of a panel pair for which screening costs less than it can save.
constexpr std::size_t screened_pairs = 24;

/// Panels whose inner products with another one are made by one call of SGEMM, at most: every call
/// copies both sides first.
constexpr std::size_t run_panels = 4;

/// Widths [first, last) of the ladder.
struct WidthRange {
  std::size_t first;
  std::size_t last;
  std::size_t whole;  ///< so many of all widths count as seen in every block of the tile
};

/// Two panels, and which widths are open for which of their leaves.
struct PanelPair {
  std::size_t a, b;
  WidthRange ranges[box_lanes][box_lanes];
};

/// What every ticket needs again.
struct Workspace {
  explicit Workspace(std::size_t widths) : rows(widths) {}

  PartialSums of_a, of_b;  ///< of its sides
  RowSums rows;            ///< of a leaf of side a
  Tile halves;             ///< -d/2
  Tile kernel;
  alignas(64) double unused_columns[leaf_rows] = {};
  TileDistances::Scratch distances;
  Screening::Scratch screening;
  std::vector<PanelPair> run;
  SeenBlocks::Scratch boxes;
};

}  // namespace

class PairwiseProblem::Engine {
 public:
  Engine(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
         const std::vector<double>& sigma2, const PairwiseOptions& options,
         const PreparedTogether& together)
      : together_(together),
        features_(h.cols()),
        varying_(h),
        rows_(varying_.rows(), labels, together),
        ladder_(sigma2),
        sums_(rows_, ladder_.widths.size()),
        sigma2_(sigma2),
        prune_(options.prune),
        farthest_exponent_(std::log(rows_.total_weight() / dropped_at_most)),
        reach_(ladder_.widths, farthest_exponent_, prune_),
        tickets_(detail::cut_tickets(rows_)),
        kernel_(detail::tile_kernel()),
        label_entropy_(label_entropy_bits(labels)),
        // Where a kernel can be seen, 2 variance >= d / farthest_exponent_: tolerable for any
        // width.
        distances_(rows_, digits_for(options.wide_rows), kernel_tolerance / farthest_exponent_) {
    if (!prune_) return;
    blocks_.emplace(rows_, kernel_, reach_.squared());
    if (!distances_.tells_least() && Screening::pays(rows_)) screening_.emplace(rows_, kernel_);
  }

  std::size_t tickets() const { return tickets_.size(); }

  std::vector<double> ticket_costs_s() const {
    std::vector<std::size_t> bounds;
    for (std::size_t part = 0; part <= together_.parts; ++part)
      bounds.push_back(tickets_.size() * part / together_.parts);
    std::vector<double> costs(tickets_.size());
    const detail::TicketCost cost(rows_, reach_, prune_);
    for (std::size_t t = bounds[together_.part]; t < bounds[together_.part + 1]; ++t)
      costs[t] = cost(tickets_[t]);
    if (together_.parts > 1) detail::gather(together_, costs.data(), bounds);
    const double all = std::accumulate(costs.begin(), costs.end(), 0.0);
    const double all_s = pairwise_cost_s(rows_.positions(), rows_.features(), sigma2_.size());
    for (double& seconds : costs) seconds *= all_s / all;
    return costs;
  }

  const detail::FixedPointSums& sums() const { return sums_; }

  void add(std::size_t ticket, PairwiseSums& sums, const std::function<void()>& meanwhile) const {
    const auto& [a, b] = tickets_.at(ticket);
    const bool diagonal = a.first_panel == b.first_panel;
    if (!work_) work_ = std::make_unique<Workspace>(widths());
    Workspace& work = *work_;
    work.run.clear();
    work.rows.clear();
    clear(work.of_a, a);
    if (!diagonal) clear(work.of_b, b);
    PartialSums& of_a = work.of_a;
    PartialSums& of_b = diagonal ? work.of_a : work.of_b;
    for (std::size_t i = a.first_panel; i < a.last_panel; ++i) {
      add_panel(i, b, diagonal ? i : b.first_panel, of_a, of_b, work);
      if (meanwhile) meanwhile();
    }
    sums_.add(of_a, sums);
    if (!diagonal) sums_.add(of_b, sums);
  }

  std::vector<PairwiseWidth> finish_part(std::size_t part, std::size_t parts,
                                         const PairwiseSums& sums) const {
    std::vector<PairwiseWidth> of_widths(widths());
    for (std::size_t w = sums_.first_width(part, parts); w < sums_.first_width(part + 1, parts);
         ++w) {
      of_widths[w] = information(w, sums);
    }
    return of_widths;
  }

  std::vector<PairwiseEstimate> estimates(const std::vector<PairwiseWidth>& of_widths) const {
    std::vector<PairwiseEstimate> estimates;
    for (std::size_t s = 0; s < sigma2_.size(); ++s) {
      const PairwiseWidth& kl = of_widths.at(ladder_.kl[s]);
      const PairwiseWidth& bd = of_widths.at(ladder_.bd[s]);
      estimates.push_back(detail::both_bounds(sigma2_[s], {kl.xt, kl.ty}, {bd.xt, bd.ty},
                                              std::max(kl.error_bits, bd.error_bits)));
    }
    return estimates;
  }

 private:
  static const detail::DigitKernel* digits_for(WideRows wide_rows) {
    if (wide_rows == WideRows::floats) return nullptr;
    return wide_rows == WideRows::digits ? detail::digit_kernels().back() : detail::digit_kernel();
  }

  std::size_t widths() const { return sums_.widths(); }
  const Leaf& leaf(std::size_t index) const { return rows_.leaves()[index]; }

  void clear(PartialSums& partial, const Side& side) const {
    const std::size_t first = rows_.panel_leaves(side.first_panel).first;
    const std::size_t last = rows_.panel_leaves(side.last_panel - 1).second;
    const std::size_t end = leaf(last - 1).first + leaf(last - 1).groups * lane_count;
    partial.clear(first, last - first, leaf(first).first, end - leaf(first).first, widths());
  }

  /// Widths, the first ones again, whose kernel is constant between two squared distances.
  std::size_t constant(double nearest, double farthest) const {
    if (!prune_) return 0;
    std::size_t count = 0;
    while (count < widths() &&
           farthest - nearest <= 4.0 * ladder_.widths[count].variance * constant_tolerance) {
      ++count;
    }
    return count;
  }

  /// A panel with those of side b from `first` on.
  void add_panel(std::size_t i, const Side& b, std::size_t first, PartialSums& of_a,
                 PartialSums& of_b, Workspace& work) const {
    const detail::FlushDenormals flush;
    OrderedRows::BoxDistances boxes{};
    for (std::size_t j = first; j < b.last_panel; ++j) {
      if (prune_ && i != j) {
        if (j % box_lanes == 0 || j == b.first_panel || j == i + 1) {
          boxes = rows_.panel_distances(i, j / box_lanes);
        }
        if (reach_.widths_at(static_cast<double>(boxes.nearest[j % box_lanes])) == 0) {
          drop_panels(i, j, of_a, of_b);
          continue;
        }
      }
      add_panels(i, j, b, of_a, of_b, work);
    }
    add_run(b, of_a, of_b, work);
  }

  /// All pairs of leaves of two panels, each pair once; what has to be screened joins a run.
  void add_panels(std::size_t a, std::size_t b, const Side& side, PartialSums& of_a,
                  PartialSums& of_b, Workspace& work) const {
    const auto [a_first, a_last] = rows_.panel_leaves(a);
    const auto [b_first, b_last] = rows_.panel_leaves(b);
    PanelPair pair{a, b, {}};
    std::size_t open = 0;
    for (std::size_t i = a_first; i < a_last; ++i) {
      OrderedRows::BoxDistances boxes{};
      const bool boxed = prune_ && rows_.features() <= boxed_features;
      if (boxed) boxes = rows_.leaf_distances(i, b);
      for (std::size_t j = std::max(i, b_first); j < b_last; ++j) {
        WidthRange& range = pair.ranges[i - a_first][j - b_first];
        range = {0, widths(), widths()};
        if (i != j && boxed) {
          const double near = static_cast<double>(boxes.nearest[j - b_first]);
          const double far = static_cast<double>(boxes.farthest[j - b_first]);
          range.last = reach_.widths_at(near);
          range.whole = blocks_->whole(near, far);
          range.first = std::min(constant(near, far), range.last);
          if (!leaf(i).one_class || !leaf(j).one_class) range.first = 0;
          if (range.first > 0) {
            // Doubles are added up in the order of panels, whatever is screened.
            add_run(side, of_a, of_b, work);
            add_constant(i, j, range.first, 0.5 * (near + far), of_a, of_b);
          }
        }
        if (range.first < range.last) {
          ++open;
        } else {
          drop(i, j, range.last, of_a, of_b);
        }
      }
    }
    if (open == 0) return;
    if (open < screened_pairs || !screening_ || !screening_->tells(a, b) ||
        !work.screening.due.is_due()) {
      add_run(side, of_a, of_b, work);
      add_pairs(pair, nullptr, of_a, of_b, work);
      return;
    }
    if (!work.run.empty() && (work.run.size() == run_panels || work.run.back().b + 1 != b)) {
      add_run(side, of_a, of_b, work);
    }
    work.run.push_back(pair);
  }

  /// One panel with several that follow each other: screens them together, adds them one by one.
  void add_run(const Side& side, PartialSums& of_a, PartialSums& of_b, Workspace& work) const {
    if (work.run.empty()) return;
    const Screening::Products products =
        screening_->products(work.run.front().a, work.run.front().b, work.run.back().b + 1,
                             side.last_panel, work.screening);
    std::size_t left_out = 0;
    for (const PanelPair& pair : work.run) left_out += add_pairs(pair, &products, of_a, of_b, work);
    work.screening.due.found(left_out, work.run.size() * box_lanes * box_lanes);
    work.run.clear();
  }

  /// The open leaves of two panels; with `products`, where there are some, they are screened.
  /// Returns how many pairs of leaves that left out.
  std::size_t add_pairs(const PanelPair& pair, const Screening::Products* products,
                        PartialSums& of_a, PartialSums& of_b, Workspace& work) const {
    const auto [a_first, a_last] = rows_.panel_leaves(pair.a);
    const auto [b_first, b_last] = rows_.panel_leaves(pair.b);
    std::size_t left_out = 0;
    for (std::size_t i = a_first; i < a_last; ++i) {
      for (std::size_t j = std::max(i, b_first); j < b_last; ++j) {
        WidthRange range = pair.ranges[i - a_first][j - b_first];
        if (range.first == range.last) continue;
        if (products != nullptr && i != j) {
          const double near = screening_->least_distance(*products, leaf(i), leaf(j));
          range.last = std::min(range.last, reach_.widths_at(near));
          if (range.first >= range.last) {
            drop(i, j, std::max(range.first, range.last), of_a, of_b);
            ++left_out;
            continue;
          }
        }
        add_leaves(i, j, range, of_a, of_b, work);
      }
      work.rows.add_to(of_a, leaf(i).first, leaf(i).groups, kernel_);
    }
    return left_out;
  }

  void add_leaves(std::size_t i, std::size_t j, WidthRange range, PartialSums& of_a,
                  PartialSums& of_b, Workspace& work) const {
    if (distances_.tells_least() && prune_ && i != j && work.distances.due.is_due()) {
      const double near = distances_.least(i, j, work.distances);
      range.last = std::min(range.last, reach_.widths_at(near));
      const bool left_out = range.first >= range.last;
      work.distances.due.found(left_out ? 1 : 0, 1);
      if (left_out) {
        drop(i, j, std::max(range.first, range.last), of_a, of_b);
        return;
      }
    }
    const bool mixed = !leaf(i).one_class || !leaf(j).one_class;
    SeenWidths seen;
    const std::size_t seen_everywhere = look_at_blocks(i, j, mixed, range, seen, work);
    // The choice of how does not look at widths: where one is seen, the nearest pair is in a block
    // that was looked at.
    const double least = distances_.fill(i, j, seen, work.distances, work.halves);
    if (i != j) {
      range.last = std::max(std::min(range.last, reach_.widths_at(least)), range.first);
      drop(i, j, std::max(std::min(range.last, seen_everywhere), range.first), of_a, of_b);
    }
    if (range.first == range.last) return;
    begin(i, range.last, of_a);
    begin(j, range.last, of_b);
    if (mixed) {
      add_mixed(i, j, range, seen, of_a, of_b, work);
      return;
    }
    for (const detail::NoiseChain& chain : ladder_.chains) {
      add_chain(chain, i, j, range, seen, of_b, work);
    }
  }

  /// As SeenBlocks::look; all blocks where leaves are mixed or the same.
  std::size_t look_at_blocks(std::size_t i, std::size_t j, bool mixed, const WidthRange& range,
                             SeenWidths& seen, Workspace& work) const {
    if (blocks_ && !mixed && i != j)
      return blocks_->look(i, j, range.whole, range.last, seen, work.boxes);
    for (auto& row : seen.of) {
      std::fill_n(row, leaf_groups, static_cast<std::int32_t>(range.last));
    }
    return range.last;
  }

  void add_chain(const detail::NoiseChain& chain, std::size_t i, std::size_t j, WidthRange range,
                 const SeenWidths& seen, PartialSums& of_b, Workspace& work) const {
    const auto begin = std::lower_bound(chain.widths.begin(), chain.widths.end(), range.first);
    const auto end = std::lower_bound(begin, chain.widths.end(), range.last);
    if (begin == end) return;
    const detail::Exponential exponential = exponential_of(*begin, i, j, work);
    const bool same = leaf(i).label == leaf(j).label;
    const auto sums_of = [&](std::size_t width) {
      return detail::KernelSums{
          work.rows.at(width, same),
          i == j ? work.unused_columns : of_b.kernel(width, same, leaf(j).first)};
    };
    int squarings = 0;
    for (auto at = begin; at != end;) {
      const bool first = at == begin;
      detail::KernelPass pass{};
      pass.row_groups = leaf(i).groups;
      pass.column_groups = leaf(j).groups;
      pass.row_weights = rows_.weights(leaf(i));
      pass.column_weights = rows_.weights(leaf(j));
      pass.seen = &seen;
      for (int step = 0; step < 2 && at != end; ++step, ++at) {
        pass.widths[step] = static_cast<std::int32_t>(*at);
        pass.squarings[step] = ladder_.widths[*at].squarings - squarings;
        squarings = ladder_.widths[*at].squarings;
        pass.sums[step] = sums_of(*at);
        pass.two = step == 1;
      }
      pass.store = at != end;
      if (first) {
        kernel_.exponential_sums(exponential, pass, work.kernel.values);
      } else {
        kernel_.sums(pass, work.kernel.values);
      }
    }
  }

  /// The kernels of the chain of a width, from the tile of distances.
  detail::Exponential exponential_of(std::size_t width, std::size_t i, std::size_t j,
                                     const Workspace& work) const {
    // |a - b|^2 <= 2 (|a|^2 + |b|^2), but for padding.
    const double farthest = leaf(i).full() && leaf(j).full()
                                ? 2.5 * (leaf(i).largest_norm + leaf(j).largest_norm)
                                : std::numeric_limits<double>::infinity();
    return {work.halves.values, ladder_.chains[ladder_.widths[width].chain].factor, farthest};
  }

  /// Leaves that several classes share: pair by pair.
  void add_mixed(std::size_t i, std::size_t j, WidthRange range, const SeenWidths& seen,
                 PartialSums& of_a, PartialSums& of_b, Workspace& work) const {
    const Leaf& a = leaf(i);
    const Leaf& b = leaf(j);
    for (std::size_t width = range.first; width < range.last; ++width) {
      detail::ExponentialPass pass{};
      pass.of = exponential_of(width, i, j, work);
      pass.squarings = ladder_.widths[width].squarings;
      pass.row_groups = a.groups;
      pass.column_groups = b.groups;
      pass.seen = &seen;
      pass.width = static_cast<std::int32_t>(width);
      kernel_.exponentials(pass, work.kernel.values);
      for (std::size_t r = 0; r < a.rows; ++r) {
        for (std::size_t c = 0; c < b.rows; ++c) {
          const std::size_t row = a.first + r;
          const std::size_t column = b.first + c;
          const bool same = rows_.label(row) == rows_.label(column);
          const double kernel = work.kernel.values[r * leaf_rows + c];
          *of_a.kernel(width, same, row) += kernel * rows_.weight(column);
          if (i != j) *of_b.kernel(width, same, column) += kernel * rows_.weight(row);
        }
      }
    }
  }

  void add_constant(std::size_t i, std::size_t j, std::size_t count, double distance,
                    PartialSums& of_a, PartialSums& of_b) const {
    const Leaf& a = leaf(i);
    const Leaf& b = leaf(j);
    const bool same = a.label == b.label;
    begin(i, count, of_a);
    begin(j, count, of_b);
    for (std::size_t width = 0; width < count; ++width) {
      const double kernel = std::exp(-distance / (2.0 * ladder_.widths[width].variance));
      for (std::size_t r = 0; r < a.rows; ++r) {
        *of_a.kernel(width, same, a.first + r) += kernel * b.weight;
      }
      for (std::size_t c = 0; c < b.rows; ++c) {
        *of_b.kernel(width, same, b.first + c) += kernel * a.weight;
      }
    }
  }

  void begin(std::size_t l, std::size_t widths, PartialSums& partial) const {
    partial.begin(l, leaf(l).first, leaf(l).groups * lane_count, widths);
  }

  /// The pairs of two leaves are left out for all widths from one on.
  void drop(std::size_t i, std::size_t j, std::size_t from_width, PartialSums& of_a,
            PartialSums& of_b) const {
    if (from_width == widths()) return;
    of_a.dropped(i, from_width) += leaf(j).weight;
    of_b.dropped(j, from_width) += leaf(i).weight;
  }

  void drop_panels(std::size_t a, std::size_t b, PartialSums& of_a, PartialSums& of_b) const {
    const auto [a_first, a_last] = rows_.panel_leaves(a);
    const auto [b_first, b_last] = rows_.panel_leaves(b);
    for (std::size_t i = a_first; i < a_last; ++i) of_a.dropped(i, 0) += rows_.panel_weight(b);
    for (std::size_t j = b_first; j < b_last; ++j) of_b.dropped(j, 0) += rows_.panel_weight(a);
  }

  PairwiseWidth information(std::size_t width, const PairwiseSums& sums) const {
    detail::InformationSum sum(rows_.total_weight(), label_entropy_);
    sums_.add_rows(width, sums, std::exp(-farthest_exponent_), sum);
    const MutualInformation information =
        sum.information(ladder_.widths[width].variance, features_);
    return {information.xt, information.ty,
            sum.error_bits(kernel_tolerance + arithmetic_tolerance + constant_tolerance +
                           detail::distance_rounding(rows_.features(), farthest_exponent_) +
                           sums_.rounding(detail::tickets_of_a_row(tickets_)))};
  }

  PreparedTogether together_;
  std::size_t features_;
  detail::VaryingFeatures varying_;
  OrderedRows rows_;
  detail::NoiseLadder ladder_;
  detail::FixedPointSums sums_;
  std::vector<double> sigma2_;
  bool prune_;
  double farthest_exponent_;  ///< exp(-this) is the smallest kernel value that is looked at
  detail::Reach reach_;
  std::vector<Ticket> tickets_;
  const detail::TileKernel& kernel_;
  double label_entropy_;
  TileDistances distances_;
  std::optional<SeenBlocks> blocks_;    ///< with pruning
  std::optional<Screening> screening_;  ///< the same, of wide rows without digits
  mutable std::unique_ptr<Workspace> work_;
};

PairwiseProblem::PairwiseProblem(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
                                 const std::vector<double>& sigma2, const PairwiseOptions& options,
                                 const PreparedTogether& together) {
  detail::require_snapshot(h, labels, sigma2);
  engine_ = std::make_unique<Engine>(h, labels, sigma2, options, together);
}

PairwiseProblem::~PairwiseProblem() = default;
PairwiseProblem::PairwiseProblem(PairwiseProblem&&) noexcept = default;
PairwiseProblem& PairwiseProblem::operator=(PairwiseProblem&&) noexcept = default;

std::size_t PairwiseProblem::tickets() const { return engine_->tickets(); }
std::vector<double> PairwiseProblem::ticket_costs_s() const { return engine_->ticket_costs_s(); }
std::size_t PairwiseProblem::sums_size() const { return engine_->sums().size(); }
PairwiseSums PairwiseProblem::no_sums() const {
  PairwiseSums sums;
  reserve_pages(sums, sums_size());
  sums.resize(sums_size(), 0);
  return sums;
}
void PairwiseProblem::add(std::size_t ticket, PairwiseSums& sums,
                          const std::function<void()>& meanwhile) const {
  engine_->add(ticket, sums, meanwhile);
}
std::vector<PairwiseEstimate> PairwiseProblem::finish(const PairwiseSums& sums) const {
  return estimates(finish_part(0, 1, sums));
}
std::size_t PairwiseProblem::widths() const { return engine_->sums().widths(); }
std::size_t PairwiseProblem::first_width(std::size_t part, std::size_t parts) const {
  return engine_->sums().first_width(part, parts);
}
std::vector<std::size_t> PairwiseProblem::part_bounds(std::size_t parts) const {
  return engine_->sums().part_bounds(parts);
}
std::vector<PairwiseWidth> PairwiseProblem::finish_part(std::size_t part, std::size_t parts,
                                                        const PairwiseSums& sums) const {
  return engine_->finish_part(part, parts, sums);
}
std::vector<PairwiseEstimate> PairwiseProblem::estimates(
    const std::vector<PairwiseWidth>& widths) const {
  return engine_->estimates(widths);
}

std::vector<PairwiseEstimate> pairwise_information(MatrixView<const float> h,
                                                   const std::vector<std::int32_t>& labels,
                                                   const std::vector<double>& sigma2,
                                                   const PairwiseOptions& options) {
  const PairwiseProblem problem(h, labels, sigma2, options);
  PairwiseSums sums = problem.no_sums();
  for (std::size_t ticket = 0; ticket < problem.tickets(); ++ticket) problem.add(ticket, sums);
  return problem.finish(sums);
}

double label_entropy_bits(const std::vector<std::int32_t>& labels) {
  if (labels.empty()) return 0;
  std::vector<std::size_t> counts;  // by label
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  const std::int64_t range = std::int64_t{*highest} - *lowest + 1;
  if (range <= static_cast<std::int64_t>(labels.size())) {
    counts.resize(static_cast<std::size_t>(range));
    for (const std::int32_t label : labels)
      ++counts[static_cast<std::size_t>(std::int64_t{label} - *lowest)];
  } else {
    std::map<std::int32_t, std::size_t> of_label;
    for (const std::int32_t label : labels) ++of_label[label];
    for (const auto& [label, count] : of_label) counts.push_back(count);
  }
  CompensatedSum bits;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(labels.size());
    bits.add(-p * std::log2(p));
  }
  return bits.value();
}

double pairwise_cost_s(std::size_t rows, std::size_t features, std::size_t sigma2_count) {
  // Between rows that all see each other and those of trained layers. The same on all processors:
  // ranks share work out by it.
  constexpr double seconds_per_product = 0.012e-9;
  constexpr double seconds_per_kernel = 0.2e-9;
  constexpr double seconds_per_distance = 0.3e-9;
  const double pairs = 0.5 * static_cast<double>(rows) * static_cast<double>(rows);
  return pairs * (seconds_per_distance + seconds_per_product * static_cast<double>(features) +
                  seconds_per_kernel * static_cast<double>(sigma2_count));
}

std::size_t pairwise_exponentials(const std::vector<double>& sigma2) {
  return detail::NoiseLadder(sigma2).chains.size();
}

std::string pairwise_vector_code() {
  const std::string tiles = detail::tile_kernel().name;
  const detail::DigitKernel* const digits = detail::digit_kernel();
  return digits == nullptr ? tiles : tiles + "+" + digits->name;
}

}  // namespace infoplane
