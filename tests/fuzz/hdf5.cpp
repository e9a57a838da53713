#include <fuzzer/FuzzedDataProvider.h>
#include <hdf5.h>

#include <algorithm>
#include <cstring>

#include "fuzz/fuzz.hpp"
#include "fuzz/table_promises.hpp"

// The bytes of an input say which file to make, and what to damage in it: HDF5 is not ours, and
// a fuzzer that does not see into it would seldom make a file that it opens.

/// Parts of what HDF5 opened in a damaged file before it gave up stay with it.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libhdf5\n";
}

namespace {

using namespace infoplane;

hid_t type_of(FuzzedDataProvider& choice) {
  const hid_t types[] = {H5T_IEEE_F64LE,  H5T_IEEE_F32LE,    H5T_IEEE_F64BE, H5T_STD_I8LE,
                         H5T_STD_U64BE,   H5T_STD_I32LE,     H5T_STD_B16LE,  H5T_C_S1,
                         H5T_STD_REF_OBJ, H5T_NATIVE_LDOUBLE};
  return types[choice.ConsumeIntegralInRange<std::size_t>(0, std::size(types) - 1)];
}

hid_t space_of(FuzzedDataProvider& choice, hsize_t& count, std::vector<hsize_t>& shape) {
  count = 1;
  if (choice.ConsumeIntegralInRange(0, 15) == 0) return count = 0, H5Screate(H5S_NULL);
  shape.resize(choice.ConsumeIntegralInRange<std::size_t>(0, 4));
  for (hsize_t& n : shape) {
    const auto kind = choice.ConsumeIntegralInRange(0, 15);
    n = kind == 0 ? choice.ConsumeIntegral<hsize_t>() >> 2U : choice.ConsumeIntegralInRange(0, 5);
    if (__builtin_mul_overflow(count, n, &count)) count = std::uint64_t{1} << 62U;
  }
  return H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
}

/// How the values lie in the file: at one place, in its header, or in chunks, packed or not.
hid_t layout_of(FuzzedDataProvider& choice, const std::vector<hsize_t>& shape) {
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  const int layout = choice.ConsumeIntegralInRange(0, 3);
  if (layout == 1) H5Pset_layout(creation, H5D_COMPACT);
  if (layout >= 2 && !shape.empty()) {
    const std::vector<hsize_t> chunk(shape.size(), choice.ConsumeIntegralInRange<hsize_t>(1, 4));
    H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    if (layout == 3) {
      H5Pset_shuffle(creation);
      H5Pset_deflate(creation, 6);
    }
  }
  return creation;
}

/// Whether the dataset could be made; `values` are those in it, as numbers of 64 bits.
bool make_dataset(FuzzedDataProvider& choice, hid_t in, std::vector<double>& values) {
  constexpr hsize_t most_values = 4096;
  const hid_t type = type_of(choice);
  std::vector<hsize_t> shape;
  hsize_t count = 0;
  const hid_t space = space_of(choice, count, shape);
  const hid_t creation = layout_of(choice, shape);
  const hid_t set = H5Dcreate2(in, "d", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  bool written = false;
  if (set >= 0 && count > 0 && count <= most_values && choice.ConsumeBool()) {
    values.resize(count);
    for (double& value : values)
      value = choice.ConsumeBool() ? choice.ConsumeFloatingPoint<double>()
                                   : choice.ConsumeIntegralInRange(-1, 9);
    written = H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0 &&
              type == H5T_IEEE_F64LE;
  }
  if (set >= 0) H5Dclose(set);
  H5Pclose(creation);
  if (space >= 0) H5Sclose(space);
  return written;
}

bool make_file(FuzzedDataProvider& choice, bool newest, const std::string& path,
               std::vector<double>& values) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (newest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t in = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (in < 0) fuzz::broken("a file for the input", path);
  bool written = false;
  const int kind = choice.ConsumeIntegralInRange(0, 15);
  if (kind == 0) {
    H5Gclose(H5Gcreate2(in, "d", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  } else if (kind == 1) {
    H5Lcreate_soft("/d", in, "d", H5P_DEFAULT, H5P_DEFAULT);
  } else {
    written = make_dataset(choice, in, values);
  }
  H5Fclose(in);
  H5Pclose(access);
  return written;
}

/// Cuts the file, and writes other bytes into one of the newest format. Older formats have no
/// checksums, and HDF5 itself reads behind its memory when their descriptions of chunks are wrong.
bool damage(FuzzedDataProvider& choice, bool newest, int file) {
  const auto size = static_cast<std::size_t>(lseek(file, 0, SEEK_END));
  bool damaged = false;
  for (int left = newest ? choice.ConsumeIntegralInRange(0, 7) : 0; left > 0; --left) {
    const auto byte = choice.ConsumeIntegral<std::uint8_t>();
    const auto at = choice.ConsumeIntegralInRange<std::size_t>(0, size - 1);
    damaged = pwrite(file, &byte, 1, static_cast<off_t>(at)) == 1;
  }
  if (choice.ConsumeIntegralInRange(0, 7) == 0) {
    const auto end = choice.ConsumeIntegralInRange<std::size_t>(0, size);
    damaged = ftruncate(file, static_cast<off_t>(end)) == 0 || damaged;
  }
  return damaged;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file;
  static const herr_t quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  FUZZ_EXPECT(quiet >= 0);
  FuzzedDataProvider choice(data, size);
  std::vector<double> values;
  const bool newest = choice.ConsumeBool();
  const bool known = make_file(choice, newest, file.path(), values);
  const bool damaged = damage(choice, newest, file.descriptor());
  const std::string place = file.path() + ":/d";
  Table table;
  const bool read = fuzz::reads({file.path()}, [&] { table = read_table(place); });
  if (read) fuzz::check_table(table, place);
  if (known && !damaged) {
    FUZZ_EXPECT(read && table.values.size() == values.size());
    FUZZ_EXPECT(std::memcmp(table.values.data(), values.data(), 8 * values.size()) == 0);
  }
  return 0;
}
