#pragma once

#include <hdf5.h>

#include <cstdint>

// Internal to the room.

namespace infoplane {

/// The scalar content_checksum of results.nc. It holds open_seal while ranks write numbers: written
/// before the first of them, so that no checksum is ever about other numbers.
constexpr std::uint64_t open_seal = 0x6e65706f206c6165;

void create_seal(hid_t file);
void write_seal(hid_t file, std::uint64_t value);
/// Throws h5::Failure.
std::uint64_t read_seal(hid_t file);

}  // namespace infoplane
