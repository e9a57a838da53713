#pragma once

#include <string>

namespace infoplane {

/// "1.10.8", the HDF5 in use.
std::string hdf5_version();

}  // namespace infoplane
