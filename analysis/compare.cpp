#include "analysis/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "analysis/fixed_settings.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using FixedSettings = std::map<std::string, Setting>;

std::optional<Setting> find_fixed(const FixedSettings& fixed, const std::string& key) {
  const auto found = fixed.find(key);
  return found == fixed.end() ? std::nullopt : std::optional(found->second);
}

ComparisonRow make_row(const NamedRun& run, std::size_t run_index, std::size_t trial,
                       const std::vector<std::string>& axes, const FixedSettings& fixed,
                       std::size_t sigma2, std::size_t bound) {
  const ResultsTable& t = run.table;
  ComparisonRow row;
  row.run = run.name;
  row.run_at = run_index;
  row.trial = t.trials[trial];
  row.state = t.state_of(trial);
  row.failure = t.failure[trial];
  row.train_accuracy = row.validation_accuracy = row.test_accuracy = nan;
  row.sigma2_used = row.i_xt = row.i_ty = nan;
  for (const std::string& axis : axes) {
    const auto found = std::find(t.axes.begin(), t.axes.end(), axis);
    row.varied.push_back(
        found == t.axes.end()
            ? find_fixed(fixed, axis)
            : std::optional(t.varied[trial][static_cast<std::size_t>(found - t.axes.begin())]));
  }
  const std::optional<std::size_t> epoch = last_epoch_index(t, trial);
  if (row.state != TrialState::done || !epoch) return row;
  const std::size_t layer = last_hidden_layer_index(t, trial);
  const std::size_t at = t.at_estimate(trial, *epoch, layer, sigma2, bound);
  row.epoch = t.epochs[*epoch];
  row.train_accuracy = t.train_accuracy[t.at_epoch(trial, *epoch)];
  row.validation_accuracy = t.validation_accuracy[t.at_epoch(trial, *epoch)];
  row.test_accuracy = t.test_accuracy[t.at_epoch(trial, *epoch)];
  row.layer = t.layers[layer];
  row.sigma2_used = t.sigma2_used[t.at_noise(trial, *epoch, layer, sigma2)];
  row.i_xt = t.i_xt[at];
  row.i_ty = t.i_ty[at];
  return row;
}

/// Whether any trial has rows of this set.
bool has(const Comparison& comparison, double ComparisonRow::*accuracy) {
  return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                     [&](const ComparisonRow& row) { return !std::isnan(row.*accuracy); });
}

void sort_rows(Comparison& comparison, const std::string& column) {
  const auto by = [&](auto value) {
    std::stable_sort(
        comparison.rows.begin(), comparison.rows.end(),
        [&](const ComparisonRow& a, const ComparisonRow& b) { return value(a) < value(b); });
  };
  const auto largest_first = [&](double ComparisonRow::*field) {
    by([field](const ComparisonRow& row) {
      const double value = row.*field;
      return std::isnan(value) ? std::numeric_limits<double>::infinity() : -value;
    });
  };
  if (column == "test_accuracy" && has(comparison, &ComparisonRow::test_accuracy))
    return largest_first(&ComparisonRow::test_accuracy);
  if (column == "test_accuracy" || column == "validation_accuracy")
    return largest_first(&ComparisonRow::validation_accuracy);
  if (column == "train_accuracy") return largest_first(&ComparisonRow::train_accuracy);
  if (column == "I_XT") return largest_first(&ComparisonRow::i_xt);
  if (column == "I_TY") return largest_first(&ComparisonRow::i_ty);
  if (column == "trial") return by([](const ComparisonRow& row) { return row.trial; });
  if (const std::optional<std::size_t> axis = find_axis(comparison.axes, column))
    return by([at = *axis](const ComparisonRow& row) {  // rows without it last
      return std::pair(!row.varied[at].has_value(), row.varied[at]);
    });
  std::vector<std::string> columns{
      "test_accuracy", "validation_accuracy", "train_accuracy", "I_XT", "I_TY", "trial"};
  columns.insert(columns.end(), comparison.axes.begin(), comparison.axes.end());
  throw UsageError(fmt::format("cannot sort by \"{}\" (columns: {})", column, join(columns)));
}

