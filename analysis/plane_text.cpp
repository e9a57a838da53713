#include "analysis/plane_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

struct Point {
  double xt;
  double ty;
  double sigma2;      ///< used
  std::size_t epoch;  ///< position on the axis
};

struct LayerPath {
  std::string name;
  std::int32_t position;
  std::vector<Point> points;  ///< by epoch, those with estimates

  const Point* at(std::size_t epoch) const {
    const auto found = std::find_if(points.begin(), points.end(),
                                    [&](const Point& point) { return point.epoch == epoch; });
    return found == points.end() ? nullptr : &*found;
  }
};

/// Of every layer of the trial, input side first.
std::vector<LayerPath> paths_of(const ResultsTable& t, std::size_t trial,
                                const std::vector<std::size_t>& epochs, std::size_t sigma2,
                                std::size_t bound) {
  std::vector<LayerPath> paths;
  for (std::size_t l = 0; l < t.layers.size(); ++l) {
    LayerPath path{t.layers[l], t.layer_position[t.at_layer(trial, l)], {}};
    if (path.position < 0) continue;
    for (const std::size_t e : epochs) {
      const std::size_t at = t.at_estimate(trial, e, l, sigma2, bound);
      if (!std::isnan(t.i_xt[at]) && !std::isnan(t.i_ty[at]))
        path.points.push_back(
            {t.i_xt[at], t.i_ty[at], t.sigma2_used[t.at_noise(trial, e, l, sigma2)], e});
    }
    paths.push_back(std::move(path));
  }
  std::sort(paths.begin(), paths.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return paths;
}

/// A sheet of character cells, each with 2 x 4 dots (Braille) or one letter; the last colour wins.
class Canvas {
 public:
  Canvas(int columns, int rows)
      : columns_(columns), rows_(rows), cells_(static_cast<std::size_t>(columns * rows)) {}

  /// x and y from 0 (left, bottom) to 1.
  void line(double x0, double y0, double x1, double y1, int colour) {
    const int steps = 1 + static_cast<int>(std::max(std::abs(x1 - x0) * columns_ * 2,
                                                    std::abs(y1 - y0) * rows_ * 4));
    for (int i = 0; i <= steps; ++i) {
      const double f = static_cast<double>(i) / steps;
      dot(x0 + f * (x1 - x0), y0 + f * (y1 - y0), colour);
    }
  }

  void letter(double x, double y, char letter, int colour) {
    Cell& c = cell(place(x, columns_), rows_ - 1 - place(y, rows_));
    c.letter = letter;
    c.colour = colour;
  }

  std::string row_text(int row, const TerminalStyle& style) const {
    std::string text;
    int current = 0;
    int end = columns_;
    while (end > 0 && is_blank(at(row, end - 1))) --end;
    for (int column = 0; column < end; ++column) {
      const Cell& c = at(row, column);
      if (style.colour && !is_blank(c) && c.colour != current) {
        text += fmt::format("\x1b[{}m", c.colour);
        current = c.colour;
      }
      if (c.letter != 0) {
        text += c.letter;
      } else if (c.dots != 0) {
        text += style.unicode ? braille(c.dots) : ".";
      } else {
        text += ' ';
      }
    }
    if (current != 0) text += "\x1b[0m";
    return text;
  }

 private:
  struct Cell {
    std::uint8_t dots = 0;
    char letter = 0;
    int colour = 0;
  };

  const Cell& at(int row, int column) const {
    return cells_[static_cast<std::size_t>(row * columns_ + column)];
  }
  static bool is_blank(const Cell& c) { return c.letter == 0 && c.dots == 0; }

  static int place(double f, int count) {
    return std::clamp(static_cast<int>(f * count), 0, count - 1);
  }
  Cell& cell(int column, int row) {
    return cells_[static_cast<std::size_t>(row * columns_ + column)];
  }

  void dot(double x, double y, int colour) {
    const int px = place(x, columns_ * 2);
    const int py = rows_ * 4 - 1 - place(y, rows_ * 4);
    constexpr std::uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    Cell& c = cell(px / 2, py / 4);
    c.dots = static_cast<std::uint8_t>(c.dots | bit[py % 4][px % 2]);
    c.colour = colour;
  }

  /// U+2800 + dots in UTF-8.
  static std::string braille(std::uint8_t dots) {
    return {static_cast<char>(0xe2), static_cast<char>(0xa0 | (dots >> 6)),
            static_cast<char>(0x80 | (dots & 0x3f))};
  }

  int columns_;
  int rows_;
  std::vector<Cell> cells_;
};

constexpr int plot_rows = 20;
constexpr int label_columns = 7;

char start_mark(std::size_t i) { return static_cast<char>('a' + i % 26); }
char end_mark(std::size_t i) {
  return i < 9 ? static_cast<char>('1' + i) : static_cast<char>('A' + (i - 9) % 26);
}
int colour_of(std::size_t i) {
  constexpr int colours[] = {34, 36, 32, 33, 35, 31};
  return colours[i % std::size(colours)];
}

/// 0, or where something lies below it, a multiple of a quarter of the ceiling that is not above.
double floor_of(const std::vector<LayerPath>& paths, double ceiling) {
  double least = 0;
  for (const LayerPath& path : paths) {
    for (const Point& point : path.points) least = std::min(least, point.ty);
  }
  constexpr double invisible = 1e-3;
  const double step = 0.25 * ceiling;
  return least > -invisible * ceiling ? 0 : step * std::floor(least / step);
}

/// Not "-0.000".
std::string shown(double bits) { return fmt::format("{:.3f}", std::abs(bits) < 5e-4 ? 0 : bits); }

std::string describe_trial(const ResultsTable& t, std::size_t trial) {
  std::string text = "trial " + t.trials[trial];
  for (std::size_t a = 0; a < t.axes.size(); ++a) {
    text += fmt::format(", {} {}", t.axes[a].substr(t.axes[a].rfind('.') + 1),
                        to_string(t.varied[trial][a]));
  }
  return text;
}

/// The numbers of each layer at the first and at the last epoch.
std::string numbers_text(const std::vector<LayerPath>& paths, std::size_t first, std::size_t last) {
  const std::string none = "-";
  std::string text;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool is_drawn = !paths[i].points.empty();
    const Point* const start = paths[i].at(first);
    const Point* const end = paths[i].at(last);
    text += fmt::format("{:<12}{:>6}{:>9}{:>9}{:>10}{:>9}{:>9}\n", paths[i].name,
                        is_drawn ? std::string(1, start_mark(i)) : none,
                        start ? shown(start->xt) : none, start ? shown(start->ty) : none,
                        is_drawn ? std::string(1, end_mark(i)) : none, end ? shown(end->xt) : none,
                        end ? shown(end->ty) : none);
  }
  return text;
}

