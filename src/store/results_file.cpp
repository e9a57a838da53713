#include "store/results_file.hpp"

#include <limits>
#include <vector>

#include "comm/serialized.hpp"
#include "store/atomic_file.hpp"
#include "store/hdf5.hpp"
#include "store/seal.hpp"

namespace infoplane {

struct ResultsFile::Impl {
  std::filesystem::path path;
  h5::Id file;
  h5::Id train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy;
  h5::Id state, attempts, seconds, trained_epochs;
  h5::Id gradient_mean, gradient_deviation, weight_norm, gradient_count;
  h5::Id i_xt, i_ty, sigma2_used, error_bits;
  h5::Id quantiles, histogram, mean, rank_error;
};

namespace {

/// On the disk before any number changes, so that no kill leaves changed numbers under it. A broken
/// one is only looked at: an HDF5 that locks would not open for writing what somebody reads.
void break_seal(const std::filesystem::path& path) {
  try {
    if (read_seal(h5::open_file(path, h5::Access::read, Communicator::serial()).get()) == open_seal)
      return;
    const h5::Id file = h5::open_file(path, h5::Access::write, Communicator::serial());
    write_seal(file.get(), open_seal);
    h5::flush(file.get(), path);
  } catch (const h5::Failure& failure) {
    throw h5::damaged(path, failure);
  }
  sync_file(path);
}

}  // namespace

ResultsFile::ResultsFile(const std::filesystem::path& path, const Communicator& comm)
    : impl_(std::make_unique<Impl>()) {
  on_root(comm, [&] { break_seal(path); });
  h5::open_or_leave(comm, path, impl_, [&] {
    Impl& f = *impl_;
    f.path = path;
    f.file = h5::open_file(path, h5::Access::write, comm);
    const auto open = [&](const char* name) { return h5::open_dataset(f.file.get(), name); };
    f.train_loss = open("metrics/train_loss");
    f.train_accuracy = open("metrics/train_accuracy");
    f.validation_loss = open("metrics/validation_loss");
    f.validation_accuracy = open("metrics/validation_accuracy");
    f.test_loss = open("metrics/test_loss");
    f.test_accuracy = open("metrics/test_accuracy");
    f.state = open("trials/state");
    f.attempts = open("trials/attempts");
    f.seconds = open("trials/seconds");
    f.trained_epochs = open("trials/trained_epochs");
    f.gradient_mean = open("gradients/mean");
    f.gradient_deviation = open("gradients/std");
    f.weight_norm = open("gradients/weight_norm");
    f.gradient_count = open("gradients/count");
    f.i_xt = open("pairwise/I_XT");
    f.i_ty = open("pairwise/I_TY");
    f.sigma2_used = open("pairwise/sigma2_used");
    f.error_bits = open("pairwise/error_bits");
    f.quantiles = open("distances/quantiles");
    f.histogram = open("distances/histogram");
    f.mean = open("distances/mean");
    f.rank_error = open("distances/rank_error");
  });
}

ResultsFile::~ResultsFile() = default;
ResultsFile::ResultsFile(ResultsFile&&) noexcept = default;
ResultsFile& ResultsFile::operator=(ResultsFile&&) noexcept = default;

void ResultsFile::write_metrics(std::size_t trial, std::size_t epoch, const EpochMetrics& metrics) {
  const auto write = [&](const h5::Id& dataset, double value) {
    h5::write_box(dataset.get(), H5T_NATIVE_DOUBLE, {trial, epoch}, {1, 1}, &value);
  };
  write(impl_->train_loss, metrics.train_loss);
  write(impl_->train_accuracy, metrics.train_accuracy);
  write(impl_->validation_loss, metrics.validation_loss);
  write(impl_->validation_accuracy, metrics.validation_accuracy);
  write(impl_->test_loss, metrics.test_loss);
  write(impl_->test_accuracy, metrics.test_accuracy);
}

void ResultsFile::write_gradients(std::size_t trial, std::size_t epoch, std::size_t layer,
                                  const GradientRecord& gradients) {
  const auto write = [&](const h5::Id& dataset, double value) {
    h5::write_box(dataset.get(), H5T_NATIVE_DOUBLE, {trial, epoch, layer}, {1, 1, 1}, &value);
  };
  write(impl_->gradient_mean, gradients.mean);
  write(impl_->gradient_deviation, gradients.deviation);
  write(impl_->weight_norm, gradients.weight_norm);
  write(impl_->gradient_count, static_cast<double>(gradients.count));
}

void ResultsFile::forget_epoch(std::size_t trial, std::size_t epoch) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  write_metrics(trial, epoch, {none, none, none, none, none, none});
  const std::size_t layers = h5::shape_of(impl_->gradient_mean.get()).at(2);
  const std::vector<double> nones(layers, none);
  for (const h5::Id* of : {&impl_->gradient_mean, &impl_->gradient_deviation, &impl_->weight_norm,
                           &impl_->gradient_count}) {
    h5::write_box(of->get(), H5T_NATIVE_DOUBLE, {trial, epoch, 0}, {1, 1, layers}, nones.data());
  }
}

