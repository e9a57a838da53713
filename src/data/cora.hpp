#pragma once

#include "data/dataset.hpp"

namespace infoplane {

/// The Cora citation graph: 2708 papers, 1433 word flags, 7 classes, 5278 undirected edges. The
/// published split is that of Yang et al. 2016 (Planetoid), where cora.split is there. Throws
/// InputError.
Dataset load_cora(const DataSettings& settings, const DataPlaces& places);

}  // namespace infoplane
