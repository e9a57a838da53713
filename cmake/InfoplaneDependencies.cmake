# Every dependency, found once. Each failure says which Debian package to install.

function(infoplane_need found what package)
  if(NOT ${found})
    message(FATAL_ERROR "infoplane needs ${what}. Install the Debian package ${package} "
      "(env/bootstrap.sh deps installs everything), or point CMAKE_PREFIX_PATH at yours.")
  endif()
endfunction()

find_package(Threads REQUIRED)

find_package(MPI COMPONENTS C)
infoplane_need(MPI_C_FOUND "an MPI library with its compiler wrapper mpicc" "libopenmpi-dev")

# The C++ bindings of MPI were removed from the standard; some mpi.h still declare them when asked by C++.
target_compile_definitions(infoplane_options INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

set(HDF5_PREFER_PARALLEL TRUE)
find_package(HDF5 COMPONENTS C HL)
infoplane_need(HDF5_FOUND "parallel HDF5 with its high-level library" "libhdf5-openmpi-dev")
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "The HDF5 found (${HDF5_C_INCLUDE_DIRS}) was built without MPI. "
    "infoplane writes one file from many ranks and needs parallel HDF5: install the Debian package "
    "libhdf5-openmpi-dev, or set HDF5_ROOT to an HDF5 configured with --enable-parallel.")
endif()
add_library(infoplane_hdf5 INTERFACE)
add_library(infoplane::hdf5 ALIAS infoplane_hdf5)
target_include_directories(infoplane_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(infoplane_hdf5 INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(infoplane_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES} MPI::MPI_C)
include(CheckHdf5MatchesMpi)

find_package(Torch QUIET)
infoplane_need(Torch_FOUND "LibTorch" "libtorch-dev")
if(TARGET torch_cuda)
  enable_language(CUDA)  # the estimator's kernels; LibTorch's package has found the toolkit
endif()
add_library(infoplane_torch INTERFACE)
add_library(infoplane::torch ALIAS infoplane_torch)
get_target_property(_torch_includes torch INTERFACE_INCLUDE_DIRECTORIES)
target_link_libraries(infoplane_torch INTERFACE ${TORCH_LIBRARIES})
if(_torch_includes)
  target_include_directories(infoplane_torch SYSTEM INTERFACE ${_torch_includes})
endif()
if(TORCH_CXX_FLAGS)
  separate_arguments(_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(infoplane_torch INTERFACE ${_torch_flags})
endif()

find_package(fmt QUIET)
infoplane_need(fmt_FOUND "the fmt library" "libfmt-dev")
# LibTorch may bring the headers of another fmt: those of the one that is linked have to come first.
get_target_property(_fmt_includes fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
foreach(directory IN LISTS _torch_includes)
  if(EXISTS "${directory}/fmt" AND NOT directory IN_LIST _fmt_includes)
    find_path(_fmt_include fmt/core.h PATHS ${_fmt_includes} NO_DEFAULT_PATH NO_CACHE)
    infoplane_need(_fmt_include "the headers of the fmt library, which hides behind that of LibTorch" "libfmt-dev")
    set(_fmt_first ${PROJECT_BINARY_DIR}/fmt_first)
    file(MAKE_DIRECTORY ${_fmt_first})
    file(CREATE_LINK ${_fmt_include}/fmt ${_fmt_first}/fmt SYMBOLIC)
    target_include_directories(infoplane_torch SYSTEM BEFORE INTERFACE ${_fmt_first})
    break()
  endif()
endforeach()
target_link_libraries(infoplane_torch INTERFACE fmt::fmt)  # LibTorch's headers may include it
find_package(spdlog QUIET)
infoplane_need(spdlog_FOUND "the spdlog library" "libspdlog-dev")
find_package(nlohmann_json QUIET)
infoplane_need(nlohmann_json_FOUND "nlohmann-json" "nlohmann-json3-dev")
find_package(CLI11 QUIET)
infoplane_need(CLI11_FOUND "CLI11" "libcli11-dev")
find_package(Boost CONFIG QUIET COMPONENTS serialization)
# Boost_FOUND is also true where a Boost without this library is installed.
infoplane_need(Boost_serialization_FOUND "Boost.Serialization" "libboost-serialization-dev")

find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus QUIET IMPORTED_TARGET tomlplusplus)
infoplane_need(tomlplusplus_FOUND "toml++" "libtomlplusplus-dev")
pkg_check_modules(zlib QUIET IMPORTED_TARGET zlib)
infoplane_need(zlib_FOUND "zlib" "zlib1g-dev")
pkg_check_modules(libcrypto QUIET IMPORTED_TARGET libcrypto)
infoplane_need(libcrypto_FOUND "OpenSSL's libcrypto" "libssl-dev")
pkg_check_modules(utf8proc QUIET IMPORTED_TARGET libutf8proc)
infoplane_need(utf8proc_FOUND "utf8proc" "libutf8proc-dev")
pkg_check_modules(xxhash QUIET IMPORTED_TARGET libxxhash)
infoplane_need(xxhash_FOUND "xxHash" "libxxhash-dev")
pkg_check_modules(openblas QUIET IMPORTED_TARGET openblas)
infoplane_need(openblas_FOUND "OpenBLAS" "libopenblas-dev")
