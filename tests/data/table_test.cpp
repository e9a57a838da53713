#include "data/table.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "core/errors.hpp"
#include "data/number_table.hpp"
#include "store/scratch.hpp"

namespace infoplane {
namespace {

using test::Scratch;

std::vector<std::uint8_t> npy(const std::string& header, const std::string& values,
                              std::uint8_t version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  text += static_cast<char>(header.size());
  text.append(version == 1 ? 1 : 3, '\0');
  text += header + values;
  return {text.begin(), text.end()};
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string header_of(const std::string& type, const std::string& shape,
                      const std::string& order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }\n";
}

std::string error_of(const std::vector<std::uint8_t>& bytes) {
  try {
    parse_npy(bytes, "x.npy");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Npy, ReadsEveryKindOfNumber) {
  const std::vector<double> expected{1, 0, 3};
  const auto values = [](const std::string& type, const std::string& bytes) {
    return parse_npy(npy(header_of(type, "3,"), bytes), "x.npy").values;
  };
  EXPECT_EQ(values("<f4", bytes_of<float>({1, 0, 3})), expected);
  EXPECT_EQ(values("<f8", bytes_of<double>({1, 0, 3})), expected);
  EXPECT_EQ(values("|i1", bytes_of<std::int8_t>({1, 0, 3})), expected);
  EXPECT_EQ(values("<i8", bytes_of<std::int64_t>({1, 0, 3})), expected);
  EXPECT_EQ(values("<u2", bytes_of<std::uint16_t>({1, 0, 3})), expected);
  EXPECT_EQ(values(">i2", std::string("\0\1\0\0\0\3", 6)), expected);
  EXPECT_EQ(values("|b1", std::string("\1\0\1", 3)), (std::vector<double>{1, 0, 1}));
}

TEST(Npy, ReadsBothOrders) {
  const std::string bytes = bytes_of<float>({1, 2, 3, 4, 5, 6});
  const Table rows = parse_npy(npy(header_of("<f4", "2, 3"), bytes), "x.npy");
  EXPECT_EQ(rows.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(rows.values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  const Table columns = parse_npy(npy(header_of("<f4", "2, 3", "True"), bytes, 2), "x.npy");
  EXPECT_EQ(columns.values, (std::vector<double>{1, 3, 5, 2, 4, 6}));
}

TEST(Npy, SaysWhatIsWrong) {
  const std::string start = "x.npy is no .npy file that can be read: ";
  EXPECT_EQ(
      error_of({}),
      start +
          "byte 0 should begin \\x93NUMPY (tables are .npy files, or in HDF5: \"x.h5:/inputs\")");
  EXPECT_EQ(error_of(npy("", "", 9)), start + "its version 9 is not known (byte 6)");
  EXPECT_EQ(error_of(npy(header_of("<c8", "1,"), "")),
            start +
                "its values are of type <c8; floats of 4 or 8 bytes, whole numbers and "
                "booleans are read (byte 20)");
  EXPECT_EQ(
      error_of(npy(header_of("<f4", "2,"), "12345")),
      "x.npy has 5 bytes of values from byte 68 on where its header says 2 values of 4 bytes");
  EXPECT_EQ(error_of(npy(header_of("<f4", "-2,"), "")),
            start + "its shape is not of whole numbers (byte 61)");
  EXPECT_EQ(error_of(npy(header_of("<f4", "99999999999, 99999999999"), "")),
            start + "its shape is larger than any table that fits in memory (byte 61)");
  EXPECT_EQ(error_of(npy("{'descr': '<f4'}", "")),
            start + "its header has no 'fortran_order' (byte 10)");
  std::vector<std::uint8_t> cut = npy(header_of("<f4", "2,"), "");
  cut.resize(20);
  EXPECT_EQ(error_of(cut), start + "its header of 58 bytes goes on behind its end at byte 20");
  // A header may hold zero bytes, and may end anywhere.
  EXPECT_EQ(error_of(npy(header_of(std::string("<i\0", 3), "0,"), "")),
            start +
                "its values are of type <i?; floats of 4 or 8 bytes, whole numbers and booleans "
                "are read (byte 20)");
  EXPECT_EQ(error_of(npy("{'descr': '<", "")),
            start +
                "its values are of type '<; floats of 4 or 8 bytes, whole numbers and booleans "
                "are read (byte 20)");
  std::string ones;
  for (int dimension = 0; dimension < 33; ++dimension) ones += "1,";
  EXPECT_EQ(error_of(npy(header_of("|u1", ones), "x")),
            start + "its shape has more than 32 dimensions (byte 125)");
}

class FileSet : public testing::Test {
 protected:
  void write(const std::string& name, const std::vector<std::uint8_t>& bytes) {
    std::ofstream(scratch_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  std::string error(const std::string& inputs, const std::string& labels) {
    try {
      load(inputs, labels);
    } catch (const Error& error) {
      std::string text = error.what();
      const std::string folder = (scratch_ / "").string();
      for (std::size_t at; (at = text.find(folder)) != std::string::npos;)
        text.erase(at, folder.size());
      return text;
    }
    return "no error";
  }
  Dataset load(const std::string& inputs, const std::string& labels) {
    DataSettings settings;
    settings.set = DataSet::file;
    settings.inputs = inputs;
    settings.labels = labels;
    DataPlaces places;
    places.root = (scratch_ / "").string();
    return load_file(settings, places, 1);
  }
  const Scratch scratch_;
};

TEST_F(FileSet, IsReadFromItsTwoTables) {
  write("x.npy", npy(header_of("<f4", "2, 1, 3"), bytes_of<float>({1, 2, 3, 4, 5, 6})));
  write("y.npy", npy(header_of("<i4", "2,"), bytes_of<std::int32_t>({2, 0})));
  const Dataset data = load("x.npy", "y.npy");
  EXPECT_EQ(data.inputs.sizes().vec(), (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(data.inputs[1][0][2].item<float>(), 6);
  EXPECT_EQ(data.labels[0].item<std::int64_t>(), 2);
  EXPECT_EQ(data.classes, 3);
}

TEST_F(FileSet, SaysWhichRowIsWrong) {
  write("x.npy", npy(header_of("<f4", "2, 2"), bytes_of<float>({1, 2, 3, NAN})));
  write("good.npy", npy(header_of("<f4", "2, 2"), bytes_of<float>({1, 2, 3, 4})));
  write("flat.npy", npy(header_of("<f4", "2,"), bytes_of<float>({1, 2})));
  write("half.npy", npy(header_of("<f4", "2,"), bytes_of<float>({0, 0.5F})));
  write("three.npy", npy(header_of("<i4", "3,"), bytes_of<std::int32_t>({2, 0, 1})));
  EXPECT_EQ(error("x.npy", "y.npy"), "data.labels = \"y.npy\": there is no file y.npy in " +
                                         std::filesystem::current_path().string() + " or ");
  write("y.npy", npy(header_of("<i4", "2,"), bytes_of<std::int32_t>({2, 0})));
  EXPECT_EQ(error("x.npy", "y.npy"), "x.npy holds nan in row 1 (counted from 0), number 1 of it");
  EXPECT_EQ(error("flat.npy", "y.npy"),
            "flat.npy has 1 dimensions and 2 numbers: inputs are [row][feature], or [row] and the "
            "shape of a row, and not empty");
  EXPECT_EQ(
      error("good.npy", "half.npy"),
      "half.npy has the label 0.5 in row 1 (counted from 0): labels are whole numbers from 0 to "
      "999999, one for each class");
  EXPECT_EQ(error("good.npy", "three.npy"), "good.npy has 2 rows and three.npy 3 labels");
  EXPECT_EQ(error("good.npy:/inputs", "y.npy"), "good.npy is no HDF5 file, or damaged");
  for (const char* place : {"x.h5", "x.h5:inputs"}) {
    EXPECT_EQ(error(place, "y.npy"),
              "data.inputs does not fit: \"" + std::string(place) +
                  "\" is to name a data set of the file, from its root: \"x.h5:/inputs\"");
  }
  EXPECT_EQ(error("", "y.npy"),
            "data.inputs does not fit: data.set = \"file\" needs it: \"x.npy\" or "
            "\"x.h5:/dataset\"");
}

class Hdf5Table : public FileSet {
 protected:
  /// What is said of a dataset of this shape, or of none, that was never written.
  std::string error_of_unwritten(const std::vector<hsize_t>& shape, bool null = false) {
    const std::string file = (scratch_ / "x.h5").string();
    const hid_t in = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space =
        null ? H5Screate(H5S_NULL)
             : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    H5Dclose(H5Dcreate2(in, "d", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Fclose(in);
    return error("x.h5:/d", "x.h5:/d");
  }

  /// /y of the file becomes false, true, true, as h5py keeps them.
  std::string file_of_truth_values();
};

std::string Hdf5Table::file_of_truth_values() {
  std::string file = (scratch_ / "y.h5").string();
  const hid_t in = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  const std::int8_t values[] = {0, 1, 1};
  H5Tenum_insert(type, "FALSE", &values[0]);
  H5Tenum_insert(type, "TRUE", &values[1]);
  const hsize_t size = 3;
  const hid_t space = H5Screate_simple(1, &size, nullptr);
  const hid_t set = H5Dcreate2(in, "y", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(set);
  H5Sclose(space);
  H5Tclose(type);
  H5Fclose(in);
  return file;
}

TEST_F(Hdf5Table, TruthValuesOfH5pyAreNumbers) {
  EXPECT_EQ(read_table(file_of_truth_values() + ":/y").values, (std::vector<double>{0, 1, 1}));
}

TEST_F(Hdf5Table, IsNotReadWhileItIsWritten) {
  const std::string file = file_of_truth_values();
  const int descriptor = open(file.c_str(), O_RDWR);
  ASSERT_EQ(flock(descriptor, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(error("y.h5:/y", "y.h5:/y"),
            "y.h5 is being written by another program: close it there first");
  ASSERT_EQ(flock(descriptor, LOCK_SH | LOCK_NB), 0);  // it only reads
  EXPECT_EQ(read_table(file + ":/y").values, (std::vector<double>{0, 1, 1}));
  close(descriptor);
}

TEST_F(Hdf5Table, IsNotBelievedThatItHoldsMoreThanItsFile) {
  EXPECT_EQ(error_of_unwritten({}, true), "x.h5:/d holds nothing");
  EXPECT_EQ(error_of_unwritten({3, 2}),
            "x.h5:/d is said to be 6 values of 8 bytes and takes 0 bytes of the file: they were "
            "never written, or the file is damaged");
  EXPECT_EQ(error_of_unwritten({hsize_t{1} << 33U, 4}),
            "x.h5:/d is said to be 8589934592 x 4, which is larger than any table that fits in "
            "memory");
  EXPECT_EQ(error_of_unwritten({0, hsize_t{1} << 40U}),
            "x.h5:/d is said to be 0 x 1099511627776, which is larger than any table that fits "
            "in memory");
}

}  // namespace
}  // namespace infoplane