/// Three digits; 0 without a sign.
std::string number(double value) {
  if (std::isnan(value)) return "-";
  return fmt::format("{:.3f}", std::abs(value) < 5e-4 ? 0 : value);
}

/// A cell that is a varied setting; short, for tables of 80 columns.
std::string cell(const std::optional<Setting>& setting) {
  if (!setting) return "-";
  if (const auto* real = std::get_if<double>(&*setting)) return fmt::format("{:.5g}", *real);
  return to_string(*setting);
}

/// "training.learning_rate" -> "learning_rate", unless two axes would then be called the same.
std::vector<std::string> short_names(const std::vector<std::string>& axes) {
  std::vector<std::string> names;
  for (const std::string& axis : axes) {
    const std::string last = axis.substr(axis.rfind('.') + 1);
    const auto same = std::count_if(axes.begin(), axes.end(), [&](const std::string& other) {
      return other.substr(other.rfind('.') + 1) == last;
    });
    names.push_back(same > 1 ? axis : last);
  }
  return names;
}

/// Column names on several lines, broken at '_', so that names are not wider than their numbers.
std::vector<std::vector<std::string>> stacked(const std::vector<std::string>& header) {
  std::vector<std::vector<std::string>> parts;
  std::size_t height = 1;
  for (const std::string& name : header) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= name.size();) {
      const std::size_t end = std::min(name.find('_', at), name.size());
      words.push_back(name.substr(at, end - at));
      at = end + 1;
    }
    height = std::max(height, words.size());
    parts.push_back(std::move(words));
  }
  std::vector<std::vector<std::string>> lines(height);
  for (const std::vector<std::string>& words : parts) {
    for (std::size_t i = 0; i < height; ++i) {
      const std::size_t above = height - words.size();  // names stand on the last line
      lines[i].push_back(i < above ? "" : words[i - above]);
    }
  }
  return lines;
}

std::string aligned(const std::vector<std::vector<std::string>>& lines, std::size_t text_columns) {
  std::vector<std::size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], line[c].size());
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t c = 0; c < line.size(); ++c) {
      row += c == 0 ? "" : "  ";
      row += c < text_columns ? fmt::format("{:<{}}", line[c], widths[c])
                              : fmt::format("{:>{}}", line[c], widths[c]);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

/// What lists and rules came to; "" when there are none, or none was evaluated.
std::string used_text(const Comparison& comparison) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  for (const ComparisonRow& row : comparison.rows) {
    const bool is_number = comparison.sigma2[row.run_at].kind == Noise::Kind::number;
    if (is_number || std::isnan(row.sigma2_used)) continue;
    least = std::min(least, row.sigma2_used);
    most = std::max(most, row.sigma2_used);
  }
  if (most == 0) return "";
  return least == most
             ? fmt::format("That came to a variance of {:.4g}.\n", most)
             : fmt::format("That came to variances from {:.4g} to {:.4g}.\n", least, most);
}

/// "epoch 100, ", "epochs 0 to 27, "; "" where nothing is recorded. Training that ended early may
/// have recorded nothing after its start.
std::string epochs_text(const Comparison& comparison) {
  std::set<std::int64_t> epochs;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.epoch >= 0) epochs.insert(row.epoch);
  }
  if (epochs.empty()) return "";
  if (epochs.size() == 1) return fmt::format("epoch {}, ", *epochs.begin());
  return fmt::format("epochs {} to {}, ", *epochs.begin(), *epochs.rbegin());
}

/// Numbers and rules at which the rows were estimated, each once.
std::vector<std::string> levels_of(const Comparison& comparison) {
  std::vector<Noise> levels;
  for (std::size_t r = 0; r < comparison.runs.size(); ++r) {
    const Noise& sigma2 = comparison.sigma2[r];
    const bool is_there = std::any_of(levels.begin(), levels.end(), [&](const Noise& level) {
      return is_same_noise(level, sigma2);
    });
    if (comparison.left_out[r].empty() && !is_there) levels.push_back(sigma2);
  }
  std::vector<std::string> words;
  for (const Noise& level : levels) words.push_back(to_string(level));
  return words;
}