/// What a list or rule came to at the two epochs.
std::string sigma2_used_text(const std::vector<LayerPath>& paths, std::size_t first,
                             std::size_t last) {
  const auto used = [](const Point* point) {
    return point ? fmt::format("{:.4g}", point->sigma2) : "-";
  };
  std::string text = "\nsigma2 used\n";
  for (const LayerPath& path : paths)
    text +=
        fmt::format("{:<12}{:>24}{:>28}\n", path.name, used(path.at(first)), used(path.at(last)));
  return text;
}

/// "" when nothing is missing.
std::string missing_text(const std::vector<LayerPath>& paths, std::size_t epochs) {
  const std::size_t all = epochs * paths.size();
  std::size_t there = 0;
  for (const LayerPath& path : paths) there += path.points.size();
  if (there == all) return "";
  return fmt::format("\n{} of {} estimates of this picture are not made yet.\n", all - there, all);
}

/// "no trial to show is done: 3 pending, 1 failed (aaaa11112222: the loss is inf)"
std::string none_done(const ResultsTable& table, const std::vector<std::size_t>& candidates) {
  std::map<TrialState, std::int64_t> counts;
  std::string why;
  for (const std::size_t t : candidates) {
    if (table.state_of(t) == TrialState::done) continue;  // it has recorded nothing
    ++counts[table.state_of(t)];
    if (why.empty() && !table.failure[t].empty())
      why = fmt::format(" ({}: {})", table.trials[t], table.failure[t]);
  }
  std::vector<std::string> words;
  for (const auto& [state, count] : counts)
    words.push_back(fmt::format("{} {}", count, name_of(state)));
  return fmt::format("no trial to show is done{}{}{}; infoplane status RUN tells more",
                     words.empty() ? "" : ": ", join(words), why);
}

}  // namespace

BestTrial best_trial(const ResultsTable& table, const std::vector<std::size_t>& candidates) {
  struct Candidate {
    std::size_t trial;
    std::size_t at;  // its last recorded epoch, in the accuracies
  };
  std::vector<Candidate> done;
  for (const std::size_t t : candidates) {
    const std::optional<std::size_t> epoch = last_epoch_index(table, t);
    if (table.state_of(t) == TrialState::done && epoch)
      done.push_back({t, table.at_epoch(t, *epoch)});
  }
  if (done.empty()) throw InputError(none_done(table, candidates));
  const std::pair<const char*, const std::vector<double>*> choices[] = {
      {"test", &table.test_accuracy},
      {"validation", &table.validation_accuracy},
      {"training", &table.train_accuracy}};
  for (const auto& [name, accuracy] : choices) {
    const auto score = [values = accuracy](const Candidate& candidate) {
      const double value = (*values)[candidate.at];
      return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
    };
    const auto best = std::max_element(
        done.begin(), done.end(),
        [&](const Candidate& a, const Candidate& b) { return score(a) < score(b); });
    if (std::isfinite(score(*best))) return {best->trial, name};
  }
  return {done[0].trial, ""};
}

