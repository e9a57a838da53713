# An HDF5 built against another MPI links without complaint and fails at run time in ways nobody
# can read. A small program that uses both is built, and the MPI libraries it pulls in are counted.
if(NOT INFOPLANE_HDF5_MATCHES_MPI)
  set(_dir ${PROJECT_BINARY_DIR}/generated/check-hdf5-mpi)
  file(WRITE ${_dir}/main.c "
#include <mpi.h>
#include <hdf5.h>
#ifndef H5_HAVE_PARALLEL
#error this HDF5 was built without MPI
#endif
int main(int argc, char** argv) {
  hid_t access;
  if (argc > 1) MPI_Init(&argc, &argv);
  access = H5Pcreate(H5P_FILE_ACCESS);
  return argc > 1 ? H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL) : 0;
}
")
  try_compile(_linked ${_dir}/build SOURCES ${_dir}/main.c
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${HDF5_C_INCLUDE_DIRS};${MPI_C_INCLUDE_DIRS}"
    LINK_LIBRARIES ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES} MPI::MPI_C
    COPY_FILE ${_dir}/check OUTPUT_VARIABLE _log)
  if(NOT _linked)
    file(WRITE ${_dir}/log.txt "${_log}")
    message(FATAL_ERROR "A program that uses MPI (${MPI_C_LIBRARIES}) and parallel HDF5 "
      "(${HDF5_C_LIBRARIES}) does not build: the two do not match, or HDF5 lacks MPI. Install "
      "libhdf5-openmpi-dev together with libopenmpi-dev, or set HDF5_ROOT and MPI_HOME to a pair that "
      "was built together. The compiler's words are in ${_dir}/log.txt")
  endif()
  execute_process(COMMAND ldd ${_dir}/check OUTPUT_VARIABLE _libraries ERROR_QUIET)
  string(REGEX MATCHALL "lib(mpi|mpich|mpi_mt|pmpi)\\.so[^ ]* => [^ \n]+" _mpis "${_libraries}")
  list(REMOVE_DUPLICATES _mpis)
  list(LENGTH _mpis _count)
  if(_count GREATER 1)
    list(JOIN _mpis ", " _mpis)
    message(FATAL_ERROR "HDF5 and the program would load two different MPI libraries (${_mpis}). "
      "Install libhdf5-openmpi-dev together with libopenmpi-dev, or set HDF5_ROOT and MPI_HOME to a "
      "pair that was built together.")
  endif()
  set(INFOPLANE_HDF5_MATCHES_MPI TRUE CACHE INTERNAL "HDF5 and MPI were checked to match")
endif()
