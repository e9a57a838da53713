#include "data/szt.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace infoplane {
namespace {

std::vector<std::int32_t> all_labels(const Dataset& data) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return labels_of(data, rows);
}

/// SHA-256 by coreutils: the test must not share code with what it tests.
std::string sha256_of_bytes(const std::vector<unsigned char>& bytes) {
  const std::filesystem::path folder = INFOPLANE_TEST_SCRATCH;
  std::filesystem::create_directories(folder);
  const std::filesystem::path file = folder / "szt_labels.bin";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  std::FILE* pipe = popen(("sha256sum " + file.string()).c_str(), "r");
  char digest[65] = "";
  const bool read = pipe != nullptr && std::fscanf(pipe, "%64s", digest) == 1;
  if (pipe != nullptr) pclose(pipe);
  return read ? digest : "sha256sum failed";
}

TEST(Szt, LabelsHaveThePublishedChecksum) {
  const std::vector<std::int32_t> labels = all_labels(make_szt(0, 1));
  ASSERT_EQ(labels.size(), 4096U);
  const std::vector<unsigned char> bytes(labels.begin(), labels.end());
  EXPECT_EQ(std::accumulate(labels.begin(), labels.end(), 0), 2118);
  EXPECT_EQ(sha256_of_bytes(bytes),
            "77732f16f85e91b49d3997196b56163b3bd362d8cf631468a8de3f986e88359f");
}

TEST(Szt, InputsCountInBinaryFromTheMostSignificantBit) {
  const Dataset data = make_szt(0, 1);
  ASSERT_EQ(data.inputs.sizes(), (std::vector<std::int64_t>{4096, 12}));
  for (const std::int64_t row : {0, 1, 2, 2048, 3333, 4095}) {
    std::int64_t number = 0;
    for (int bit = 0; bit < 12; ++bit)
      number = 2 * number + data.inputs[row][bit].item<std::int64_t>();
    EXPECT_EQ(number, row);
  }
}

TEST(Szt, ScoresOfPatternsByHand) {
  EXPECT_EQ(szt_score(0), 0);
  EXPECT_EQ(szt_score(0x800), 42);           // input 0 alone
  EXPECT_EQ(szt_score(0xC00), 2 * 42 + 1);   // 0 and 1 are neighbours
  EXPECT_EQ(szt_score(0xA00), 2 * 42 - 9);   // 0 and 2: second neighbours
  EXPECT_EQ(szt_score(0x804), 2 * 42 - 14);  // 0 and 9: antipodes
  EXPECT_EQ(szt_score(0xFFF), 12 * 42 + 30 - 9 * 30 - 14 * 6);
}

TEST(Szt, StochasticLabelsFollowTheirProbabilityAndSeed) {
  const std::vector<std::int32_t> a = all_labels(make_szt(0.05, 1));
  const std::vector<std::int32_t> b = all_labels(make_szt(0.05, 1));
  const std::vector<std::int32_t> c = all_labels(make_szt(0.05, 2));
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  double expected = 0;
  double variance = 0;
  for (std::uint32_t pattern = 0; pattern < 4096; ++pattern) {
    const double p = 1 / (1 + std::exp(-0.05 * (szt_score(pattern) - szt_threshold)));
    expected += p;
    variance += p * (1 - p);
  }
  EXPECT_NEAR(std::accumulate(a.begin(), a.end(), 0), expected, 5 * std::sqrt(variance));
  // A steep slope is the deterministic rule, but for the scores at the threshold itself.
  EXPECT_EQ(all_labels(make_szt(1000, 3)), all_labels(make_szt(0, 3)));
}

}  // namespace
}  // namespace infoplane