std::string plane_text(const ResultsTable& table, std::size_t trial, const EstimateChoice& choice,
                       const TerminalStyle& style) {
  const std::size_t sigma2 = sigma2_index(table, choice.sigma2);
  const std::size_t bound =
      bound_index(table, choice.bound ? *choice.bound : shared_bound({&table}));
  const std::vector<std::size_t> epochs = recorded_epoch_indices(table, trial);
  const std::vector<LayerPath> paths = paths_of(table, trial, epochs, sigma2, bound);
  if (std::all_of(paths.begin(), paths.end(),
                  [](const LayerPath& path) { return path.points.empty(); })) {
    throw InputError(fmt::format("trial {} has no estimates yet (it is {})", table.trials[trial],
                                 name_of(table.state_of(trial))));
  }
  // The frame is the ceilings, the same for every trial on the same rows: pictures can be compared.
  const double most_xt = std::log2(static_cast<double>(table.recorded_rows[trial]));
  const double most_ty = std::max(table.label_entropy[trial], 1e-9);
  const double least_ty = floor_of(paths, most_ty);
  const auto height = [&](double ty) { return (ty - least_ty) / (most_ty - least_ty); };
  const int columns = std::clamp(style.columns, 40, 120) - label_columns - 2;
  Canvas canvas(columns, plot_rows);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto& points = paths[i].points;
    for (std::size_t p = 1; p < points.size(); ++p) {
      canvas.line(points[p - 1].xt / most_xt, height(points[p - 1].ty), points[p].xt / most_xt,
                  height(points[p].ty), colour_of(i));
    }
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].points.empty()) continue;
    canvas.letter(paths[i].points.front().xt / most_xt, height(paths[i].points.front().ty),
                  start_mark(i), colour_of(i));
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].points.empty()) continue;
    canvas.letter(paths[i].points.back().xt / most_xt, height(paths[i].points.back().ty),
                  end_mark(i), colour_of(i));
  }

  std::string text = wrap_lines(describe_trial(table, trial),
                                static_cast<std::size_t>(std::max(style.columns, 64)));
  text += fmt::format("sigma2 = {}, bound {}\n\n I(T;Y), bits\n", to_string(table.sigma2[sigma2]),
                      table.bounds[bound]);
  for (int row = 0; row < plot_rows; ++row) {
    const bool labelled = row % 5 == 0;
    const double value = least_ty + (most_ty - least_ty) * (plot_rows - row) / plot_rows;
    text += (labelled ? fmt::format("{:>{}.2f} |", value, label_columns - 1)
                      : std::string(label_columns, ' ') + "|") +
            canvas.row_text(row, style) + "\n";
  }
  text += fmt::format("{:>{}.2f} +{}\n", least_ty, label_columns - 1,
                      std::string(static_cast<std::size_t>(columns), '-'));
  const std::string middle = fmt::format("{:.1f}", most_xt / 2);
  const std::string right = fmt::format("{:.1f}  I(X;T), bits", most_xt);
  text += fmt::format("{}{:<{}}{:<{}}{}\n\n", std::string(label_columns + 1, ' '), "0", columns / 2,
                      middle, std::max(1, columns - columns / 2 - static_cast<int>(right.size())),
                      right);

  const std::string first_name = fmt::format("epoch {}", table.epochs[epochs.front()]);
  const std::string last_name = fmt::format("epoch {}", table.epochs[epochs.back()]);
  text += fmt::format("{:<12}{:>24}{:>28}\n", "layer", first_name, last_name);
  text += fmt::format("{:<12}{:>6}{:>9}{:>9}{:>10}{:>9}{:>9}\n", "", "mark", "I(X;T)", "I(T;Y)",
                      "mark", "I(X;T)", "I(T;Y)");
  text += numbers_text(paths, epochs.front(), epochs.back());
  if (table.sigma2[sigma2].kind != Noise::Kind::number)
    text += sigma2_used_text(paths, epochs.front(), epochs.back());
  return text + missing_text(paths, epochs.size());
}

}  // namespace infoplane
