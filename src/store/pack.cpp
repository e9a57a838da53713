#include "store/pack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/text.hpp"
#include "store/activations_file.hpp"
#include "store/atomic_file.hpp"
#include "store/hdf5.hpp"

namespace infoplane {
namespace {

/// Large enough to compress well, no larger than HDF5's cache of a dataset.
constexpr std::uint64_t chunk_bytes = std::uint64_t{1} << 20;

/// How the layers are to be stored.
struct Storage {
  int level = 0;  ///< 0: contiguous
};

h5::Id layer_creation(const Storage& storage, const std::vector<hsize_t>& shape) {
  h5::Id creation = h5::property_id(H5Pcreate(H5P_DATASET_CREATE));
  h5::set_object_properties(creation.get(), false);
  if (storage.level == 0) {
    h5::check(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), "set layout");
    h5::check(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "set allocation");
    h5::check(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "set fill");
    return creation;
  }
  const hsize_t rows = std::clamp<hsize_t>(
      chunk_bytes / (sizeof(float) * std::max<hsize_t>(1, shape[2])), 1, shape[1]);
  const std::vector<hsize_t> chunk{1, rows, shape[2]};
  h5::check(H5Pset_chunk(creation.get(), 3, chunk.data()), "set chunks");
  h5::check(H5Pset_shuffle(creation.get()), "set the shuffle filter");
  h5::check(H5Pset_deflate(creation.get(), static_cast<unsigned>(storage.level)),
            "set the deflate filter");
  return creation;
}

/// Attributes of any kind, strings included.
void copy_attributes(hid_t from, hid_t to) {
  for (const std::string& name : h5::attribute_names(from)) {
    const h5::Id source =
        h5::attribute_id(H5Aopen(from, name.c_str(), H5P_DEFAULT), "read attribute " + name);
    const h5::Id type = h5::type_id(H5Aget_type(source.get()));
    const h5::Id space = h5::space_id(H5Aget_space(source.get()));
    const auto count = static_cast<std::size_t>(
        h5::check(H5Sget_simple_extent_npoints(space.get()), "read attribute " + name));
    std::vector<char> values(std::max<std::size_t>(1, count) * H5Tget_size(type.get()));
    h5::check(H5Aread(source.get(), type.get(), values.data()), "read attribute " + name);
    const h5::Id target = h5::attribute_id(
        H5Acreate2(to, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
        "write attribute " + name);
    const herr_t written = H5Awrite(target.get(), type.get(), values.data());
    if (H5Tis_variable_str(type.get()) > 0)
      H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, values.data());
    h5::check(written, "write attribute " + name);
  }
}

/// Writes the file of a run anew, its layers stored in another way.
class Repacking {
 public:
  Repacking(const ActivationsFile& activations, const std::filesystem::path& from,
            const std::filesystem::path& to, const Storage& storage,
            const PackProgress& on_progress)
      : activations_(activations),
        ledger_(activations.ledger()),
        from_(h5::open_file(from, h5::Access::read, Communicator::serial())),
        to_(h5::create_file(to)),
        to_path_(to),
        storage_(storage),
        on_progress_(on_progress) {
    for (const TrialLayout& trial : activations.layout().trials)
      all_bytes_ += slab_bytes(activations.layout(), trial);
  }

  void operator()() {
    copy_attributes(from_.get(), to_.get());
    for (const char* group : {"row_sets", "ledger"}) {
      h5::check(H5Ocopy(from_.get(), group, to_.get(), group, H5P_DEFAULT, H5P_DEFAULT),
                std::string("copy ") + group);
    }
    const h5::Id from = h5::open_group(from_.get(), "trials");
    const h5::Id to = h5::create_group(to_.get(), "trials");
    const std::vector<TrialLayout>& trials = activations_.layout().trials;
    for (std::size_t t = 0; t < trials.size(); ++t) {
      const h5::Id from_trial = h5::open_group(from.get(), trials[t].id);
      const h5::Id to_trial = h5::create_group(to.get(), trials[t].id);
      copy_attributes(from_trial.get(), to_trial.get());
      for (std::size_t layer = 0; layer < trials[t].layers.size(); ++layer)
        copy_layer(from_trial.get(), to_trial.get(), t, layer);
    }
    h5::flush(to_.get(), to_path_);
  }

