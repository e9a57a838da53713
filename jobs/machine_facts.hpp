#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace infoplane::jobs {

/// Where one rank runs.
struct RankPlace {
  std::string host;
  std::vector<int> cpus;     ///< it may run on: cores, or their hyper-threads
  std::vector<int> cores{};  ///< of which each of them is a part; empty: each is a core
};

/// What `infoplane doctor` looks at.
struct MachineFacts {
  std::string mpi;   ///< "Open MPI v4.1.4"
  std::string hdf5;  ///< "1.10.8"
  std::string torch;
  std::string blas;
  int ranks = 1;  ///< of this command; 1 without mpirun
  bool launched = false;
  bool threads_may_communicate = false;  ///< MPI_THREAD_MULTIPLE; only known under mpirun
  std::vector<RankPlace> places;         ///< by rank
  int cores = 1;                         ///< of this host
  std::map<std::string, std::string>
      environment;  ///< the variables that matter, where they are set
  int cuda_devices = 0;

  std::string folder;  ///< where runs would be
  bool folder_is_there = false;
  std::string file_system;  ///< "ext4", "nfs", "lustre", "tmpfs", ...
  bool writable = false;
  std::optional<bool> locks;  ///< whether a file there can be locked
  std::uint64_t free_bytes = 0;

  std::uint64_t open_files_limit = 0;
  std::optional<std::uint64_t> file_size_limit;      ///< bytes
  std::optional<std::uint64_t> address_space_limit;  ///< bytes
};

/// Collective; complete on rank 0. Leaves no file behind.
MachineFacts look_at_machine(const std::string& folder, const Communicator& comm);

}  // namespace infoplane::jobs
