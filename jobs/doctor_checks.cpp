#include "jobs/doctor_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <set>
#include <tuple>

#include "core/text.hpp"

namespace infoplane::jobs {
namespace {

using Version = std::tuple<int, int, int>;

/// The first "a.b.c" or "a.b" of a text; zeros where there is none.
Version version_in(const std::string& text) {
  const std::size_t at = text.find_first_of("0123456789");
  int a = 0;
  int b = 0;
  int c = 0;
  if (at != std::string::npos) std::sscanf(text.c_str() + at, "%d.%d.%d", &a, &b, &c);
  return {a, b, c};
}

const std::string* find(const MachineFacts& facts, const char* variable) {
  const auto found = facts.environment.find(variable);
  return found == facts.environment.end() ? nullptr : &found->second;
}

Finding check_mpi(const MachineFacts& facts) {
  Finding finding{"MPI", Verdict::ok, facts.mpi, "", ""};
  if (facts.mpi.rfind("Open MPI", 0) != 0) {
    finding.verdict = Verdict::note;
    finding.consequence = "infoplane is tested with Open MPI";
    finding.cure = "infoplane verify RUN after the first run";
    return finding;
  }
  if (version_in(facts.mpi) >= Version{4, 1, 7}) return finding;
  const std::string* component = find(facts, "OMPI_MCA_io");
  if (component != nullptr && component->find("romio") != std::string::npos) {
    finding.state += ", writing through ROMIO";
    return finding;
  }
  const std::string* algorithm = find(facts, "OMPI_MCA_fs_ufs_lock_algorithm");
  if (algorithm != nullptr && *algorithm == "3") {
    finding.state += ", with fs_ufs_lock_algorithm 3";
    return finding;
  }
  finding.verdict = Verdict::warning;
  finding.consequence =
      "its parallel writing (ompio, before 4.1.7) can lose data silently (issue 12718); resuming "
      "and infoplane verify compare checksums and would find it";
  finding.cure = "mpirun --mca fs_ufs_lock_algorithm 3, or Open MPI 4.1.7 and later";
  return finding;
}

Finding check_threads_of_mpi(const MachineFacts& facts) {
  Finding finding{"MPI threads", Verdict::ok, "MPI_THREAD_MULTIPLE", "", ""};
  if (!facts.launched) {
    finding.verdict = Verdict::note;
    finding.state = "not looked at";
    finding.consequence = "without mpirun there is no MPI to ask";
    finding.cure = "mpirun -n 2 infoplane doctor";
  } else if (!facts.threads_may_communicate) {
    finding.verdict = Verdict::note;
    finding.state = "no MPI_THREAD_MULTIPLE";
    finding.consequence =
        "rank 0 hands out work between its own mini-batches: others may wait for one of them";
    finding.cure = "an MPI built with thread support, where batches take seconds";
  }
  return finding;
}

Finding check_hdf5(const MachineFacts& facts) {
  Finding finding{"HDF5", Verdict::ok, facts.hdf5, "", ""};
  const Version version = version_in(facts.hdf5);
  if (version >= Version{1, 10, 5} && version <= Version{1, 10, 8}) {
    finding.verdict = Verdict::note;
    finding.consequence =
        "its collective metadata reads are broken (1.10.5 to 1.10.8); infoplane does not use them";
    finding.cure = "leave them off in programs of your own";
  } else if (version < Version{1, 10, 0}) {
    finding.verdict = Verdict::warning;
    finding.consequence = "infoplane is tested with 1.10.8 and 1.14.5";
    finding.cure = "HDF5 1.10 or later, built with MPI";
  }
  return finding;
}

Finding check_locking(const MachineFacts& facts) {
  const std::string* setting = find(facts, "HDF5_USE_FILE_LOCKING");
  const auto is = [&](std::initializer_list<const char*> words) {
    return setting != nullptr && std::find(words.begin(), words.end(), *setting) != words.end();
  };
  // Others lock infoplane's files only when told to.
  const Version version = version_in(facts.hdf5);
  const bool old = version < Version{1, 10, 7} || version == Version{1, 12, 0};
  const bool locks = old ? !is({"FALSE"}) : is({"TRUE", "1", "BEST_EFFORT"});
  const char* const do_not_lock =
      old ? "export HDF5_USE_FILE_LOCKING=FALSE" : "unset HDF5_USE_FILE_LOCKING";
  Finding finding{
      "file locking", Verdict::ok,
      setting == nullptr ? "HDF5_USE_FILE_LOCKING unset" : "HDF5_USE_FILE_LOCKING=" + *setting, "",
      ""};
  if (!facts.locks || *facts.locks) {
    if (locks) {
      finding.verdict = Verdict::note;
      finding.consequence = "who looks at results.nc keeps a job from opening it";
      finding.cure = do_not_lock;
    }
    return finding;
  }
  finding.state += ", and files in " + facts.folder + " cannot be locked";
  finding.verdict = locks ? Verdict::breaks : Verdict::warning;
  finding.consequence = locks ? "HDF5 refuses to open its files there"
                              : "nothing keeps two jobs from writing into one run";
  finding.cure = locks ? do_not_lock : "take care that only one job works on a run";
  return finding;
}

Finding check_blas(const MachineFacts& facts) {
  Finding finding{"threads", Verdict::ok, "", "", ""};
  std::set<std::string> values;
  std::vector<std::string> words;
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) {
    const std::string* value = find(facts, name);
    words.push_back(fmt::format("{} {}", name, value == nullptr ? "unset" : *value));
    values.insert(value == nullptr ? "unset" : *value);
  }
  finding.state = join(words);
  if (values.size() == 1 && *values.begin() != "unset") return finding;
  finding.verdict = Verdict::note;
  finding.consequence = values.size() > 1
                            ? "libraries would disagree about threads, and results about last bits"
                            : "libraries would take all cores in every rank";
  finding.cure = "none needed for infoplane run: it pins them to --threads";
  return finding;
}

/// The ranks of one host, by what they may run on. Two hyper-threads are two processors of one
/// core.
class Binding {
 public:
  Binding(const std::vector<const RankPlace*>& places, int cpus_of_host) {
    std::set<int> all_cores;
    std::size_t sum = 0;
    for (const RankPlace* place : places) {
      const std::vector<int>& cores = place->cores.empty() ? place->cpus : place->cores;
      ++ranks_with_[std::set<int>(cores.begin(), cores.end())];
      all_cores.insert(cores.begin(), cores.end());
      all_.insert(place->cpus.begin(), place->cpus.end());
      sum += place->cpus.size();
    }
    apart_ = sum == all_.size();
    cores_ = all_cores.size();
    room_within_ = places.size() <= cores_;
    room_outside_ = all_.size() < static_cast<std::size_t>(cpus_of_host);
  }

