#include "store/activations_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/hashing.hpp"
#include "core/text.hpp"
#include "store/atomic_file.hpp"
#include "store/content_checksum.hpp"
#include "store/hdf5.hpp"
#include "store/provenance.hpp"

namespace infoplane {
namespace {

constexpr hsize_t reason_bytes = 256;

hsize_t extent(std::size_t n) { return static_cast<hsize_t>(n); }

struct LedgerDatasets {
  h5::Id state, attempts, checksum, epochs, started, ended, reason;
};

LedgerDatasets create_ledger(hid_t group, std::size_t trials) {
  const std::vector<hsize_t> shape{extent(trials)};
  return {h5::create_numbers(group, "state", H5T_STD_U8LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "attempts", H5T_STD_U32LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "checksum", H5T_STD_U64LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "epochs", H5T_STD_U32LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "started", H5T_IEEE_F64LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "ended", H5T_IEEE_F64LE, shape, h5::Fill::zero),
          h5::create_numbers(group, "reason", H5T_STD_U8LE, {extent(trials), reason_bytes},
                             h5::Fill::zero)};
}

LedgerDatasets open_ledger(hid_t group) {
  return {h5::open_dataset(group, "state"),    h5::open_dataset(group, "attempts"),
          h5::open_dataset(group, "checksum"), h5::open_dataset(group, "epochs"),
          h5::open_dataset(group, "started"),  h5::open_dataset(group, "ended"),
          h5::open_dataset(group, "reason")};
}

template <class T>
void write_one(const h5::Id& dataset, std::size_t at, T value) {
  h5::write_box(dataset.get(), h5::native_type(&value), {extent(at)}, {1}, &value);
}
template <class T>
T read_one(const h5::Id& dataset, std::size_t at) {
  T value{};
  h5::read_box(dataset.get(), h5::native_type(&value), {extent(at)}, {1}, &value);
  return value;
}

std::string text_of(const std::uint8_t* bytes) {
  return std::string(bytes, std::find(bytes, bytes + reason_bytes, std::uint8_t{0}));
}

/// The end of the longest start of `text` that has at most `most` bytes and cuts no UTF-8
/// character.
std::size_t cut_utf8(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text.size();
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return end;
}

TrialState state_of(std::uint8_t number, const std::filesystem::path& path) {
  if (number > static_cast<std::uint8_t>(last_trial_state)) {
    throw InputError(
        fmt::format("{} is damaged: its ledger has a trial in state {}, which does not exist",
                    path.string(), number));
  }
  return static_cast<TrialState>(number);
}

}  // namespace

void SlabChecksum::add(std::size_t epoch, std::size_t layer, MatrixView<const float> snapshot) {
  parts_.resize(std::max(parts_.size(), (epoch + 1) * layers_));
  parts_.at(epoch * layers_ + layer) =
      checksum_of(snapshot.data(), snapshot.size() * sizeof(float));
}

std::uint64_t SlabChecksum::value() const {
  return checksum_of(parts_.data(), parts_.size() * sizeof parts_[0]);
}

struct ActivationsFile::Impl {
  std::filesystem::path path;
  h5::Id file;
  h5::Id trials;
  LedgerDatasets ledger;
  RunLayout layout;

