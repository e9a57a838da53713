#pragma once

#include <mpi.h>

#include <optional>
#include <string>

#include "comm/communicator.hpp"

namespace infoplane {

/// Throws InternalError with the call's text and MPI's own words unless `code` is MPI_SUCCESS.
void check_mpi(int code, const char* call);

/// MPI from start to end of a program. Without a launcher (mpirun, srun) MPI is not started at all
/// and the program runs alone. Every HDF5 object has to be closed before this is destroyed: HDF5
/// would call MPI after its end.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  Communicator world() const { return world_; }

 private:
  bool started_ = false;
  Communicator world_ = Communicator::serial();
};

/// The MPI communicator behind `comm`, or nothing when it is not MPI's.
std::optional<MPI_Comm> mpi_handle(const Communicator& comm);

/// "Open MPI v4.1.4": the MPI library in use, whether it was started or not.
std::string mpi_library_version();

}  // namespace infoplane

#define INFOPLANE_MPI(call) ::infoplane::check_mpi((call), #call)
