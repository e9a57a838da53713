#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace infoplane {

/// A file of a data set as it was published.
struct KnownFile {
  std::string set;                  ///< "mnist"
  std::string name;                 ///< "train-images-idx3-ubyte", without ".gz"
  std::vector<std::string> sha256;  ///< of its content, unpacked; one for each published edition
};

/// All of them, from env/data-files.txt.
const std::vector<KnownFile>& known_files();

/// The set that published these bytes as this file; "" if none did.
std::string published_in(const std::string& name, const std::vector<std::uint8_t>& bytes);

/// Hexadecimal SHA-256 (FIPS 180-4).
std::string sha256_of(const std::vector<std::uint8_t>& bytes);

}  // namespace infoplane
