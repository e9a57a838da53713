#include "store/hdf5.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

#include "comm/mpi.hpp"
#include "core/log.hpp"
#include "store/library.hpp"

namespace infoplane::h5 {
namespace {

/// A file whose last writes failed cannot be closed, and HDF5's clean-up at exit would trip over
/// it. Has to be said before the first call of any other function, hence before main.
[[maybe_unused]] const herr_t no_clean_up_at_exit = H5dont_atexit();

/// HDF5 prints its error stack to stderr unless told not to; users get one sentence instead.
void silence() {
  static const bool done = [] {
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(done);
}

/// The description of the innermost frame that has one: nearest to the cause.
std::string innermost_reason() {
  std::string reason;
  const auto keep_first = [](unsigned, const H5E_error2_t* frame, void* out) -> herr_t {
    auto* text = static_cast<std::string*>(out);
    if (text->empty() && frame->desc != nullptr) *text = frame->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
  H5Eclear2(H5E_DEFAULT);
  // "file write failed: time = ..., errno = 28, ..." in two lines: the number says it all.
  const std::size_t number = reason.find("errno = ");
  if (number != std::string::npos) {
    if (const int error = std::atoi(reason.c_str() + number + 8); error != 0)
      return std::strerror(error);
  }
  return reason.empty() ? "HDF5 gives no reason" : reason;
}

/// "/trials/0f3a/h1 of runs/a/activations.h5"
std::string dataset_name(hid_t dataset) {
  char name[512] = "?";
  char file[2048] = "?";
  H5Iget_name(dataset, name, sizeof name);
  H5Fget_name(dataset, file, sizeof file);
  return std::string(name) + " of " + file;
}

void check_transfer(herr_t result, const char* verb, hid_t dataset) {
  if (result >= 0) return;
  const std::string reason = innermost_reason();
  throw Failure(fmt::format("cannot {} {} ({})", verb, dataset_name(dataset), reason));
}

Id own(hid_t id, Id::Close close, const std::string& what) {
  check(id, what);
  return Id(id, close);
}

Id string_type() {
  Id type = type_id(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type.get(), H5T_VARIABLE), "string type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "string type");
  return type;
}

template <class Write>
void make_attribute(hid_t object, const std::string& name, hid_t type, hid_t space, Write&& write) {
  if (H5Aexists(object, name.c_str()) > 0)
    check(H5Adelete(object, name.c_str()), "replace attribute " + name);
  const Id attribute =
      attribute_id(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                   "create attribute " + name);
  check(write(attribute.get()), "write attribute " + name);
}

template <class T>
void numbers_attribute(hid_t object, const std::string& name, const T* values, std::size_t count,
                       bool scalar) {
  const hsize_t length = count;
  const Id space = space_id(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &length, nullptr));
  make_attribute(object, name, native_type(values), space.get(),
                 [&](hid_t attribute) { return H5Awrite(attribute, native_type(values), values); });
}

}  // namespace

void set_object_properties(hid_t property, bool links) {
  check(H5Pset_obj_track_times(property, false), "keep no times");
  if (links) {
    check(H5Pset_link_creation_order(property, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
          "creation order");
  }
  check(H5Pset_attr_creation_order(property, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
        "creation order");
}

void Id::release() noexcept {
  if (id_ >= 0 && close_(id_) < 0) {
    H5Eclear2(H5E_DEFAULT);
    try {
      log_warning("HDF5 could not close an object");
    } catch (...) {
    }
  }
  id_ = H5I_INVALID_HID;
}

std::int64_t check(std::int64_t result, const std::string& what) {
  if (result < 0) throw Failure(fmt::format("HDF5 cannot {} ({})", what, innermost_reason()));
  return result;
}

Id file_id(hid_t id, const std::string& what) { return own(id, H5Fclose, what); }
Id dataset_id(hid_t id, const std::string& what) { return own(id, H5Dclose, what); }
Id group_id(hid_t id, const std::string& what) { return own(id, H5Gclose, what); }
Id space_id(hid_t id) { return own(id, H5Sclose, "make a data space"); }
Id type_id(hid_t id) { return own(id, H5Tclose, "make a type"); }
Id attribute_id(hid_t id, const std::string& what) { return own(id, H5Aclose, what); }
Id property_id(hid_t id) { return own(id, H5Pclose, "make a property list"); }

namespace {

/// Data goes to the system at once: what a `sieve` held back would be lost with a killed process,
/// and a full disk would only show when the dataset is closed.
///
/// HDF5's own locks would keep a notebook that looks at results.nc and a job from each other, and
/// with MPI-IO there are none anyway: a run directory has its own against a second writer
/// (RunLock), and results their seal. HDF5 still locks where HDF5_USE_FILE_LOCKING (TRUE, 1,
/// BEST_EFFORT) tells it to; before 1.10.7, and in 1.12.0, always but for FALSE.
Id file_access() {
  Id access = property_id(H5Pcreate(H5P_FILE_ACCESS));
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  check(H5Pset_file_locking(access.get(), false, true), "do without locks");
#endif
  check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V110), "set file format");
  check(H5Pset_sieve_buf_size(access.get(), 0), "switch off the sieve buffer");
  return access;
}

}  // namespace

Id create_file(const std::filesystem::path& path) {
  silence();
  const Id access = file_access();
  const Id creation = property_id(H5Pcreate(H5P_FILE_CREATE));
  set_object_properties(creation.get(), true);
  return file_id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()),
                 "create " + path.string());
}