  h5::Id open_layer(std::size_t trial, std::size_t layer) const {
    const TrialLayout& t = layout.trials.at(trial);
    return h5::open_dataset(trials.get(), t.id + "/" + t.layers.at(layer).name);
  }
  std::vector<hsize_t> snapshot_shape(std::size_t trial, std::size_t layer) const {
    const TrialLayout& t = layout.trials.at(trial);
    return {1, extent(layout.rows_of(t)), static_cast<hsize_t>(t.layers.at(layer).features)};
  }
};

namespace {

RunLayout read_layout(hid_t file) {
  RunLayout layout;
  const h5::Id row_sets = h5::open_group(file, "row_sets");
  for (std::size_t k = 0; h5::has_link(row_sets.get(), std::to_string(k)); ++k) {
    const h5::Id group = h5::open_group(row_sets.get(), std::to_string(k));
    layout.row_sets.push_back({h5::read_all<std::int64_t>(group.get(), "rows"),
                               h5::read_all<std::int32_t>(group.get(), "labels")});
    if (layout.row_sets[k].labels.size() != layout.row_sets[k].rows.size()) {
      throw h5::Failure("row set " + std::to_string(k) + " has not one label per row");
    }
  }
  const h5::Id trials = h5::open_group(file, "trials");
  for (const std::string& id : h5::read_strings(h5::open_dataset(file, "ledger/id").get())) {
    const h5::Id group = h5::open_group(trials.get(), id);
    TrialLayout trial;
    trial.id = id;
    trial.epochs = h5::integers_attribute(group.get(), "epochs");
    trial.row_set = static_cast<std::size_t>(h5::integer_attribute(group.get(), "row_set"));
    trial.train_rows = h5::integer_attribute(group.get(), "train_rows");
    trial.parameters = h5::integer_attribute(group.get(), "parameters");
    if (h5::has_attribute(group.get(), "data_checksum")) {
      trial.data_checksum =
          static_cast<std::uint64_t>(h5::integer_attribute(group.get(), "data_checksum"));
    }
    if (trial.row_set >= layout.row_sets.size())
      throw h5::Failure("trial " + id + " names rows that are not there");
    const std::string names = h5::string_attribute(group.get(), "layers");
    for (std::size_t at = 0; at <= names.size();) {
      const std::size_t end = std::min(names.find('\n', at), names.size());
      const std::string name = names.substr(at, end - at);
      const h5::Id dataset = h5::open_dataset(group.get(), name);
      const std::vector<hsize_t> shape = h5::shape_of(dataset.get());
      const std::size_t rows = layout.row_sets[trial.row_set].rows.size();
      if (shape.size() != 3 || shape[0] != trial.epochs.size() || shape[1] != rows) {
        throw h5::Failure("layer " + name + " of trial " + id +
                          " has not the shape of its epochs and rows");
      }
      trial.layers.push_back({name, static_cast<std::int64_t>(shape[2]),
                              h5::string_attribute(dataset.get(), "kind"),
                              h5::integers_attribute(dataset.get(), "shape"),
                              h5::integer_attribute(dataset.get(), "follows") != 0});
      at = end + 1;
    }
    layout.trials.push_back(std::move(trial));
  }
  return layout;
}

const char* const layout_checksum = "layout_checksum";

/// All metadata, and every dataset at its full size. The file has its final length and holes in it.
void write_skeleton(const std::filesystem::path& path, const RunLayout& layout,
                    const Provenance& provenance) {
  const h5::Id file = h5::create_file(path);
  write_provenance(file.get(), provenance);
  h5::set_attribute(file.get(), "title", std::string("infoplane activations"));
  h5::set_attribute(file.get(), "format_version", format_version);

  const h5::Id row_sets = h5::create_group(file.get(), "row_sets");
  for (std::size_t k = 0; k < layout.row_sets.size(); ++k) {
    const RowSetLayout& set = layout.row_sets[k];
    const h5::Id group = h5::create_group(row_sets.get(), std::to_string(k));
    const std::vector<hsize_t> shape{extent(set.rows.size())};
    h5::write_all(
        h5::create_numbers(group.get(), "rows", H5T_STD_I64LE, shape, h5::Fill::zero).get(),
        set.rows);
    h5::write_all(
        h5::create_numbers(group.get(), "labels", H5T_STD_I32LE, shape, h5::Fill::zero).get(),
        set.labels);
  }

  const h5::Id trials = h5::create_group(file.get(), "trials");
  std::vector<std::string> ids;
  for (const TrialLayout& trial : layout.trials) {
    ids.push_back(trial.id);
    const h5::Id group = h5::create_group(trials.get(), trial.id);
    h5::set_attribute(group.get(), "epochs", trial.epochs);
    h5::set_attribute(group.get(), "row_set", static_cast<std::int64_t>(trial.row_set));
    h5::set_attribute(group.get(), "train_rows", trial.train_rows);
    h5::set_attribute(group.get(), "parameters", trial.parameters);
    h5::set_attribute(group.get(), "data_checksum", static_cast<std::int64_t>(trial.data_checksum));
    std::vector<std::string> names;
    for (const LayerLayout& layer : trial.layers) {
      names.push_back(layer.name);
      const h5::Id dataset =
          h5::create_numbers(group.get(), layer.name, H5T_IEEE_F32LE,
                             {extent(trial.epochs.size()), extent(layout.rows_of(trial)),
                              static_cast<hsize_t>(layer.features)},
                             h5::Fill::never);
      h5::set_attribute(dataset.get(), "kind", layer.kind);
      h5::set_attribute(
          dataset.get(), "shape",
          layer.shape.empty() ? std::vector<std::int64_t>{layer.features} : layer.shape);
      h5::set_attribute(dataset.get(), "follows", static_cast<std::int64_t>(layer.follows));
    }
    h5::set_attribute(group.get(), "layers", join(names, "\n"));
  }

  const h5::Id ledger = h5::create_group(file.get(), "ledger");
  h5::create_strings(ledger.get(), "id", ids);
  create_ledger(ledger.get(), ids.size());
  h5::set_attribute(file.get(), layout_checksum,
                    static_cast<std::int64_t>(content_checksum(read_layout(file.get()))));
  h5::flush(file.get(), path);
}

}  // namespace

void ActivationsFile::create(const std::filesystem::path& path, const RunLayout& layout,
                             const Provenance& provenance) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    write_skeleton(temporary, layout, provenance);
    reserve_space(temporary);
  });
}