  std::size_t cpus() const { return all_.size(); }
  std::size_t cores() const { return cores_; }
  /// Whether no two ranks may run on the same processor: then each has been given its own.
  bool apart() const { return apart_; }
  /// Whether ranks have to stay on fewer cores than they are, though there are others: those of
  /// other ranks or, where what they have is no more than a core, those that nobody has. A batch
  /// system may keep a job from these.
  bool crowded() const {
    for (const auto& [cores, ranks] : ranks_with_) {
      const bool has_room = room_within_ || (room_outside_ && cores.size() == 1 && !apart_);
      std::size_t within = 0;
      for (const auto& [others, count] : ranks_with_) {
        if (std::includes(cores.begin(), cores.end(), others.begin(), others.end()))
          within += count;
      }
      if (has_room && !cores.empty() && within > cores.size()) return true;
    }
    return false;
  }

 private:
  std::map<std::set<int>, std::size_t> ranks_with_;  ///< by the cores they may run on
  std::set<int> all_;
  std::size_t cores_ = 0;
  bool apart_ = false;
  bool room_within_ = false, room_outside_ = false;
};

Finding check_binding(const MachineFacts& facts) {
  Finding finding{"cores and ranks", Verdict::ok, "", "", ""};
  std::map<std::string, std::vector<const RankPlace*>> hosts;
  for (const RankPlace& place : facts.places) hosts[place.host].push_back(&place);
  finding.state = fmt::format("{} on {}, {} here", count_of(facts.ranks, "rank"),
                              count_of(static_cast<std::int64_t>(hosts.size()), "host"),
                              count_of(facts.cores, "core"));
  for (const auto& [host, places] : hosts) {
    const Binding binding(places, facts.cores);
    if (places.size() > binding.cpus()) {
      finding.verdict = Verdict::warning;
      finding.consequence = fmt::format(
          "{}: {} ranks on {}: they take turns, and a run takes longer than with fewer ranks", host,
          places.size(), count_of(static_cast<std::int64_t>(binding.cores()), "core"));
      finding.cure = fmt::format("no more ranks than cores: mpirun -n {}", binding.cores());
    } else if (binding.crowded()) {
      finding.verdict = Verdict::warning;
      finding.consequence = host + ": more ranks than cores are bound to the same, others are idle";
      finding.cure = "mpirun --bind-to core --map-by core";
    } else if (!binding.apart()) {
      finding.verdict = Verdict::note;
      finding.consequence = host + ": ranks are not bound to cores and may be moved about";
      finding.cure = "mpirun --bind-to core";
    }
  }
  return finding;
}

Finding check_file_system(const MachineFacts& facts) {
  Finding finding{"folder", Verdict::ok, facts.folder + ": " + facts.file_system, "", ""};
  if (!facts.folder_is_there) {
    finding.verdict = Verdict::note;
    finding.state = facts.folder + " is not there, looked at " + facts.file_system;
  }
  if (!facts.writable) {
    finding.verdict = Verdict::breaks;
    finding.consequence = "nothing can be written there";
    finding.cure = "give another folder: infoplane doctor FOLDER, run --out FOLDER/RUN";
  } else if (facts.file_system == "nfs") {
    finding.verdict = Verdict::warning;
    finding.consequence =
        "NFS does not promise that ranks on several hosts see each other's writes: parallel "
        "writing there is slow, and wrong where it is mounted without 'noac'";
    finding.cure = "all ranks on one host, or a parallel file system (Lustre, GPFS, BeeGFS)";
  } else if (facts.file_system == "tmpfs" || facts.file_system == "ramfs") {
    finding.verdict = Verdict::warning;
    finding.consequence =
        "it is memory: what is recorded counts as memory of the job, other hosts do not see it, "
        "and it is gone after a restart";
    finding.cure = "a folder on a disk";
  } else if (facts.file_system == "lustre") {
    finding.verdict = Verdict::note;
    finding.consequence = "a large file on one stripe is as fast as one server";
    finding.cure = "lfs setstripe -c 4 FOLDER before the first run";
  } else if (facts.file_system == "overlay") {
    finding.verdict = Verdict::note;
    finding.consequence = "a container's own layer: gone with the container";
    finding.cure = "a folder that is mounted into the container";
  }
  return finding;
}

Finding check_space(const MachineFacts& facts) {
  Finding finding{"free space", Verdict::ok, format_bytes(facts.free_bytes), "", ""};
  constexpr std::uint64_t little = std::uint64_t{1} << 30;
  if (facts.free_bytes < little) {
    finding.verdict = Verdict::warning;
    finding.consequence = "recorded layers of a sweep take gigabytes";
    finding.cure = "infoplane plan SWEEP says how many; infoplane pack RUN compresses old runs";
  }
  return finding;
}

Finding check_limits(const MachineFacts& facts) {
  Finding finding{"limits", Verdict::ok, fmt::format("{} open files", facts.open_files_limit), "",
                  ""};
  constexpr std::uint64_t few_files = 256;
  constexpr std::uint64_t little_memory = std::uint64_t{1} << 30;
  if (facts.file_size_limit) {
    finding.verdict = Verdict::warning;
    finding.state += ", files up to " + format_bytes(*facts.file_size_limit);
    finding.consequence = "a larger activations.h5 ends the job";
    finding.cure = "ulimit -f unlimited";
  }
  if (facts.open_files_limit < few_files) {
    finding.verdict = Verdict::warning;
    finding.consequence = "MPI needs a file or two for every other rank of the host";
    finding.cure = "ulimit -n 4096";
  }
  if (facts.address_space_limit && *facts.address_space_limit < little_memory) {
    finding.verdict = Verdict::breaks;
    finding.state += ", memory up to " + format_bytes(*facts.address_space_limit);
    finding.consequence = "LibTorch and MPI do not even load in so little";
    finding.cure = "ulimit -v unlimited, or ask the scheduler for more memory";
  }
  return finding;
}

Finding check_torch(const MachineFacts& facts) {
  Finding finding{"LibTorch", Verdict::ok, facts.torch + ", BLAS: " + facts.blas, "", ""};
  if (version_in(facts.torch) < Version{1, 13, 0}) {
    finding.verdict = Verdict::warning;
    finding.consequence = "infoplane is tested with 1.13.1 and 2.6.0";
    finding.cure = "a newer LibTorch: -DCMAKE_PREFIX_PATH=/path/to/libtorch";
  }
  return finding;
}

Finding check_cuda(const MachineFacts& facts) {
  return {"CUDA", Verdict::ok,
          facts.cuda_devices == 0 ? "no device: everything is computed on the processor"
                                  : count_of(facts.cuda_devices, "device") + " seen by rank 0",
          "", ""};
}

}  // namespace

std::vector<Finding> examine(const MachineFacts& facts) {
  return {check_mpi(facts),         check_threads_of_mpi(facts),
          check_hdf5(facts),        check_locking(facts),
          check_blas(facts),        check_binding(facts),
          check_file_system(facts), check_space(facts),
          check_limits(facts),      check_torch(facts),
          check_cuda(facts)};
}

}  // namespace infoplane::jobs