void flush(hid_t file, const std::filesystem::path& path) {
  check(H5Fflush(file, H5F_SCOPE_GLOBAL), "write " + path.string());
}

Id open_file(const std::filesystem::path& path, Access mode, const Communicator& comm) {
  silence();
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) {
    throw InputError(unknown ? fmt::format("cannot open {} ({})", path.string(), unknown.message())
                             : "no such file: " + path.string());
  }
  const Id access = file_access();
  if (const std::optional<MPI_Comm> mpi = mpi_handle(comm)) {
    check(H5Pset_fapl_mpio(access.get(), *mpi, MPI_INFO_NULL), "use MPI-IO");
  }
  try {
    return file_id(
        H5Fopen(path.c_str(), mode == Access::read ? H5F_ACC_RDONLY : H5F_ACC_RDWR, access.get()),
        "open " + path.string());
  } catch (const Failure& failure) {
    // An HDF5 that locks files all the same.
    if (std::string(failure.what()).find(std::strerror(EAGAIN)) == std::string::npos) throw;
    throw InputError(fmt::format(
        mode == Access::read
            ? "{} is in use: a job writes it. infoplane status tells how it stands, and who waits "
              "for its end can look at the results"
            : "{} is in use: another program has it open, which may be one that looks at it. Once "
              "that is closed, the same command goes on",
        path.string()));
  }
}

Id create_group(hid_t parent, const std::string& name) {
  const Id creation = property_id(H5Pcreate(H5P_GROUP_CREATE));
  set_object_properties(creation.get(), true);
  return group_id(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                  "create group " + name);
}

Id open_group(hid_t parent, const std::string& name) {
  return group_id(H5Gopen2(parent, name.c_str(), H5P_DEFAULT), "open group " + name);
}

bool has_link(hid_t parent, const std::string& name) {
  return H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0;
}

Id create_numbers(hid_t parent, const std::string& name, hid_t type,
                  const std::vector<hsize_t>& shape, Fill fill) {
  const Id space =
      space_id(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const Id creation = property_id(H5Pcreate(H5P_DATASET_CREATE));
  set_object_properties(creation.get(), false);
  check(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), "set layout");
  check(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "set allocation");
  check(H5Pset_fill_time(creation.get(),
                         fill == Fill::never ? H5D_FILL_TIME_NEVER : H5D_FILL_TIME_ALLOC),
        "set fill");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (fill == Fill::nan)
    check(H5Pset_fill_value(creation.get(), H5T_NATIVE_DOUBLE, &nan), "set fill");
  Id dataset = dataset_id(
      H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      "create dataset " + name);
  if (fill == Fill::nan) {
    // netCDF wants it in the type of the variable.
    const auto single = static_cast<float>(nan);
    if (H5Tget_size(type) == sizeof single) {
      numbers_attribute(dataset.get(), "_FillValue", &single, 1, false);
    } else {
      numbers_attribute(dataset.get(), "_FillValue", &nan, 1, false);
    }
  }
  return dataset;
}

Id create_strings(hid_t parent, const std::string& name, const std::vector<std::string>& values) {
  return create_strings(parent, name, values, {static_cast<hsize_t>(values.size())});
}

