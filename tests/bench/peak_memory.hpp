#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace infoplane::bench {

/// Bytes of a line of /proc/self/status that is in kB ("VmRSS:", "VmHWM:"); 0 where there is none.
inline std::int64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kib = 0;
    if (word == key && status >> kib) return kib * 1024;
  }
  return 0;
}

/// How far the resident memory of the process rises above where it stood at construction.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs")
        << 5;  // the high-water mark falls back to what is in use
    start_ = status_bytes("VmRSS:");
  }
  std::int64_t bytes() const { return status_bytes("VmHWM:") - start_; }

 private:
  std::int64_t start_ = 0;
};

}  // namespace infoplane::bench
