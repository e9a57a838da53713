#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "comm/communicator.hpp"
#include "core/errors.hpp"

// A thin, checked layer over the C API of HDF5. Internal to the room.

namespace infoplane::h5 {

/// HDF5 refused; the message has HDF5's own innermost reason. Mostly the user's world: a file that
/// is missing, truncated or foreign, a full disk.
class Failure : public InputError {
 public:
  using InputError::InputError;
};

/// What a user is told when reading a file met `failure`.
InputError damaged(const std::filesystem::path& path, const Failure& failure);

/// Owns one HDF5 id. Every id is closed before MPI_Finalize because HDF5 would call MPI after its
/// end.
class Id {
 public:
  using Close = herr_t (*)(hid_t);

  Id() = default;
  Id(hid_t id, Close close) : id_(id), close_(close) {}
  ~Id() { release(); }
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Id& operator=(Id&& other) noexcept {
    if (this != &other) {
      release();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  void release() noexcept;

  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// Throws Failure with `what` and HDF5's reason when the result of a call is negative.
std::int64_t check(std::int64_t result, const std::string& what);

/// Owning versions of what is used here. `where` is a file or group.
Id file_id(hid_t id, const std::string& what);
Id dataset_id(hid_t id, const std::string& what);
Id group_id(hid_t id, const std::string& what);
Id space_id(hid_t id);
Id type_id(hid_t id);
Id attribute_id(hid_t id, const std::string& what);
Id property_id(hid_t id);

/// A new file through the serial driver, with creation order tracked (netCDF-4 asks for it) and
/// formats that a killed writer does not leave locked: low bound V18, not V110, not EARLIEST.
Id create_file(const std::filesystem::path& path);
enum class Access { read, write };
/// Everything written so far is handed to the system, or Failure: on a full disk that is when it
/// shows.
void flush(hid_t file, const std::filesystem::path& path);
/// Opens through MPI-IO, collectively, when `comm` is MPI's; else through the serial driver.
Id open_file(const std::filesystem::path& path, Access access, const Communicator& comm);

/// Opens `file` by `open()` and says what is wrong with it where that fails. It is not closed then:
/// closing is collective, and a rank to which that happens alone would wait there for the others
/// instead of ending them.
template <class OpenFile, class Open>
void open_or_leave(const Communicator& comm, const std::filesystem::path& path,
                   std::unique_ptr<OpenFile>& file, Open&& open) {
  const auto leave = [&] {
    if (comm.size() > 1) static_cast<void>(file.release());
  };
  try {
    open();
  } catch (const Failure& failure) {
    leave();
    throw damaged(path, failure);
  } catch (...) {
    leave();
    throw;
  }
}

Id create_group(hid_t parent, const std::string& name);
Id open_group(hid_t parent, const std::string& name);
bool has_link(hid_t parent, const std::string& name);

/// Of every object that is made: things in it keep the order in which they were made, and it has no
/// times, by which files with the same contents would differ. `links`: of a file or group.
void set_object_properties(hid_t property, bool links);

/// Numbers in space that is allocated when the file is made, so that later writes change no
/// metadata.
enum class Fill { never, nan, zero };
Id create_numbers(hid_t parent, const std::string& name, hid_t type,
                  const std::vector<hsize_t>& shape, Fill fill);
/// Variable-length UTF-8. Serial driver only.
Id create_strings(hid_t parent, const std::string& name, const std::vector<std::string>& values);
/// The same in several dimensions, row-major.
Id create_strings(hid_t parent, const std::string& name, const std::vector<std::string>& values,
                  const std::vector<hsize_t>& shape);
void write_strings(hid_t dataset, const std::vector<std::string>& values);
std::vector<std::string> read_strings(hid_t dataset);

Id open_dataset(hid_t parent, const std::string& name);
std::vector<hsize_t> shape_of(hid_t dataset);
/// Stored in pieces, as compressed ones are.
bool is_chunked(hid_t dataset);

/// HDF5 1.10 refuses to read 2 GiB through MPI at once: larger boxes go in pieces.
constexpr std::size_t most_bytes_at_once = std::size_t{1} << 30;

/// Reads or writes the box of `count` elements from `start`, row-major, independently; of a scalar
/// with neither, its value.
void write_box(hid_t dataset, hid_t memory_type, const std::vector<hsize_t>& start,
               const std::vector<hsize_t>& count, const void* data,
               std::size_t at_once = most_bytes_at_once);
void read_box(hid_t dataset, hid_t memory_type, const std::vector<hsize_t>& start,
              const std::vector<hsize_t>& count, void* data,
              std::size_t at_once = most_bytes_at_once);

hid_t native_type(const double*);
hid_t native_type(const float*);
hid_t native_type(const std::int64_t*);
hid_t native_type(const std::int32_t*);
hid_t native_type(const std::uint64_t*);
hid_t native_type(const std::uint32_t*);
hid_t native_type(const std::uint8_t*);

/// The whole of a dataset.
template <class T>
std::vector<T> read_all(hid_t dataset) {
  const std::vector<hsize_t> shape = shape_of(dataset);
  std::size_t count = 1;
  for (const hsize_t n : shape) count *= n;
  std::vector<T> values(count);
  if (count > 0) {
    read_box(dataset, native_type(values.data()), std::vector<hsize_t>(shape.size(), 0), shape,
             values.data());
  }
  return values;
}
template <class T>
std::vector<T> read_all(hid_t parent, const std::string& name) {
  return read_all<T>(open_dataset(parent, name).get());
}
template <class T>
void write_all(hid_t dataset, const std::vector<T>& values) {
  const std::vector<hsize_t> shape = shape_of(dataset);
  if (!values.empty()) {
    write_box(dataset, native_type(values.data()), std::vector<hsize_t>(shape.size(), 0), shape,
              values.data());
  }
}

void set_attribute(hid_t object, const std::string& name, const std::string& value);
void set_attribute(hid_t object, const std::string& name, std::int64_t value);
void set_attribute(hid_t object, const std::string& name, double value);
void set_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values);
void set_attribute(hid_t object, const std::string& name, const std::vector<std::uint8_t>& values);
bool has_attribute(hid_t object, const std::string& name);
std::string string_attribute(hid_t object, const std::string& name);
std::int64_t integer_attribute(hid_t object, const std::string& name);
std::vector<std::int64_t> integers_attribute(hid_t object, const std::string& name);
std::vector<std::string> attribute_names(hid_t object);

/// "1.10.8"
std::string library_version();

}  // namespace infoplane::h5
