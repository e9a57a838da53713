#pragma once

#include <cstddef>
#include <vector>

#include "estimators/detail/ordered_rows.hpp"
#include "estimators/detail/reach.hpp"

namespace infoplane::detail {

/// With more features than this the boxes of leaves tell nothing that is worth their time.
constexpr std::size_t boxed_features = 256;

/// Panels [first_panel, last_panel) of ordered rows.
struct Side {
  std::size_t first_panel;
  std::size_t last_panel;
};

/// All pairs of rows of two sides, or of one.
struct Ticket {
  Side a;
  Side b;  ///< the same as a, or one behind it
};

/// Tickets of which every pair of rows is in one: sides of 4096 rows, shorter where there would be
/// fewer than four.
std::vector<Ticket> cut_tickets(const OrderedRows& rows);

/// In so many of them is every row.
std::size_t tickets_of_a_row(const std::vector<Ticket>& tickets);

/// What a ticket takes, relative to others: the pairs of leaves that have to be looked into, by how
/// many widths see them, and a little for the rest. Some panels of its first side tell for all, and
/// of each of them one leaf, another one for every panel of the second side.
class TicketCost {
 public:
  /// Both must outlive it.
  TicketCost(const OrderedRows& rows, const Reach& reach, bool prune)
      : rows_(rows), reach_(reach), prune_(prune) {}

  double operator()(const Ticket& ticket) const;

 private:
  double of_leaf(std::size_t leaf, std::size_t panel, std::size_t widths) const;

  const OrderedRows& rows_;
  const Reach& reach_;
  bool prune_;
};

}  // namespace infoplane::detail
