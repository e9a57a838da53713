#pragma once

#include <cstdint>
#include <functional>

#include "store/run_directory.hpp"

namespace infoplane {

struct PackSizes {
  std::uint64_t before_bytes = 0, after_bytes = 0;
  bool changed = false;     ///< false: it was so already
  std::size_t damaged = 0;  ///< trials that were damaged before, and are
};

/// Called now and then with the share that is done, 0 to 1.
using PackProgress = std::function<void(double share)>;

/// Compresses the recorded layers of a finished run: activations.h5 is written anew with chunks of
/// whole rows of one snapshot, shuffled and deflated at `level`, 1 to 9; read back and compared
/// with the checksum of every finished trial's slab; and only then put in the place of the old
/// file. Killed at any moment, it leaves the old one. Needs room for both. What reads the run has
/// the same bits afterwards; nothing can be trained into it (unpack_run).
///
/// Not collective: one process. Throws InputError when trials are not finished, the run is in use
/// or damaged, or the disk full.
PackSizes pack_run(const RunDirectory& run, int level, const PackProgress& on_progress = {});

/// The way back.
PackSizes unpack_run(const RunDirectory& run, const PackProgress& on_progress = {});

/// Whether the recorded layers are compressed.
bool is_packed(const RunDirectory& run);
/// Ranks write by themselves, which HDF5 refuses where layers are compressed. Throws InputError.
void require_unpacked(const RunDirectory& run);

}  // namespace infoplane
