#include <gtest/gtest.h>
#include <matio.h>

#include <cstdlib>
#include <filesystem>

#include "data/szt.hpp"

namespace infoplane {
namespace {

/// One variable of a MATLAB file as doubles, column-major.
std::vector<double> read_variable(mat_t* file, const char* name) {
  matvar_t* variable = Mat_VarRead(file, name);
  EXPECT_NE(variable, nullptr) << name;
  std::vector<double> values;
  if (variable == nullptr) return values;
  const std::size_t count = variable->nbytes / static_cast<std::size_t>(variable->data_size);
  for (std::size_t i = 0; i < count; ++i) {
    switch (variable->data_type) {
      case MAT_T_DOUBLE:
        values.push_back(static_cast<const double*>(variable->data)[i]);
        break;
      case MAT_T_UINT8:
        values.push_back(static_cast<const std::uint8_t*>(variable->data)[i]);
        break;
      case MAT_T_INT8:
        values.push_back(static_cast<const std::int8_t*>(variable->data)[i]);
        break;
      default:
        ADD_FAILURE() << "unexpected type of " << name;
        return values;
    }
  }
  Mat_VarFree(variable);
  return values;
}

TEST(SztPublished, GeneratorEqualsThePublishedFile) {
  const char* root = std::getenv("INFOPLANE_DATA");
  const std::string path = root == nullptr ? "" : std::string(root) + "/szt/var_u.mat";
  if (root == nullptr || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "INFOPLANE_DATA names no folder with szt/var_u.mat, the published data";
  }
  mat_t* file = Mat_Open(path.c_str(), MAT_ACC_RDONLY);
  ASSERT_NE(file, nullptr);
  const std::vector<double> inputs = read_variable(file, "F");
  const std::vector<double> labels = read_variable(file, "y");
  Mat_Close(file);

  const Dataset data = make_szt(0, 1);
  ASSERT_EQ(inputs.size(), 4096U * 12U);
  ASSERT_EQ(labels.size(), 4096U);
  const auto x = data.inputs.accessor<float, 2>();
  const auto y = data.labels.accessor<std::int64_t, 1>();
  for (std::int64_t row = 0; row < 4096; ++row) {
    ASSERT_EQ(static_cast<double>(y[row]), labels[static_cast<std::size_t>(row)]) << "row " << row;
    for (std::int64_t bit = 0; bit < 12; ++bit) {
      ASSERT_EQ(static_cast<double>(x[row][bit]),
                inputs[static_cast<std::size_t>(bit * 4096 + row)])
          << "row " << row;
    }
  }
}

}  // namespace
}  // namespace infoplane
