#include "config/goes_with.hpp"

#include <algorithm>

#include "config/keys.hpp"
#include "config/sweep_file.hpp"

namespace infoplane::config::detail {
namespace {

constexpr auto required = GoesWith::Presence::required;

/// The built-in kinds without some.
std::vector<std::string> kinds_but(const std::vector<std::string>& left_out) {
  std::vector<std::string> kinds;
  for (const std::string& kind : built_in_models()) {
    if (!contains(left_out, kind)) kinds.push_back(kind);
  }
  return kinds;
}

}  // namespace

const std::vector<GoesWith>& goes_with() {
  static const std::vector<GoesWith> table{
      {"data.rows", "", "data.set", {"mnist", "fashion-mnist", "file"}},
      {"data.label_gamma", "", "data.set", {"szt"}},
      {"data.names_per_language", "", "data.set", {"names"}},
      {"data.normalize_rows", "", "data.set", {"cora"}},
      {"data.inputs", "", "data.set", {"file"}, required},
      {"data.labels", "", "data.set", {"file"}, required},
      {"data.split", "published", "data.set", {"mnist", "fashion-mnist"}},
      {"data.split", "planetoid", "data.set", {"cora"}},
      {"model.hidden", "", "model.kind", kinds_but({"layers"})},
      {"model.activation", "", "model.kind", kinds_but({"layers", "rnn"})},
      {"model.dropout", "", "model.kind", kinds_but({"layers"})},
      {"model.layers", "", "model.kind", {"layers"}, required},
      {"model.channels", "", "model.kind", {"lenet"}},
      {"model.kernel", "", "model.kind", {"lenet"}},
      {"model.cell", "", "model.kind", {"rnn"}},
      {"model.heads", "", "model.kind", {"gat"}},
      {"training.step_epochs", "", "training.schedule", {"step"}},
      {"training.step_factor", "", "training.schedule", {"step"}},
      {"training.final_learning_rate", "", "training.schedule", {"cosine"}},
      {"training.momentum", "", "training.optimizer", {"sgd"}},
  };
  return table;
}

bool GoesWith::allows(const std::string& word) const {
  return contains(words, word) || (selector == "model.kind" && !contains(built_in_models(), word));
}

std::string GoesWith::text() const {
  const std::string name = selector.substr(selector.find('.') + 1);
  if (selector == "model.kind" && words.size() > most_choices_of_a_group) {
    return "every " + name + " but " + quoted_choices(kinds_but(words));
  }
  return name + " = " + quoted_choices(words);
}

const GoesWith* rule_of(const std::string& dotted_key) {
  const auto& table = goes_with();
  const auto found = std::find_if(table.begin(), table.end(), [&](const GoesWith& rule) {
    return rule.key == dotted_key && rule.value.empty();
  });
  return found == table.end() ? nullptr : &*found;
}

bool uses_key(const TrialSettings& trial, const std::string& dotted_key) {
  const GoesWith* rule = rule_of(dotted_key);
  return rule == nullptr || rule->allows(to_string(setting_of(trial, rule->selector)));
}

std::string quoted_choices(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '"' + words[i] + '"';
  }
  return text;
}

}  // namespace infoplane::config::detail