ActivationsFile::ActivationsFile(const std::filesystem::path& path, Access access,
                                 const Communicator& comm)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  h5::open_or_leave(comm, path, impl_, [&] {
    impl_->file =
        h5::open_file(path, access == Access::read ? h5::Access::read : h5::Access::write, comm);
    require_format(impl_->file.get(), "infoplane activations");
    impl_->trials = h5::open_group(impl_->file.get(), "trials");
    impl_->ledger = open_ledger(h5::open_group(impl_->file.get(), "ledger").get());
    impl_->layout = read_layout(impl_->file.get());
    if (!h5::has_attribute(impl_->file.get(), layout_checksum)) {
      throw h5::Failure(
          "it has no layout_checksum, as an infoplane before there were any wrote it: run its "
          "sweep again in another --out");
    }
    if (static_cast<std::uint64_t>(h5::integer_attribute(impl_->file.get(), layout_checksum)) !=
        content_checksum(impl_->layout))
      throw h5::Failure("its rows, labels and layers do not have their checksum");
  });
}

ActivationsFile::~ActivationsFile() = default;
ActivationsFile::ActivationsFile(ActivationsFile&&) noexcept = default;
ActivationsFile& ActivationsFile::operator=(ActivationsFile&&) noexcept = default;

const RunLayout& ActivationsFile::layout() const { return impl_->layout; }

void ActivationsFile::require_trials(const std::vector<std::string>& ids) const {
  const std::vector<TrialLayout>& trials = impl_->layout.trials;
  const auto same = [](const TrialLayout& trial, const std::string& id) { return trial.id == id; };
  if (!std::equal(trials.begin(), trials.end(), ids.begin(), ids.end(), same)) {
    throw InputError(impl_->path.string() +
                     " belongs to another run: its trials are not those of results.nc");
  }
}

void ActivationsFile::write_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                                     MatrixView<const float> snapshot) {
  const std::vector<hsize_t> shape = impl_->snapshot_shape(trial, layer);
  if (snapshot.rows() != shape[1] || snapshot.cols() != shape[2]) {
    throw InternalError(fmt::format(
        "a snapshot of {} x {} where {} x {} was planned (trial {}, layer {})", snapshot.rows(),
        snapshot.cols(), shape[1], shape[2], impl_->layout.trials[trial].id,
        impl_->layout.trials[trial].layers[layer].name));
  }
  h5::write_box(impl_->open_layer(trial, layer).get(), H5T_NATIVE_FLOAT, {extent(epoch), 0, 0},
                shape, snapshot.data());
}

std::size_t ActivationsFile::snapshot_size(std::size_t trial, std::size_t layer) const {
  const std::vector<hsize_t> shape = impl_->snapshot_shape(trial, layer);
  return shape[1] * shape[2];
}