void ResultsFile::write_state(std::size_t trial, const LedgerEntry& entry) {
  const auto state = static_cast<std::uint8_t>(entry.state);
  const auto attempts = static_cast<std::int32_t>(entry.attempts);
  const double seconds = entry.ended - entry.started;
  h5::write_box(impl_->attempts.get(), H5T_NATIVE_INT32, {trial}, {1}, &attempts);
  h5::write_box(impl_->seconds.get(), H5T_NATIVE_DOUBLE, {trial}, {1}, &seconds);
  const auto trained = static_cast<std::int64_t>(entry.epochs);
  h5::write_box(impl_->trained_epochs.get(), H5T_NATIVE_INT64, {trial}, {1}, &trained);
  h5::write_box(impl_->state.get(), H5T_NATIVE_UINT8, {trial}, {1}, &state);
  if (entry.state == TrialState::done) sync_file(impl_->path);
}

void ResultsFile::write_distances(std::size_t trial, std::size_t epoch, std::size_t layer,
                                  const SnapshotDistances& distances) {
  const std::vector<hsize_t> start{trial, epoch, layer, 0};
  h5::write_box(impl_->quantiles.get(), H5T_NATIVE_DOUBLE, start,
                {1, 1, 1, distances.quantiles.size()}, distances.quantiles.data());
  h5::write_box(impl_->histogram.get(), H5T_NATIVE_FLOAT, start,
                {1, 1, 1, distances.histogram.size()}, distances.histogram.data());
  h5::write_box(impl_->rank_error.get(), H5T_NATIVE_DOUBLE, {trial, epoch, layer}, {1, 1, 1},
                &distances.rank_error);
  // The last: where the mean is, the others are too.
  h5::write_box(impl_->mean.get(), H5T_NATIVE_DOUBLE, {trial, epoch, layer}, {1, 1, 1},
                &distances.mean);
}

void ResultsFile::write_noise(std::size_t trial, std::size_t epoch, std::size_t layer,
                              std::size_t sigma2, double sigma2_used, double error_bits) {
  const std::vector<hsize_t> start{trial, epoch, layer, sigma2};
  h5::write_box(impl_->sigma2_used.get(), H5T_NATIVE_DOUBLE, start, {1, 1, 1, 1}, &sigma2_used);
  h5::write_box(impl_->error_bits.get(), H5T_NATIVE_DOUBLE, start, {1, 1, 1, 1}, &error_bits);
}

void ResultsFile::write_estimate(std::size_t trial, std::size_t epoch, std::size_t layer,
                                 std::size_t sigma2, const std::vector<double>& i_xt,
                                 const std::vector<double>& i_ty) {
  const std::vector<hsize_t> start{trial, epoch, layer, sigma2, 0};
  h5::write_box(impl_->i_xt.get(), H5T_NATIVE_DOUBLE, start, {1, 1, 1, 1, i_xt.size()},
                i_xt.data());
  h5::write_box(impl_->i_ty.get(), H5T_NATIVE_DOUBLE, start, {1, 1, 1, 1, i_ty.size()},
                i_ty.data());
}

void ResultsFile::sync() const { sync_file(impl_->path); }

}  // namespace infoplane
