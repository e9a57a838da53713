#pragma once

#include <string>
#include <vector>

#include "comm/serialized.hpp"
#include "core/noise.hpp"

// Internal to the room.

namespace infoplane {

/// Collective: the noise of the root replaces `noise` everywhere. As texts, which say all of it.
inline void broadcast_noise(const Communicator& comm, std::vector<Noise>& noise) {
  std::vector<std::string> texts;
  for (const Noise& entry : noise) texts.push_back(to_string(entry));
  broadcast(comm, texts);
  noise.clear();
  for (const std::string& text : texts) noise.push_back(Noise::from_text(text));
}

}  // namespace infoplane
