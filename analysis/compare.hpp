#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/select.hpp"
#include "store/results_table.hpp"

namespace infoplane {

struct NamedRun {
  std::string name;
  ResultsTable table;
};

/// One trial of one run as a line of the comparison. Numbers are NaN for a trial that is not done.
struct ComparisonRow {
  std::string run;
  std::size_t run_at = 0;  ///< in Comparison::runs, where two may have the same name
  std::string trial;
  TrialState state = TrialState::pending;
  std::vector<std::optional<Setting>> varied;  ///< one for each axis of the comparison
  std::int64_t epoch = -1;                     ///< last recorded
  double train_accuracy = 0;
  double validation_accuracy = 0;
  double test_accuracy = 0;
  std::string layer;  ///< last hidden layer
  double sigma2_used = 0;
  double i_xt = 0;  ///< bits
  double i_ty = 0;
  std::string failure;
};

struct Comparison {
  std::vector<std::string> axes;  ///< varied keys of all runs, in order of appearance
  std::vector<Noise> sigma2;      ///< of each run; unused of one that is left out
  std::string bound;
  std::vector<std::string> runs;
  std::vector<std::string> left_out;  ///< of each run: why it has no rows; "" where it has
  /// What no run varies and not all have alike: "record.rows: 200, 2000", in the order of the runs.
  std::vector<std::string> differences;
  std::vector<ComparisonRow> rows;
};

/// The trials of all runs, best first. Without a choice of noise several runs are compared at one
/// that they share, if there is one. `sort` is a column: test_accuracy (validation_accuracy where
/// no trial has test rows), validation_accuracy, train_accuracy, I_XT, I_TY (largest first), trial,
/// or a varied key, or the end of it (smallest first). Throws UsageError listing the
/// columns. What one run varies is known of the others, too. Only trials that meet `where`
/// (analysis/select.hpp); of several runs those without such trials are left out. Throws UsageError
/// when no run has any.
Comparison compare_runs(const std::vector<NamedRun>& runs, const EstimateChoice& choice,
                        const std::string& sort, const std::vector<std::string>& where = {});

/// Which runs were left out and why, and what else differs between runs, a sentence each.
std::vector<std::string> remarks(const Comparison& comparison);

/// For a person: aligned columns, the remarks, and a line that says what the columns are.
std::string comparison_text(const Comparison& comparison);
std::string comparison_csv(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace infoplane
