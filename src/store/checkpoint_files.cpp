#include "store/checkpoint_files.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/hashing.hpp"
#include "core/log.hpp"
#include "store/atomic_file.hpp"

namespace infoplane {
namespace {

constexpr char magic[] = {'I', 'P', 'C', 'H', 'E', 'C', 'K', '1'};

struct FixedPart {
  std::uint64_t number;
  std::uint32_t attempt;
  std::uint32_t id_bytes;
  double share;
  std::uint64_t bytes;
};
static_assert(sizeof(FixedPart) == 32, "no padding: it is written as it is");

struct Checkpoint {
  std::uint64_t number = 0;
  CheckpointHead head;
  std::string bytes;
};

std::string to_bytes(std::uint64_t number, const CheckpointHead& head, const std::string& trial,
                     const std::string& bytes) {
  const FixedPart fixed{number, head.attempt, static_cast<std::uint32_t>(trial.size()), head.share,
                        bytes.size()};
  std::string body(reinterpret_cast<const char*>(&fixed), sizeof fixed);
  body += trial;
  body += bytes;
  const std::uint64_t checksum = checksum_of(body.data(), body.size());
  std::string all(magic, sizeof magic);
  all.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return all + body;
}

/// Throws InputError with what is wrong with them.
Checkpoint from_bytes(const std::string& all, const std::string& trial) {
  constexpr std::size_t before = sizeof magic + sizeof(std::uint64_t);
  if (all.size() < before + sizeof(FixedPart)) throw InputError("it is cut short");
  if (std::memcmp(all.data(), magic, sizeof magic) != 0) throw InputError("it is no checkpoint");
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, all.data() + sizeof magic, sizeof checksum);
  if (checksum_of(all.data() + before, all.size() - before) != checksum)
    throw InputError("its checksum is wrong");
  FixedPart fixed{};
  std::memcpy(&fixed, all.data() + before, sizeof fixed);
  const std::size_t rest = all.size() - before - sizeof fixed;
  if (fixed.id_bytes > rest || fixed.bytes != rest - fixed.id_bytes)
    throw InputError("it is cut short");
  if (all.compare(before + sizeof fixed, fixed.id_bytes, trial) != 0)
    throw InputError("it is of another trial");
  return {fixed.number,
          {fixed.attempt, fixed.share},
          all.substr(before + sizeof fixed + fixed.id_bytes)};
}

std::optional<Checkpoint> read_file(const std::filesystem::path& path, const std::string& trial) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    return from_bytes(read_text(path), trial);
  } catch (const InputError& error) {
    log_warning("the checkpoint {} is not used: {}", path.string(), error.what());
    return std::nullopt;
  }
}

}  // namespace

CheckpointFiles::CheckpointFiles(const std::filesystem::path& run, std::string trial)
    : folder_(run / "checkpoints" / trial), trial_(std::move(trial)) {}

std::filesystem::path CheckpointFiles::file(int slot) const {
  return folder_ / fmt::format("{}.checkpoint", slot + 1);
}

bool CheckpointFiles::read(
    const std::function<bool(const CheckpointHead& head, const std::string& bytes)>& use) {
  std::optional<Checkpoint> found[2] = {read_file(file(0), trial_), read_file(file(1), trial_)};
  const int newest = found[1] && (!found[0] || found[1]->number > found[0]->number) ? 1 : 0;
  looked_ = true;
  slot_ = newest;
  number_ = found[newest] ? found[newest]->number : 0;
  for (const int slot : {newest, 1 - newest}) {
    if (!found[slot]) continue;
    try {
      if (use(found[slot]->head, found[slot]->bytes)) {
        slot_ = slot;  // the next one replaces the other, which is older or of no use
        return true;
      }
    } catch (const InputError& error) {
      log_warning("the checkpoint {} is not used: {}", file(slot).string(), error.what());
    }
  }
  return false;
}

CheckpointHead CheckpointFiles::head() const {
  CheckpointHead head;
  CheckpointFiles(*this).read([&](const CheckpointHead& found, const std::string&) {
    head = found;
    return true;
  });
  return head;
}

double CheckpointFiles::claimed_share() const {
  FixedPart newest{};
  for (const int slot : {0, 1}) {
    char start[sizeof magic + sizeof(std::uint64_t)];
    FixedPart fixed{};
    std::ifstream stream(file(slot), std::ios::binary);
    if (!stream.read(start, sizeof start)) continue;
    if (!stream.read(reinterpret_cast<char*>(&fixed), sizeof fixed)) continue;
    if (std::memcmp(start, magic, sizeof magic) != 0) continue;
    if (fixed.number > newest.number) newest = fixed;
  }
  return newest.share >= 0 && newest.share <= 1 ? newest.share : 0;
}

void CheckpointFiles::write(const CheckpointHead& head, const std::string& bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    throw InputError(
        fmt::format("cannot make the folder {} ({})", folder_.string(), error.message()));
  }
  if (!looked_) {
    read([](const CheckpointHead&, const std::string&) { return true; });
  }
  const int slot = 1 - slot_;
  write_text_atomically(file(slot), to_bytes(number_ + 1, head, trial_, bytes));
  slot_ = slot;
  ++number_;
}

void CheckpointFiles::remove() const noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace infoplane
