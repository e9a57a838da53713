#pragma once

#include <torch/torch.h>

#include "models/named_layers.hpp"
#include "models/network.hpp"
#include "models/network_input.hpp"
#include "models/registry.hpp"

// The one header that a plugin includes: a shared library with networks of the user's own.
//
//     #include "models/plugin.hpp"
//
//     class TwoPaths : public infoplane::Network { ... };
//
//     INFOPLANE_PLUGIN {
//       infoplane::register_network("two-paths", [](const infoplane::NetworkInput& input) {
//         return std::make_shared<TwoPaths>(input);
//       });
//     }
//
// infoplane run SWEEP --plugin ./libtwo_paths.so then knows model.kind = "two-paths".

/// What a plugin and the program that loads it have to agree on; raised with every change of what
/// the headers above say.
#define INFOPLANE_PLUGIN_INTERFACE "infoplane plugin 1, LibTorch " TORCH_VERSION

#define INFOPLANE_PLUGIN                                                                     \
  extern "C" const char* infoplane_plugin_interface() { return INFOPLANE_PLUGIN_INTERFACE; } \
  extern "C" void infoplane_register_plugin()
