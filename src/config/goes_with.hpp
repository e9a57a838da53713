#pragma once

#include <string>
#include <vector>

#include "core/settings.hpp"

// Which keys of config/schema.hpp say something only beside some choices: the kernel of a LeNet,
// the momentum of SGD. Errors, --help, the resolved sweep and the identity of trials follow this
// table. Internal to the room.

namespace infoplane::config::detail {

struct GoesWith {
  std::string key;                 ///< dotted: "model.kernel"
  std::string value;               ///< empty: the key as a whole, else only this value of it
  std::string selector;            ///< the key of the choice, in the same section: "model.kind"
  std::vector<std::string> words;  ///< the choices it goes with: {"lenet"}
  enum class Presence { optional, required } presence = Presence::optional;

  /// Kinds that plugins register may use every key.
  bool allows(const std::string& word) const;
  /// `kind = "lenet"`, `set = "mnist" or "file"`, `every kind but "layers"`
  std::string text() const;
};

const std::vector<GoesWith>& goes_with();

/// A key that goes with more choices than this goes with nearly all.
constexpr std::size_t most_choices_of_a_group = 3;

/// The entry of a key as a whole; nullptr when it goes with every choice.
const GoesWith* rule_of(const std::string& dotted_key);

/// Whether a trial of these settings makes any use of a key.
bool uses_key(const TrialSettings& trial, const std::string& dotted_key);

/// `"fcn" or "gcn"`, `"a", "b" or "c"`
std::string quoted_choices(const std::vector<std::string>& words);

}  // namespace infoplane::config::detail
