#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "store/hdf5.hpp"
#include "store/scratch.hpp"

// Boxes that are too large for one call of HDF5, made small.

namespace infoplane::test {
namespace {

class Hdf5Box : public testing::Test {
 protected:
  Hdf5Box() {
    std::iota(values_.begin(), values_.end(), 1.0F);
    h5::write_box(dataset_.get(), H5T_NATIVE_FLOAT, {1, 0, 0}, {1, 7, 5}, values_.data());
  }

  const Scratch scratch_;
  const h5::Id file_ = h5::create_file(scratch_ / "box.h5");
  const h5::Id dataset_ =
      h5::create_numbers(file_.get(), "x", H5T_NATIVE_FLOAT, {3, 7, 5}, h5::Fill::zero);
  std::vector<float> values_ = std::vector<float>(7 * 5);
};

TEST_F(Hdf5Box, IsReadInPieces) {
  for (const std::size_t at_once : {1, 4, 8, 20, 24, 60, 140, 10000}) {  // less than a value, too
    std::vector<float> read(values_.size());
    h5::read_box(dataset_.get(), H5T_NATIVE_FLOAT, {1, 0, 0}, {1, 7, 5}, read.data(), at_once);
    EXPECT_EQ(read, values_) << at_once << " bytes at once";
  }
}

TEST_F(Hdf5Box, IsWrittenInPieces) {
  std::vector<float> other(2 * 3 * 4);
  std::iota(other.begin(), other.end(), 100.0F);
  for (const std::size_t at_once : {4, 12, 16, 48, 64}) {
    h5::write_box(dataset_.get(), H5T_NATIVE_FLOAT, {1, 2, 1}, {2, 3, 4}, other.data(), at_once);
    std::vector<float> read(other.size());
    h5::read_box(dataset_.get(), H5T_NATIVE_FLOAT, {1, 2, 1}, {2, 3, 4}, read.data());
    EXPECT_EQ(read, other) << at_once << " bytes at once";
    for (float& value : other) value += 1;
  }
  std::vector<float> beside(5);
  h5::read_box(dataset_.get(), H5T_NATIVE_FLOAT, {1, 1, 0}, {1, 1, 5}, beside.data());
  EXPECT_EQ(beside, (std::vector<float>{6, 7, 8, 9, 10})) << "what lies beside the box stays";
}

}  // namespace
}  // namespace infoplane::test