/// The key that `where` asks for, and that another run varies, but not this one; "" where there is
/// none.
std::string key_of_others(const std::vector<NamedRun>& runs, const ResultsTable& table,
                          const std::vector<std::string>& where) {
  for (const std::string& condition : where) {
    const std::string key = condition.substr(0, condition.find('='));
    if (find_axis(table.axes, key)) continue;
    for (const NamedRun& run : runs) {
      if (const auto axis = find_axis(run.table.axes, key)) return run.table.axes[*axis];
    }
  }
  return "";
}

/// Why the run has to be left out of several, or "" and its trials that meet `where`.
std::string find_trials(const std::vector<NamedRun>& runs, const ResultsTable& table,
                        const FixedSettings& fixed, const std::vector<std::string>& where,
                        std::vector<std::size_t>& trials) {
  std::vector<std::string> of_trials;
  for (const std::string& condition : where) {
    const std::string key = key_of_others(runs, table, {condition});
    if (key.empty()) {
      of_trials.push_back(condition);
      continue;
    }
    const std::optional<Setting> setting = find_fixed(fixed, key);
    if (!setting) return key + " is not varied there";
    const std::string wanted = condition.substr(condition.find('=') + 1);
    if (!is_setting(*setting, wanted))
      return fmt::format("all its trials have {} = {}", key, to_string(*setting));
  }
  try {
    trials = trials_where(table, of_trials);
  } catch (const NoSuchTrial& none) {
    if (runs.size() == 1) throw;
    return none.what();
  }
  return "";
}

/// Keys that say what a run is called, where its data lie, and what was estimated.
bool is_beside_the_point(const std::string& key) {
  return key == "sweep.name" || key == "sweep.shard" || key == "data.root" ||
         key.rfind("estimate.", 0) == 0;
}

/// Words of two settings that differ, differ: those of cell() where that is so.
std::vector<std::string> words_of(const std::vector<Setting>& settings) {
  constexpr std::size_t most = 40;
  const auto told = [&](auto word_of) {
    std::vector<std::string> words;
    for (const Setting& setting : settings) {
      std::string word = word_of(setting);
      if (word.size() > most) word = word.substr(0, most - 3) + "...";
      words.push_back(word.empty() ? "none" : word);
    }
    return words;
  };
  std::vector<std::string> words = told([](const Setting& setting) { return cell(setting); });
  const bool same = std::all_of(words.begin(), words.end(),
                                [&](const std::string& word) { return word == words[0]; });
  return same ? told([](const Setting& setting) { return to_string(setting); }) : words;
}

/// Comparison::differences of these runs; `axes` are shown anyway. What one of them does not know,
/// or has only for some trials, is none.
std::vector<std::string> differences_of(const std::vector<FixedSettings>& runs,
                                        const std::vector<std::string>& axes) {
  std::vector<std::string> differences;
  for (const auto& [key, first] : runs.at(0)) {
    const bool is_shown = std::find(axes.begin(), axes.end(), key) != axes.end();
    if (is_shown || is_beside_the_point(key)) continue;
    std::vector<Setting> settings;
    for (const FixedSettings& run : runs) {
      if (const std::optional<Setting> setting = find_fixed(run, key)) settings.push_back(*setting);
    }
    const bool differ = std::any_of(settings.begin(), settings.end(),
                                    [&, &first = first](const Setting& s) { return s != first; });
    if (differ && settings.size() == runs.size())
      differences.push_back(fmt::format("{}: {}", key, join(words_of(settings))));
  }
  return differences;
}

}  // namespace

