#include "pipeline/trial_data.hpp"

#include <numeric>

namespace infoplane {

TrialData load_trial_data(const Trial& trial, const RecordRows& rows, std::uint64_t row_draw_seed) {
  const DataSettings& settings = trial.settings.data;
  TrialData out;
  out.data = load_dataset(settings, {}, {trial.seeds.labels, row_draw_seed});
  Split split = split_rows(out.data, settings, trial.seeds.split);
  out.train = sample_rows(out.data, split.train, settings.sampling_rate, trial.seeds.subset);
  out.validation = std::move(split.validation);
  out.test = std::move(split.test);
  switch (rows.set) {
    case RowSet::all:
      out.recorded.resize(static_cast<std::size_t>(out.data.rows()));
      std::iota(out.recorded.begin(), out.recorded.end(), std::int64_t{0});
      break;
    case RowSet::train:
      out.recorded = out.train;
      break;
    case RowSet::validation:
      out.recorded = out.validation;
      break;
    case RowSet::test:
      out.recorded = out.test;
      break;
    case RowSet::number:
      out.recorded =
          draw_rows(out.data.rows(), std::min(rows.count, out.data.rows()), row_draw_seed);
      break;
  }
  return out;
}

}  // namespace infoplane
