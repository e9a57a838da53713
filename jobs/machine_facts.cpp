#include "jobs/machine_facts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "comm/serialized.hpp"
#include "estimators/device/compute_device.hpp"
#include "pipeline/provenance.hpp"

namespace infoplane::jobs {
namespace {

constexpr int place_tag = 104;

/// The core that a processor of the system is a hyper-thread of, by the first of its hyper-threads;
/// itself where the system does not say.
int core_of(int cpu) {
  std::ifstream siblings(
      fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
  int first = cpu;
  return siblings >> first ? first : cpu;
}

RankPlace my_place() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  RankPlace place{host, {}};
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return place;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<std::size_t>(cpu), &cpus)) continue;
    place.cpus.push_back(cpu);
    place.cores.push_back(core_of(cpu));
  }
  return place;
}

/// Collective: by rank, on rank 0. One message each: "host cpu core cpu core ...".
std::vector<RankPlace> places_of(const Communicator& comm) {
  const RankPlace mine = my_place();
  if (!comm.is_root()) {
    std::string text = mine.host;
    for (std::size_t i = 0; i < mine.cpus.size(); ++i)
      text += fmt::format(" {} {}", mine.cpus[i], mine.cores[i]);
    comm.send(text.data(), text.size(), 0, place_tag);
    return {};
  }
  std::vector<RankPlace> places{mine};
  for (int rank = 1; rank < comm.size(); ++rank) {
    const Message message = comm.receive(rank, place_tag);
    std::istringstream text(std::string(message.bytes.begin(), message.bytes.end()));
    RankPlace place;
    text >> place.host;
    int core = 0;
    for (int cpu = 0; text >> cpu >> core;) {
      place.cpus.push_back(cpu);
      place.cores.push_back(core);
    }
    places.push_back(std::move(place));
  }
  return places;
}

/// The file system of the mount that `path` is on, as /proc/self/mounts names it.
std::string file_system_of(const std::filesystem::path& path) {
  std::ifstream mounts("/proc/self/mounts");
  std::string best;
  std::string type = "unknown file system";
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string folder;
    std::string name;
    words >> device >> folder >> name;
    const std::string start = folder == "/" ? folder : folder + "/";
    if ((path.string() + "/").rfind(start, 0) == 0 && folder.size() >= best.size()) {
      best = folder;
      type = name;
    }
  }
  return type == "nfs4" ? "nfs" : type;
}

/// The folder, or the nearest one above it that is there.
std::filesystem::path nearest_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(folder, error);
  while (!std::filesystem::is_directory(path, error) && path.has_relative_path())
    path = path.parent_path();
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real;
}

std::optional<bool> can_lock(const std::filesystem::path& folder) {
  std::string name = (folder / ".infoplane-doctor-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) return std::nullopt;
  const bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  close(descriptor);
  unlink(name.c_str());
  return locked;
}

std::optional<std::uint64_t> limit(__rlimit_resource resource) {
  rlimit value{};
  if (getrlimit(resource, &value) != 0 || value.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return value.rlim_cur;
}

void look_at_folder(MachineFacts& facts) {
  std::error_code error;
  facts.folder_is_there = std::filesystem::is_directory(facts.folder, error);
  const std::filesystem::path folder = nearest_folder(facts.folder);
  facts.file_system = file_system_of(folder);
  facts.writable = access(folder.c_str(), W_OK | X_OK) == 0;
  facts.locks = facts.writable ? can_lock(folder) : std::nullopt;
  if (facts.writable && !facts.locks) facts.writable = false;  // mounted read-only
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  facts.free_bytes = error ? 0 : space.available;
}

}  // namespace

MachineFacts look_at_machine(const std::string& folder, const Communicator& comm) {
  MachineFacts facts;
  facts.places = places_of(comm);
  if (!comm.is_root()) return facts;
  for (const auto& [name, value] : library_versions()) {
    const std::string text = to_string(value);
    if (name == "mpi") facts.mpi = text;
    if (name == "hdf5") facts.hdf5 = text;
    if (name == "libtorch") facts.torch = text;
    if (name == "blas") facts.blas = text;
  }
  facts.ranks = comm.size();
  facts.launched = comm.size() > 1 || std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr ||
                   std::getenv("PMIX_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr;
  facts.threads_may_communicate = comm.threads_may_communicate();
  facts.cores = static_cast<int>(std::thread::hardware_concurrency());
  for (const char* name :
       {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "HDF5_USE_FILE_LOCKING",
        "OMPI_MCA_io", "OMPI_MCA_fs_ufs_lock_algorithm"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) facts.environment[name] = value;
  }
  facts.cuda_devices = visible_cuda_devices();
  facts.folder = folder;
  look_at_folder(facts);
  facts.open_files_limit = limit(RLIMIT_NOFILE).value_or(std::uint64_t{1} << 20);
  facts.file_size_limit = limit(RLIMIT_FSIZE);
  facts.address_space_limit = limit(RLIMIT_AS);
  return facts;
}

}  // namespace infoplane::jobs