 private:
  void copy_layer(hid_t from_trial, hid_t to_trial, std::size_t t, std::size_t layer) {
    const std::string& name = activations_.layout().trials[t].layers[layer].name;
    const h5::Id from = h5::open_dataset(from_trial, name);
    const std::vector<hsize_t> shape = h5::shape_of(from.get());
    const h5::Id space = h5::space_id(H5Screate_simple(3, shape.data(), nullptr));
    const h5::Id creation = layer_creation(storage_, shape);
    const h5::Id to = h5::dataset_id(H5Dcreate2(to_trial, name.c_str(), H5T_IEEE_F32LE, space.get(),
                                                H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                                     "create dataset " + name);
    copy_attributes(from.get(), to.get());
    // What a failed trial left, or was never reached, is nobody's.
    if (ledger_[t].state != TrialState::done) return;
    std::vector<float> values;
    for (std::size_t epoch = 0; epoch < activations_.recorded_epochs(t); ++epoch) {
      try {
        activations_.read_snapshot(t, epoch, layer, values);
      } catch (const h5::Failure&) {
        if (storage_.level > 0) throw;
        continue;  // the trial's checksum will tell
      }
      h5::write_box(to.get(), H5T_NATIVE_FLOAT, {epoch, 0, 0}, {1, shape[1], shape[2]},
                    values.data());
      done_bytes_ += values.size() * sizeof(float);
      if (on_progress_)
        on_progress_(0.5 * static_cast<double>(done_bytes_) / static_cast<double>(all_bytes_));
    }
  }

  const ActivationsFile& activations_;
  std::vector<LedgerEntry> ledger_;
  h5::Id from_, to_;
  std::filesystem::path to_path_;
  Storage storage_;
  const PackProgress& on_progress_;
  std::uint64_t all_bytes_ = 0, done_bytes_ = 0;
};

void require_finished(const RunDirectory& run, const ActivationsFile& activations) {
  std::size_t unfinished = 0;
  for (const LedgerEntry& entry : activations.ledger())
    unfinished += is_finished(entry.state) ? 0 : 1;
  if (unfinished == 0) return;
  throw InputError(fmt::format(
      "{} is not finished: {} of {} trials are not trained yet; {} goes on", run.path().string(),
      unfinished, activations.layout().trials.size(), run.run_command()));
}

/// Every finished slab of the new file has the checksum that was noted when it was trained. On the
/// way back what was damaged before may stay so: it is trained again afterwards. Returns how many
/// trials that are.
std::size_t require_same(const std::filesystem::path& temporary, const RunDirectory& run,
                         const ActivationsFile& old, const Storage& storage,
                         const PackProgress& on_progress) {
  std::vector<std::string> ids;
  for (const TrialLayout& trial : old.layout().trials) ids.push_back(trial.id);
  const ActivationsFile packed(temporary, ActivationsFile::Access::read, Communicator::serial());
  packed.require_trials(ids);
  std::size_t damaged = 0;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const LedgerEntry entry = packed.ledger(t);
    const bool whole = entry.state != TrialState::done || packed.slab_is_whole(t);
    damaged += whole ? 0 : 1;
    if (!whole && (storage.level > 0 || old.slab_is_whole(t))) {
      throw InputError(fmt::format(
          "{}: the activations of trial {} do not have their checksum, nothing was changed; "
          "{} trains a damaged trial again",
          run.activations().string(), ids[t], run.run_command()));
    }
    if (on_progress)
      on_progress(0.5 + 0.5 * static_cast<double>(t + 1) / static_cast<double>(ids.size()));
  }
  return damaged;
}

PackSizes repack(const RunDirectory& run, const Storage& storage, const PackProgress& on_progress) {
  run.require_run();
  const RunLock lock(run);
  if (!std::filesystem::exists(run.activations())) {
    throw InputError(run.activations().string() +
                     " is gone: there is nothing to compress, the results stay as they are");
  }
  PackSizes sizes;
  sizes.before_bytes = sizes.after_bytes = std::filesystem::file_size(run.activations());
  {
    const ActivationsFile activations(run.activations(), ActivationsFile::Access::read,
                                      Communicator::serial());
    if (storage.level > 0) require_finished(run, activations);
    if (is_packed(run) == (storage.level > 0)) return sizes;
    write_atomically(run.activations(), [&](const std::filesystem::path& temporary) {
      try {
        Repacking(activations, run.activations(), temporary, storage, on_progress)();
      } catch (const h5::Failure& failure) {
        throw InputError(fmt::format("cannot write {} ({}); {} is as it was", temporary.string(),
                                     failure.what(), run.activations().string()));
      }
      sizes.damaged = require_same(temporary, run, activations, storage, on_progress);
    });
  }
  sizes.after_bytes = std::filesystem::file_size(run.activations());
  sizes.changed = true;
  return sizes;
}

}  // namespace

PackSizes pack_run(const RunDirectory& run, int level, const PackProgress& on_progress) {
  return repack(run, {level}, on_progress);
}

PackSizes unpack_run(const RunDirectory& run, const PackProgress& on_progress) {
  return repack(run, {0}, on_progress);
}

bool is_packed(const RunDirectory& run) {
  if (!std::filesystem::exists(run.activations())) return false;
  const ActivationsFile activations(run.activations(), ActivationsFile::Access::read,
                                    Communicator::serial());
  const std::vector<TrialLayout>& trials = activations.layout().trials;
  if (trials.empty() || trials[0].layers.empty()) return false;
  const h5::Id file = h5::open_file(run.activations(), h5::Access::read, Communicator::serial());
  const h5::Id dataset =
      h5::open_dataset(file.get(), "trials/" + trials[0].id + "/" + trials[0].layers[0].name);
  return h5::is_chunked(dataset.get());
}

void require_unpacked(const RunDirectory& run) {
  if (!is_packed(run)) return;
  throw InputError(fmt::format(
      "{} is packed, and there are trials to train; infoplane pack --undo {} comes first",
      run.activations().string(), run.word()));
}

}  // namespace infoplane
