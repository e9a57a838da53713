#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/aligned_vector.hpp"
#include "core/matrix_view.hpp"
#include "estimators/detail/digits.hpp"
#include "estimators/detail/leaf_cache.hpp"
#include "estimators/detail/row_order.hpp"
#include "estimators/detail/tile_kernel.hpp"

namespace infoplane::detail {

/// A run of positions, at most leaf_rows rows that lie near each other, padded to whole groups.
struct Leaf {
  std::size_t first = 0;  ///< position of its first row, a multiple of lane_count
  std::size_t rows = 0;   ///< without padding
  std::size_t groups = 0;
  bool one_class = true;
  std::int32_t label = 0;  ///< of all its rows, if one_class
  double weight = 0;       ///< of all its rows together
  double largest_norm = 0;

  bool full() const { return rows == groups * lane_count; }  ///< no padding
};

/// The rows of a snapshot in leaves, in the order of row_order.hpp: what the tile kernels read.
class OrderedRows {
 public:
  static constexpr std::uint32_t padding = 0xFFFFFFFF;

  OrderedRows(MatrixView<const float> h, const std::vector<std::int32_t>& labels,
              const PreparedTogether& together = {});
  OrderedRows(const OrderedRows&) = delete;
  OrderedRows& operator=(const OrderedRows&) = delete;

  std::size_t features() const { return h_.cols(); }
  /// Rows and padding.
  std::size_t positions() const { return positions_; }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  /// The row of the snapshot at a position, or `padding`.
  std::uint32_t source(std::size_t position) const { return sources_[position]; }
  /// How often the row at a position occurs in its class.
  double weight(std::size_t position) const { return weights_[position]; }
  std::int32_t label(std::size_t position) const { return labels_[position]; }
  bool weighted() const { return weighted_; }
  double total_weight() const { return static_cast<double>(h_.rows()); }

  /// The leaf's rows, centred, as the tile kernels want them. Valid until the next call with the
  /// same `cache`, which gets them where they are not kept.
  LeafView view(std::size_t leaf, LeafCache<double>& cache) const;

  /// The same not centred, and without norms. Valid until the next call with the same `scratch`.
  LeafView raw_view(const Leaf& leaf, AlignedVector<double>& scratch) const;

  /// What the leaf's digits are made of.
  DigitSource digit_source(std::size_t leaf) const;

  /// Multiplicities by position; null if all are 1.
  const double* weights(const Leaf& leaf) const {
    return weighted_ ? weights_ + leaf.first : nullptr;
  }

  /// Leaves are also counted in panels of box_lanes: [first, last) leaves of one.
  std::size_t panels() const { return (leaves_.size() + box_lanes - 1) / box_lanes; }
  std::pair<std::size_t, std::size_t> panel_leaves(std::size_t panel) const;

  /// Bounds on squared distances between rows, from boxes: nearest[j] is not above any, farthest[j]
  /// not below any.
  struct BoxDistances {
    float nearest[box_lanes];
    float farthest[box_lanes];
  };
  /// Of one leaf to those of a panel.
  BoxDistances leaf_distances(std::size_t leaf, std::size_t panel) const {
    return distances_between(leaf_boxes_, leaf, panel);
  }
  /// Of one panel to the panels from box_lanes * group on.
  BoxDistances panel_distances(std::size_t panel, std::size_t group) const {
    return distances_between(panel_boxes_, panel, group);
  }
  /// The boxes of a leaf's groups, [feature][group]; a group that is not there is near to all. With
  /// more than grouped_features features there are none.
  const float* group_lows(std::size_t leaf) const { return group_lows_ + group_at(leaf); }
  const float* group_highs(std::size_t leaf) const { return group_highs_ + group_at(leaf); }
  static constexpr std::size_t grouped_features = 64;
  /// The squared distance of those two groups of two leaves whose boxes are farthest apart.
  double farthest_groups(std::size_t leaf, std::size_t other) const;
  /// What a distance of boxes in float32 is multiplied with to be surely not above the true one.
  float box_shrink() const { return 1.0F - box_error(); }

  double panel_weight(std::size_t panel) const { return panel_weights_[panel]; }

  /// Where a panel begins; panels() gives the end of all.
  std::size_t panel_position(std::size_t panel) const;

  /// The centred rows of panels [first_panel, last_panel) in float32, positions x features.
  struct Screen {
    std::size_t first_panel = 0, last_panel = 0;
    std::size_t first_position = 0;
    AlignedVector<float> values;
  };
  void fill_screen(std::size_t first_panel, std::size_t last_panel, Screen& screen) const;
  /// Squared norms in float32, padding_distance being infinite.
  const float* float_norms(const Leaf& leaf) const { return float_norms_ + leaf.first; }

 private:
  /// Low and high corner.
  struct Box {
    explicit Box(std::size_t features) : low(features), high(features) {}
    std::vector<float> low, high;
    /// Widens it until it holds the other one.
    void include(const Box& other);
  };

  void find_centre();
  void get_memory(const RowOrder& order);
  void make_leaves(const RowOrder& order, const std::vector<std::int32_t>& labels);
  void add_leaf(std::size_t first, const MergedRow* rows, std::size_t count,
                const std::vector<std::int32_t>& labels);
  void fill_leaves();
  void fill_group(std::size_t leaf, std::size_t group, AlignedVector<double>& scratch, Box& box);
  void ask_for_rows(std::size_t begin) const;
  float box_error() const { return static_cast<float>(features() + 8) * 0x1p-23F; }
  std::size_t group_at(std::size_t leaf) const { return leaf * features() * leaf_groups; }

  /// Low and high corners, [group][feature][lane].
  struct Boxes {
    std::vector<float> low, high;
    void resize(std::size_t count, std::size_t features);
    void include(std::size_t box, const Box& other);
  };
  BoxDistances distances_between(const Boxes& boxes, std::size_t one, std::size_t group) const;
  /// The rows of a group; a padding is its first one once more.
  struct Group {
    const float* rows[lane_count];
  };
  Group group_of(const Leaf& leaf, std::size_t group) const;
  void pack(const Leaf& leaf, const std::vector<double>& centre, double* to) const;

  MatrixView<const float> h_;
  const TileKernel& kernel_ = tile_kernel();
  std::vector<double> mean_, origin_;
  std::vector<Leaf> leaves_;
  std::vector<double> panel_weights_;
  bool weighted_ = false;
  Boxes leaf_boxes_, panel_boxes_;
  AlignedVector<std::byte> memory_;  ///< of the arrays below, in one piece: it takes fewer pages
  std::size_t positions_ = 0;
  // By position:
  std::uint32_t* sources_ = nullptr;
  std::int32_t* labels_ = nullptr;
  double* weights_ = nullptr;
  double* halves_ = nullptr;
  double* padding_ = nullptr;
  float* float_norms_ = nullptr;
  double* packed_ = nullptr;  ///< all leaves, if they are small enough to be kept
  // By leaf, if there are few features:
  float* group_lows_ = nullptr;
  float* group_highs_ = nullptr;
};

}  // namespace infoplane::detail
