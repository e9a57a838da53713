#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/errors.hpp"
#include "data/number_table.hpp"

namespace infoplane {
namespace {

/// Closes what HDF5 opened.
struct Handle {
  hid_t id;
  herr_t (*close)(hid_t);
  ~Handle() {
    if (id >= 0) close(id);
  }
};

/// Whether another program has locked it, as HDF5 does while it writes.
bool is_being_written(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

/// A file that is being written is refused: what is not there yet would be read as zeros. Where
/// files cannot be locked it is read without.
hid_t open_to_read(const std::string& file) {
  if (is_being_written(file)) {
    throw InputError(file + " is being written by another program: close it there first");
  }
  const Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  // Not known before 1.10.7, nor to 1.12.0.
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  H5Pset_file_locking(access.id, false, true);
#endif
  return H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id);
}

/// HDF5 prints its error stack otherwise.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// More values than this are no table; fewer cannot overflow what counts bytes.
constexpr std::uint64_t most_values = std::uint64_t{1} << 34;

std::vector<hsize_t> shape_of(hid_t space, const std::string& name) {
  const H5S_class_t kind = H5Sget_simple_extent_type(space);
  if (kind == H5S_NULL) throw InputError(name + " holds nothing");
  const int dimensions = H5Sget_simple_extent_ndims(space);
  if ((kind != H5S_SIMPLE && kind != H5S_SCALAR) || dimensions < 0)
    throw InputError(name + " has no shape");
  std::vector<hsize_t> shape(static_cast<std::size_t>(dimensions));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

std::uint64_t count_of(const std::vector<hsize_t>& shape, const std::string& name) {
  std::uint64_t count = 1;
  for (const hsize_t n : shape) {
    if (n > most_values || (n > 0 && count > most_values / n))
      throw InputError(
          fmt::format("{} is said to be {}, which is larger than any table that fits in memory",
                      name, fmt::join(shape, " x ")));
    count *= n;
  }
  return count;
}

/// A damaged file can claim any shape; memory for it must not be asked for before that is seen.
void expect_values_there(hid_t in, hid_t set, std::uint64_t count, std::uint64_t width,
                         const std::string& name) {
  const Handle creation{H5Dget_create_plist(set), H5Pclose};
  const H5D_layout_t layout = H5Pget_layout(creation.id);
  const bool elsewhere = layout == H5D_VIRTUAL || H5Pget_external_count(creation.id) > 0;
  hsize_t file_size = 0;
  if (elsewhere || H5Fget_filesize(in, &file_size) < 0) return;
  const std::uint64_t packing = layout == H5D_CHUNKED ? 1100 : 1;  // gzip: at most 1032
  const std::uint64_t stored = std::min<std::uint64_t>(H5Dget_storage_size(set), file_size);
  if (count > stored * packing / width) {
    throw InputError(fmt::format(
        "{} is said to be {} values of {} bytes and takes {} bytes of the file: they were never "
        "written, or the file is damaged",
        name, count, width, stored));
  }
}

}  // namespace

Table read_hdf5(const std::string& file, const std::string& dataset) {
  const Quiet quiet;
  const std::string name = file + ":" + dataset;
  const Handle in{open_to_read(file), H5Fclose};
  if (in.id < 0) throw InputError(file + " is no HDF5 file, or damaged");
  const Handle set{H5Dopen2(in.id, dataset.c_str(), H5P_DEFAULT), H5Dclose};
  if (set.id < 0) throw InputError(fmt::format("{} has no dataset {}", file, dataset));
  const Handle type{H5Dget_type(set.id), H5Tclose};
  // h5py keeps truth values as an enumeration of FALSE and TRUE.
  const Handle numbers{H5Tget_class(type.id) == H5T_ENUM ? H5Tget_super(type.id) : H5Tcopy(type.id),
                       H5Tclose};
  const H5T_class_t kind = H5Tget_class(numbers.id);
  const std::size_t width = H5Tget_size(type.id);
  if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || width == 0)
    throw InputError(name + " holds no numbers");
  const Handle space{H5Dget_space(set.id), H5Sclose};
  const std::vector<hsize_t> shape = shape_of(space.id, name);
  const std::uint64_t count = count_of(shape, name);
  expect_values_there(in.id, set.id, count, width, name);
  Table table{{shape.begin(), shape.end()}, std::vector<double>(count)};
  if (count > 0 &&
      H5Dread(set.id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, table.values.data()) < 0) {
    throw InputError(name + " cannot be read: the file is damaged");
  }
  return table;
}

}  // namespace infoplane