Comparison compare_runs(const std::vector<NamedRun>& runs, const EstimateChoice& choice,
                        const std::string& sort, const std::vector<std::string>& where) {
  Comparison comparison;
  for (const NamedRun& run : runs) {
    comparison.runs.push_back(run.name);
    for (const std::string& axis : run.table.axes) {
      if (std::find(comparison.axes.begin(), comparison.axes.end(), axis) ==
          comparison.axes.end()) {
        comparison.axes.push_back(axis);
      }
    }
  }
  // With several runs an error says which one it is about.
  const auto of_run = [&](const NamedRun& run, const auto& action) {
    try {
      action();
    } catch (const UsageError& error) {
      if (runs.size() == 1) throw;
      throw UsageError(run.name + ": " + error.what());
    }
  };
  std::vector<std::vector<std::size_t>> trials(runs.size());
  std::vector<FixedSettings> fixed;
  std::vector<FixedSettings> fixed_of_shown;
  std::vector<const ResultsTable*> tables;  // of runs that are not left out
  std::vector<std::string> reasons;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::string reason;
    fixed.push_back(fixed_settings(runs[r].table));
    of_run(runs[r], [&] { reason = find_trials(runs, runs[r].table, fixed[r], where, trials[r]); });
    comparison.left_out.push_back(reason);
    if (reason.empty()) {
      tables.push_back(&runs[r].table);
      fixed_of_shown.push_back(fixed[r]);
    } else {
      reasons.push_back(runs[r].name + ": " + reason);
    }
  }
  if (tables.empty()) throw UsageError("no run has such a trial; " + join(reasons, "; "));
  std::optional<Noise> noise = choice.sigma2;
  if (!noise && tables.size() > 1)
    noise = shared_sigma2(tables);  // where there is none, each has its own
  comparison.bound = choice.bound ? *choice.bound : shared_bound(tables);
  comparison.sigma2.resize(runs.size());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!comparison.left_out[r].empty()) continue;
    of_run(runs[r], [&] {
      const std::size_t sigma2 = sigma2_index(runs[r].table, noise);
      const std::size_t bound = bound_index(runs[r].table, comparison.bound);
      comparison.sigma2[r] = runs[r].table.sigma2[sigma2];
      for (const std::size_t t : trials[r])
        comparison.rows.push_back(
            make_row(runs[r], r, t, comparison.axes, fixed[r], sigma2, bound));
    });
  }
  comparison.differences = differences_of(fixed_of_shown, comparison.axes);
  sort_rows(comparison, sort);
  return comparison;
}

std::vector<std::string> remarks(const Comparison& comparison) {
  std::vector<std::string> sentences;
  for (std::size_t r = 0; r < comparison.runs.size(); ++r) {
    if (!comparison.left_out[r].empty())
      sentences.push_back(comparison.runs[r] + ": left out, " + comparison.left_out[r]);
  }
  constexpr std::size_t most_told = 6;
  for (std::size_t d = 0; d < comparison.differences.size() && d < most_told; ++d)
    sentences.push_back("the runs differ in " + comparison.differences[d]);
  if (comparison.differences.size() > most_told) {
    sentences.push_back(fmt::format(
        "and in {} more (sweep.toml of each run has all its settings)",
        count_of(static_cast<std::int64_t>(comparison.differences.size() - most_told), "setting")));
  }
  return sentences;
}