Id create_strings(hid_t parent, const std::string& name, const std::vector<std::string>& values,
                  const std::vector<hsize_t>& shape) {
  const Id space =
      space_id(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const Id type = string_type();
  const Id creation = property_id(H5Pcreate(H5P_DATASET_CREATE));
  set_object_properties(creation.get(), false);
  Id dataset = dataset_id(H5Dcreate2(parent, name.c_str(), type.get(), space.get(), H5P_DEFAULT,
                                     creation.get(), H5P_DEFAULT),
                          "create dataset " + name);
  write_strings(dataset.get(), values);
  return dataset;
}

void write_strings(hid_t dataset, const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  const Id type = string_type();
  check(H5Dwrite(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
        "write strings");
}

std::vector<std::string> read_strings(hid_t dataset) {
  const Id stored = type_id(H5Dget_type(dataset));
  if (H5Tis_variable_str(stored.get()) <= 0)
    throw Failure("a dataset is not of strings of variable length");
  const Id space = space_id(H5Dget_space(dataset));
  const auto count =
      static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space.get()), "read strings"));
  std::vector<char*> pointers(count, nullptr);
  const Id type = string_type();
  check(H5Dread(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
        "read strings");
  std::vector<std::string> values;
  for (const char* pointer : pointers) values.emplace_back(pointer == nullptr ? "" : pointer);
  check(H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data()), "read strings");
  return values;
}

Id open_dataset(hid_t parent, const std::string& name) {
  return dataset_id(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), "open dataset " + name);
}

std::vector<hsize_t> shape_of(hid_t dataset) {
  const Id space = space_id(H5Dget_space(dataset));
  const auto rank =
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.get()), "read a shape"));
  std::vector<hsize_t> shape(rank);
  check(H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr), "read a shape");
  return shape;
}

bool is_chunked(hid_t dataset) {
  const Id creation = property_id(H5Dget_create_plist(dataset));
  return H5Pget_layout(creation.get()) == H5D_CHUNKED;
}

namespace {

std::pair<Id, Id> select_box(hid_t dataset, const std::vector<hsize_t>& start,
                             const std::vector<hsize_t>& count) {
  Id file_space = space_id(H5Dget_space(dataset));
  if (start.empty()) return {space_id(H5Screate(H5S_SCALAR)), std::move(file_space)};
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                            nullptr),
        "select a box");
  Id memory_space =
      space_id(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  return {std::move(memory_space), std::move(file_space)};
}

/// Calls `transfer(start, count, first element of the box)` for a box, or where it has too many
/// bytes for pieces of it: halves along its first axis that can be cut, each of which is in one
/// piece in memory.
template <class Transfer>
void in_pieces(std::vector<hsize_t> start, std::vector<hsize_t> count, std::size_t first,
               std::size_t most_elements, const Transfer& transfer) {
  const hsize_t elements =
      std::accumulate(count.begin(), count.end(), hsize_t{1}, std::multiplies<>());
  const auto cut = std::find_if(count.begin(), count.end(), [](hsize_t n) { return n > 1; });
  if (elements <= most_elements || cut == count.end()) {
    transfer(start, count, first);
    return;
  }
  const hsize_t all = *cut;
  *cut = all / 2;
  in_pieces(start, count, first, most_elements, transfer);
  first += static_cast<std::size_t>(elements / all * *cut);
  start[static_cast<std::size_t>(cut - count.begin())] += *cut;
  *cut = all - *cut;
  in_pieces(std::move(start), std::move(count), first, most_elements, transfer);
}

}  // namespace

void write_box(hid_t dataset, hid_t memory_type, const std::vector<hsize_t>& start,
               const std::vector<hsize_t>& count, const void* data, std::size_t at_once) {
  const std::size_t size = H5Tget_size(memory_type);
  in_pieces(start, count, 0, at_once / size,
            [&](const auto& from, const auto& of, std::size_t first) {
              const auto [memory, file] = select_box(dataset, from, of);
              check_transfer(H5Dwrite(dataset, memory_type, memory.get(), file.get(), H5P_DEFAULT,
                                      static_cast<const char*>(data) + first * size),
                             "write", dataset);
            });
}

