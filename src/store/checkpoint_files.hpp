#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace infoplane {

/// What a checkpoint file says about what is in it, before any of it is looked at.
struct CheckpointHead {
  std::uint32_t attempt = 0;  ///< of the trial, in which it was written
  double share = 0;           ///< of the training that is done
};

/// The checkpoints of one trial, RUN/checkpoints/<trial id>/: the newest two, so that there is one
/// to go back to when the other is damaged. Each is written to a temporary name, synced and
/// renamed, and has a head with format version, trial and a checksum over all of it.
///
///   1.checkpoint 2.checkpoint      8 bytes "IPCHECK1", u64 checksum of all that follows, then
///                                  u64 number, u32 attempt, u32 length of the id, f64 share,
///                                  u64 bytes, the id, the bytes
///
/// Numbers are little-endian. Not collective; one process at a time.
class CheckpointFiles {
 public:
  CheckpointFiles(const std::filesystem::path& run, std::string trial);

  /// Replaces the older one. Throws InputError when the disk is full or read-only: the checkpoints
  /// before are still there.
  void write(const CheckpointHead& head, const std::string& bytes);

  /// Calls `use` with the newest that is intact. Where it returns false, or throws InputError, with
  /// the one before. Returns whether one was used. What is damaged is said in a warning.
  bool read(const std::function<bool(const CheckpointHead& head, const std::string& bytes)>& use);

  /// The head of the newest intact one; attempt 0 when there is none.
  CheckpointHead head() const;
  /// The share of the newest as it says itself, without a look at all of it: good for a prediction.
  double claimed_share() const;

  /// Removes all of it, if there is any. Throws nothing: a checkpoint too many harms nobody.
  void remove() const noexcept;

 private:
  std::filesystem::path file(int slot) const;

  std::filesystem::path folder_;
  std::string trial_;
  std::uint64_t number_ = 0;  ///< of the newest one, once looked at
  int slot_ = 0;              ///< that holds the newest one
  bool looked_ = false;
};

}  // namespace infoplane
