#include "store/seal.hpp"

#include <string>

#include "store/hdf5.hpp"

namespace infoplane {
namespace {

const char* const name = "content_checksum";

}  // namespace

void create_seal(hid_t file) {
  const h5::Id seal = h5::create_numbers(file, name, H5T_STD_U64LE, {}, h5::Fill::zero);
  h5::set_attribute(seal.get(), "long_name",
                    std::string("XXH3 of all numbers and texts; 0x6e65706f206c6165 while they "
                                "are being written"));
}

void write_seal(hid_t file, std::uint64_t value) {
  h5::write_box(h5::open_dataset(file, name).get(), H5T_NATIVE_UINT64, {}, {}, &value);
}

std::uint64_t read_seal(hid_t file) {
  if (!h5::has_link(file, name)) {
    throw h5::Failure(
        "it has no content_checksum, as an infoplane before there were any wrote it: run its "
        "sweep again in another --out");
  }
  const h5::Id seal = h5::open_dataset(file, name);
  if (!h5::shape_of(seal.get()).empty())
    throw h5::Failure("its content_checksum is not one number");
  std::uint64_t value = 0;
  h5::read_box(seal.get(), H5T_NATIVE_UINT64, {}, {}, &value);
  return value;
}

}  // namespace infoplane