std::string comparison_text(const Comparison& comparison) {
  const bool several = comparison.runs.size() > 1;
  // A column that says the same in every line goes into the closing sentence: the table has to fit.
  const bool one_layer =
      !comparison.rows.empty() &&
      std::all_of(comparison.rows.begin(), comparison.rows.end(), [&](const ComparisonRow& row) {
        return row.state == TrialState::done && row.layer == comparison.rows[0].layer;
      });
  std::vector<std::string> header;
  if (several) header.emplace_back("run");
  header.emplace_back("trial");
  for (const std::string& name : short_names(comparison.axes)) header.push_back(name);
  // Sets that no trial has are left out: a sweep with all rows in two sets has no third.
  struct Column {
    const char* name;
    double ComparisonRow::*value;
  };
  std::vector<Column> numbers{{"train", &ComparisonRow::train_accuracy}};
  if (has(comparison, &ComparisonRow::validation_accuracy))
    numbers.push_back({"valid", &ComparisonRow::validation_accuracy});
  if (has(comparison, &ComparisonRow::test_accuracy) || numbers.size() == 1)
    numbers.push_back({"test", &ComparisonRow::test_accuracy});
  numbers.push_back({"I(X;T)", &ComparisonRow::i_xt});
  numbers.push_back({"I(T;Y)", &ComparisonRow::i_ty});
  for (const Column& column : numbers) header.emplace_back(column.name);
  if (!one_layer) header.emplace_back("layer");
  std::vector<std::vector<std::string>> lines = stacked(header);
  std::string failures;
  for (const ComparisonRow& row : comparison.rows) {
    std::vector<std::string> line;
    if (several) line.push_back(row.run);
    line.push_back(row.trial);
    for (const auto& setting : row.varied) line.push_back(cell(setting));
    for (const Column& column : numbers) line.push_back(number(row.*column.value));
    if (!one_layer) line.push_back(row.state == TrialState::done ? row.layer : name_of(row.state));
    lines.push_back(line);
    if (!row.failure.empty()) failures += fmt::format("{}: {}\n", row.trial, row.failure);
  }
  std::string notes;
  for (const std::string& remark : remarks(comparison)) notes += remark + "\n";
  const std::vector<std::string> levels = levels_of(comparison);
  const char* const kind =
      comparison.bound == "kl" ? "upper bound" : "lower bound on I(X;T), estimate of I(T;Y)";
  return aligned(lines, several ? 2 : 1) + failures + notes +
         fmt::format(
             "\nAccuracies, and bits of the last hidden layer{}, at the last recorded epoch;\n"
             "{}sigma2 = {}, bound {} ({}).\n{}",
             one_layer ? " (" + comparison.rows[0].layer + ")" : "", epochs_text(comparison),
             join(levels, " / "), comparison.bound, kind, used_text(comparison)) +
         (levels.size() > 1
              ? "Bits of runs with other noise do not compare: they share no sigma2.\n"
              : "");
}

std::string comparison_csv(const Comparison& comparison) {
  std::string text = "run,trial,state";
  for (const std::string& axis : comparison.axes) text += "," + csv_field(axis);
  text +=
      ",epoch,train_accuracy,validation_accuracy,test_accuracy,layer,sigma2,sigma2_used,bound,"
      "I_XT_bits,I_TY_bits,failure\n";
  for (const ComparisonRow& row : comparison.rows) {
    text += csv_field(row.run) + "," + row.trial + "," + name_of(row.state);
    for (const auto& setting : row.varied)
      text += "," + (setting ? csv_field(to_string(*setting)) : "");
    const auto value = [](double v) {
      return std::isnan(v) ? std::string() : fmt::format("{}", v);
    };
    text +=
        fmt::format(",{},{},{},{},{},{},{},{},{},{},{}\n",
                    row.epoch < 0 ? "" : std::to_string(row.epoch), value(row.train_accuracy),
                    value(row.validation_accuracy), value(row.test_accuracy), csv_field(row.layer),
                    csv_field(to_string(comparison.sigma2[row.run_at])), value(row.sigma2_used),
                    comparison.bound, value(row.i_xt), value(row.i_ty), csv_field(row.failure));
  }
  return text;
}

std::string comparison_json(const Comparison& comparison) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ComparisonRow& row : comparison.rows) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (std::size_t a = 0; a < comparison.axes.size(); ++a) {
      if (row.varied[a])
        std::visit([&](const auto& value) { settings[comparison.axes[a]] = value; },
                   *row.varied[a]);
    }
    nlohmann::ordered_json entry{{"run", row.run},
                                 {"trial", row.trial},
                                 {"state", name_of(row.state)},
                                 {"settings", settings}};
    entry["epoch"] = row.epoch < 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(row.epoch);
    entry["train_accuracy"] = row.train_accuracy;  // NaN becomes null
    entry["validation_accuracy"] = row.validation_accuracy;
    entry["test_accuracy"] = row.test_accuracy;
    entry["layer"] = row.layer;
    const Noise& noise = comparison.sigma2[row.run_at];
    if (noise.kind == Noise::Kind::number) {
      entry["sigma2"] = noise.number;
    } else {
      entry["sigma2"] = to_string(noise);
    }
    entry["sigma2_used"] = row.sigma2_used;
    entry["bound"] = comparison.bound;
    entry["I_XT_bits"] = row.i_xt;
    entry["I_TY_bits"] = row.i_ty;
    entry["failure"] = row.failure;
    rows.push_back(entry);
  }
  return rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace infoplane
