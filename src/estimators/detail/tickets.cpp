#include "estimators/detail/tickets.hpp"

#include <algorithm>

namespace infoplane::detail {
namespace {

/// Panels of a side, at most: 4096 rows.
constexpr std::size_t most_panels = 4096 / (box_lanes * leaf_rows);
/// Sides at least, if there are so many panels: smaller snapshots can be shared, too.
constexpr std::size_t least_sides = 4;

/// One panel of a first side in so many is looked at.
constexpr std::size_t panel_step = 2;

/// Of two leaves that are looked into at `widths` widths; two panels that are left out, beside
/// that.
constexpr double left_out_cost = 0.01;
double cost_of(std::size_t widths) { return 1 + 0.5 * static_cast<double>(widths); }

}  // namespace

std::vector<Ticket> cut_tickets(const OrderedRows& rows) {
  const std::size_t panels = rows.panels();
  const std::size_t sides =
      std::max((panels + most_panels - 1) / most_panels, std::min(panels, least_sides));
  const auto side = [&](std::size_t s) {
    return Side{panels * s / sides, panels * (s + 1) / sides};
  };
  std::vector<Ticket> tickets;
  for (std::size_t a = 0; a < sides; ++a) {
    for (std::size_t b = a; b < sides; ++b) tickets.push_back({side(a), side(b)});
  }
  return tickets;
}

/// Of its side with itself and with each of the others.
std::size_t tickets_of_a_row(const std::vector<Ticket>& tickets) {
  return static_cast<std::size_t>(std::count_if(
      tickets.begin(), tickets.end(),
      [](const Ticket& ticket) { return ticket.a.first_panel == ticket.b.first_panel; }));
}

double TicketCost::operator()(const Ticket& ticket) const {
  const auto& [a, b] = ticket;
  double pairs = 0;
  for (std::size_t i = a.first_panel; i < a.last_panel; i += panel_step) {
    const auto [first_leaf, end_leaf] = rows_.panel_leaves(i);
    OrderedRows::BoxDistances boxes{};
    const std::size_t first = std::max(i, b.first_panel);
    for (std::size_t j = first; j < b.last_panel; ++j) {
      if (prune_ && (j == first || j % box_lanes == 0)) {
        boxes = rows_.panel_distances(i, j / box_lanes);
      }
      pairs += left_out_cost;
      const std::size_t widths =
          reach_.widths_at(static_cast<double>(boxes.nearest[j % box_lanes]));
      if (widths == 0) continue;
      const std::size_t leaf = first_leaf + j % (end_leaf - first_leaf);
      pairs += (i == j ? 0.5 : 1.0) * of_leaf(leaf, j, widths);
    }
  }
  return pairs;
}

/// With a panel that `widths` see, at most.
double TicketCost::of_leaf(std::size_t leaf, std::size_t panel, std::size_t widths) const {
  const auto [first, last] = rows_.panel_leaves(panel);
  if (!prune_ || rows_.features() > boxed_features) {
    return static_cast<double>(last - first) * cost_of(widths);
  }
  const OrderedRows::BoxDistances boxes = rows_.leaf_distances(leaf, panel);
  double all = 0;
  for (std::size_t l = first; l < last; ++l) {
    const std::size_t seen = reach_.widths_at(static_cast<double>(boxes.nearest[l - first]));
    if (seen > 0) all += cost_of(seen);
  }
  return all;
}

}  // namespace infoplane::detail
