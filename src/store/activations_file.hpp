#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/aligned_vector.hpp"
#include "core/matrix_view.hpp"
#include "store/ledger.hpp"
#include "store/run_layout.hpp"

namespace infoplane {

/// Checksum of a trial's slab, made of the checksums of its snapshots: they may come in any order,
/// and a slab can be checked without holding it in memory.
class SlabChecksum {
 public:
  explicit SlabChecksum(std::size_t layers) : layers_(layers) {}
  void add(std::size_t epoch, std::size_t layer, MatrixView<const float> snapshot);
  std::uint64_t value() const;

  /// The checksums of the snapshots so far, [epoch][layer]: with them another one goes on.
  const std::vector<std::uint64_t>& parts() const { return parts_; }
  void go_to(std::vector<std::uint64_t> parts) { parts_ = std::move(parts); }

 private:
  std::size_t layers_;
  std::vector<std::uint64_t> parts_;  // [epoch][layer]
};

/// activations.h5: the snapshots of all trials and the ledger.
///
///   /trials/<id>/<layer>   float32 [epoch][row][feature], contiguous, never filled
///                          attributes: kind, shape, follows (LayerLayout)
///   /trials/<id>           attributes: epochs, layers, row_set, train_rows, parameters
///   /row_sets/<k>/rows, labels
///   /ledger/id, state, attempts, checksum, epochs, started, ended, reason   one entry for each
///   trial
///
/// create() writes all metadata through the serial driver. After that all ranks open the file
/// together and only write numbers, independently, into space already there: a rank killed at any
/// moment leaves a file that opens, with everything that was finished in it.
class ActivationsFile {
 public:
  /// Not collective: one process. Atomic. Throws InputError (folder, disk).
  static void create(const std::filesystem::path& path, const RunLayout& layout,
                     const Provenance& provenance);

  enum class Access { read, write };
  /// Collective; so is the destructor. Throws InputError when the file is missing, damaged or
  /// foreign.
  ActivationsFile(const std::filesystem::path& path, Access access, const Communicator& comm);
  ~ActivationsFile();
  ActivationsFile(ActivationsFile&&) noexcept;
  ActivationsFile& operator=(ActivationsFile&&) noexcept;

  /// As create() was given it, but for axes and varied settings, which results.nc has.
  const RunLayout& layout() const;
  /// Throws InputError unless its trials are these, in this order: a file of another run was put in
  /// the place of the right one.
  void require_trials(const std::vector<std::string>& ids) const;

  // The rest is independent, not collective, and throws InputError when the disk is full or the
  // file damaged.

  /// Indices are positions in layout(). `snapshot` is rows x features of that layer.
  void write_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                      MatrixView<const float> snapshot);
  /// Fills `out`, rows x features.
  void read_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                     std::vector<float>& out) const {
    out.resize(snapshot_size(trial, layer));
    read_snapshot(trial, epoch, layer, out.data());
  }
  void read_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                     AlignedVector<float>& out) const {
    reserve_pages(out, snapshot_size(trial, layer));
    out.resize(snapshot_size(trial, layer));
    read_snapshot(trial, epoch, layer, out.data());
  }
  /// How many snapshots of each layer a finished trial has.
  std::size_t recorded_epochs(std::size_t trial) const;
  /// Reads the slab back, as far as it was recorded.
  std::uint64_t slab_checksum(std::size_t trial) const;
  /// Whether that is what the ledger says of a trial that is done. Not so, too, where a compressed
  /// snapshot cannot be unpacked; what cannot be read for other reasons throws.
  bool slab_is_whole(std::size_t trial) const;
  /// Whether the first snapshots of a trial that is not finished have these checksums,
  /// [epoch][layer].
  bool holds(std::size_t trial, const std::vector<std::uint64_t>& parts) const;

  LedgerEntry ledger(std::size_t trial) const;
  std::vector<LedgerEntry> ledger() const;
  /// Data of the trial that was written before reaches the disk first when `entry` says done.
  void write_ledger(std::size_t trial, const LedgerEntry& entry);
  /// Everything written so far, by any rank of this node, is on the disk when this returns.
  void sync() const;

 private:
  std::size_t snapshot_size(std::size_t trial, std::size_t layer) const;
  void read_snapshot(std::size_t trial, std::size_t epoch, std::size_t layer, float* out) const;
  SlabChecksum checksum_of_epochs(std::size_t trial, std::size_t epochs) const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace infoplane
