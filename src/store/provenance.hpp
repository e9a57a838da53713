#pragma once

#include <hdf5.h>

#include <string>

#include "store/run_layout.hpp"

// Internal to the room.

namespace infoplane {

void write_provenance(hid_t file, const Provenance& provenance);
Provenance read_provenance(hid_t file);

/// Throws h5::Failure unless the root of `file` has our title and a format version we read.
void require_format(hid_t file, const std::string& title);

}  // namespace infoplane