void read_box(hid_t dataset, hid_t memory_type, const std::vector<hsize_t>& start,
              const std::vector<hsize_t>& count, void* data, std::size_t at_once) {
  const std::size_t size = H5Tget_size(memory_type);
  in_pieces(start, count, 0, at_once / size,
            [&](const auto& from, const auto& of, std::size_t first) {
              const auto [memory, file] = select_box(dataset, from, of);
              check_transfer(H5Dread(dataset, memory_type, memory.get(), file.get(), H5P_DEFAULT,
                                     static_cast<char*>(data) + first * size),
                             "read", dataset);
            });
}

InputError damaged(const std::filesystem::path& path, const Failure& failure) {
  return InputError(
      fmt::format("{} is damaged, or not a file of infoplane: {}", path.string(), failure.what()));
}

hid_t native_type(const double*) { return H5T_NATIVE_DOUBLE; }
hid_t native_type(const float*) { return H5T_NATIVE_FLOAT; }
hid_t native_type(const std::int64_t*) { return H5T_NATIVE_INT64; }
hid_t native_type(const std::int32_t*) { return H5T_NATIVE_INT32; }
hid_t native_type(const std::uint64_t*) { return H5T_NATIVE_UINT64; }
hid_t native_type(const std::uint32_t*) { return H5T_NATIVE_UINT32; }
hid_t native_type(const std::uint8_t*) { return H5T_NATIVE_UINT8; }

void set_attribute(hid_t object, const std::string& name, const std::string& value) {
  const Id space = space_id(H5Screate(H5S_SCALAR));
  const Id type = string_type();
  const char* text = value.c_str();
  make_attribute(object, name, type.get(), space.get(),
                 [&](hid_t attribute) { return H5Awrite(attribute, type.get(), &text); });
}

void set_attribute(hid_t object, const std::string& name, std::int64_t value) {
  numbers_attribute(object, name, &value, 1, true);
}

void set_attribute(hid_t object, const std::string& name, double value) {
  numbers_attribute(object, name, &value, 1, true);
}

void set_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values) {
  numbers_attribute(object, name, values.data(), values.size(), false);
}

void set_attribute(hid_t object, const std::string& name, const std::vector<std::uint8_t>& values) {
  numbers_attribute(object, name, values.data(), values.size(), false);
}

bool has_attribute(hid_t object, const std::string& name) {
  return H5Aexists(object, name.c_str()) > 0;
}

std::string string_attribute(hid_t object, const std::string& name) {
  const Id attribute =
      attribute_id(H5Aopen(object, name.c_str(), H5P_DEFAULT), "read attribute " + name);
  const Id stored = type_id(H5Aget_type(attribute.get()));
  const Id space = space_id(H5Aget_space(attribute.get()));
  if (H5Tget_class(stored.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1) {
    throw Failure("attribute " + name + " is not one string");
  }
  if (H5Tis_variable_str(stored.get()) <= 0) {  // other tools write such ones
    std::string value(H5Tget_size(stored.get()), '\0');
    check(H5Aread(attribute.get(), stored.get(), value.data()), "read attribute " + name);
    return value.substr(0, value.find('\0'));
  }
  const Id type = string_type();
  char* text = nullptr;
  check(H5Aread(attribute.get(), type.get(), &text), "read attribute " + name);
  std::string value = text == nullptr ? "" : text;
  H5free_memory(text);
  return value;
}

std::int64_t integer_attribute(hid_t object, const std::string& name) {
  const std::vector<std::int64_t> values = integers_attribute(object, name);
  if (values.size() != 1) throw Failure("attribute " + name + " is not one number");
  return values[0];
}

std::vector<std::int64_t> integers_attribute(hid_t object, const std::string& name) {
  const Id attribute =
      attribute_id(H5Aopen(object, name.c_str(), H5P_DEFAULT), "read attribute " + name);
  const Id space = space_id(H5Aget_space(attribute.get()));
  const Id type = type_id(H5Aget_type(attribute.get()));
  if (H5Tget_class(type.get()) != H5T_INTEGER)
    throw Failure("attribute " + name + " is not of integers");
  std::vector<std::int64_t> values(static_cast<std::size_t>(
      check(H5Sget_simple_extent_npoints(space.get()), "read attribute " + name)));
  check(H5Aread(attribute.get(), H5T_NATIVE_INT64, values.data()), "read attribute " + name);
  return values;
}

std::vector<std::string> attribute_names(hid_t object) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, collect, &names),
        "list attributes");
  return names;
}

std::string library_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace infoplane::h5

namespace infoplane {

std::string hdf5_version() { return h5::library_version(); }

}  // namespace infoplane