void ActivationsFile::read_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                                    float* out) const {
  h5::read_box(impl_->open_layer(trial, layer).get(), H5T_NATIVE_FLOAT, {extent(epoch), 0, 0},
               impl_->snapshot_shape(trial, layer), out);
}

std::size_t ActivationsFile::recorded_epochs(std::size_t trial) const {
  return infoplane::recorded_epochs(impl_->layout.trials.at(trial).epochs,
                                    read_one<std::uint32_t>(impl_->ledger.epochs, trial));
}

SlabChecksum ActivationsFile::checksum_of_epochs(std::size_t trial, std::size_t epochs) const {
  const TrialLayout& t = impl_->layout.trials.at(trial);
  SlabChecksum checksum(t.layers.size());
  std::vector<float> values;
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t layer = 0; layer < t.layers.size(); ++layer) {
      read_snapshot(trial, epoch, layer, values);
      const std::vector<hsize_t> shape = impl_->snapshot_shape(trial, layer);
      checksum.add(epoch, layer, MatrixView<const float>(values.data(), shape[1], shape[2]));
    }
  }
  return checksum;
}

std::uint64_t ActivationsFile::slab_checksum(std::size_t trial) const {
  return checksum_of_epochs(trial, recorded_epochs(trial)).value();
}

bool ActivationsFile::slab_is_whole(std::size_t trial) const {
  try {
    return slab_checksum(trial) == ledger(trial).checksum;
  } catch (const h5::Failure&) {
    if (h5::is_chunked(impl_->open_layer(trial, 0).get())) return false;
    throw;
  }
}

bool ActivationsFile::holds(std::size_t trial, const std::vector<std::uint64_t>& parts) const {
  const TrialLayout& t = impl_->layout.trials.at(trial);
  const std::size_t epochs = parts.size() / t.layers.size();
  return parts.size() == epochs * t.layers.size() && epochs <= t.epochs.size() &&
         checksum_of_epochs(trial, epochs).parts() == parts;
}

void ActivationsFile::sync() const { sync_file(impl_->path); }

LedgerEntry ActivationsFile::ledger(std::size_t trial) const {
  const LedgerDatasets& d = impl_->ledger;
  std::vector<std::uint8_t> reason(reason_bytes);
  h5::read_box(d.reason.get(), H5T_NATIVE_UINT8, {extent(trial), 0}, {1, reason_bytes},
               reason.data());
  return {state_of(read_one<std::uint8_t>(d.state, trial), impl_->path),
          read_one<std::uint32_t>(d.attempts, trial),
          read_one<std::uint64_t>(d.checksum, trial),
          read_one<double>(d.started, trial),
          read_one<double>(d.ended, trial),
          text_of(reason.data()),
          read_one<std::uint32_t>(d.epochs, trial)};
}

std::vector<LedgerEntry> ActivationsFile::ledger() const {
  std::vector<LedgerEntry> entries;
  for (std::size_t trial = 0; trial < impl_->layout.trials.size(); ++trial)
    entries.push_back(ledger(trial));
  return entries;
}

void ActivationsFile::write_ledger(std::size_t trial, const LedgerEntry& entry) {
  const LedgerDatasets& d = impl_->ledger;
  if (entry.state == TrialState::done) sync_file(impl_->path);
  std::vector<std::uint8_t> reason(reason_bytes, 0);
  std::copy_n(entry.reason.begin(), cut_utf8(entry.reason, reason_bytes - 1), reason.begin());
  h5::write_box(d.reason.get(), H5T_NATIVE_UINT8, {extent(trial), 0}, {1, reason_bytes},
                reason.data());
  write_one(d.attempts, trial, entry.attempts);
  write_one(d.checksum, trial, entry.checksum);
  write_one(d.epochs, trial, entry.epochs);
  write_one(d.started, trial, entry.started);
  write_one(d.ended, trial, entry.ended);
  // The state goes last: a kill before it leaves the old state, never a `done` without its
  // checksum.
  write_one(d.state, trial, static_cast<std::uint8_t>(entry.state));
}

}  // namespace infoplane
