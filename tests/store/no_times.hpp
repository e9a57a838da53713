#pragma once

#include <gtest/gtest.h>

#include <string>

#include "store/hdf5.hpp"

namespace infoplane::test {

/// Files with the same contents are to be the same.
inline void expect_no_times(hid_t file, const std::string& name) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  const herr_t result = H5Oget_info_by_name3(file, name.c_str(), &info, H5O_INFO_TIME, H5P_DEFAULT);
#else
  H5O_info_t info;
  const herr_t result = H5Oget_info_by_name2(file, name.c_str(), &info, H5O_INFO_TIME, H5P_DEFAULT);
#endif
  h5::check(result, name);
  EXPECT_EQ(info.ctime, 0) << name;
  EXPECT_EQ(info.mtime, 0) << name;
}

}  // namespace infoplane::test
