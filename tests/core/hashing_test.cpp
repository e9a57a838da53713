#include "core/hashing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace infoplane::test {
namespace {

// Files written by one build are checked by the next: the algorithm must not change.
TEST(Checksum, KnownAnswers) {
  EXPECT_EQ(checksum_of("", 0), 0x2d06800538d394c2U);  // XXH3 of nothing, from its specification
  EXPECT_EQ(checksum_of("infoplane", 9), 0x21ad9f6694d8e018U);
  EXPECT_EQ(short_hash("", 32), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(short_hash("infoplane", 32), "2ee0aeca983d998001648e8386341010");
}

// Lengths on both sides of the block sizes of XXH3 (16, 128, 240, 1024 bytes).
TEST(Checksum, PiecesGiveTheSameAsTheWhole) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * i % 251);
  for (const std::size_t length : {0, 1, 16, 17, 128, 129, 240, 241, 1024, 1025, 5000}) {
    for (const std::size_t piece : {1, 7, 64, 1000}) {
      Checksum checksum;
      for (std::size_t at = 0; at < length; at += piece) {
        checksum.add(bytes.data() + at, std::min(piece, length - at));
      }
      EXPECT_EQ(checksum.value(), checksum_of(bytes.data(), length))
          << length << " bytes in pieces of " << piece;
    }
  }
}

TEST(Checksum, ValueCanBeAskedOnTheWay) {
  Checksum checksum;
  checksum.add("info", 4);
  EXPECT_EQ(checksum.value(), checksum_of("info", 4));
  checksum.add("plane", 5);
  EXPECT_EQ(checksum.value(), checksum_of("infoplane", 9));
}

TEST(Checksum, SeesEveryFlippedBit) {
  std::string bytes(300, 'a');
  std::set<std::uint64_t> seen{checksum_of(bytes.data(), bytes.size())};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      EXPECT_TRUE(seen.insert(checksum_of(bytes.data(), bytes.size())).second);
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
    }
  }
}

TEST(ShortHash, IsABeginningOfTheWhole) {
  const std::string whole = short_hash("trial", 32);
  EXPECT_EQ(whole.size(), 32u);
  EXPECT_EQ(whole.find_first_not_of("0123456789abcdef"), std::string::npos);
  for (const std::size_t digits : {0, 1, 12, 31})
    EXPECT_EQ(short_hash("trial", digits), whole.substr(0, digits));
  EXPECT_NE(short_hash("trial", 12), short_hash("trial ", 12));
}

}  // namespace
}  // namespace infoplane::test
