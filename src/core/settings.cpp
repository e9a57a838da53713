#include "core/settings.hpp"

#include <fmt/format.h>

#include <charconv>

namespace infoplane {

std::string to_string(const Setting& setting) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, setting);
}

std::string to_string(const SplitRule& rule) {
  const std::string word = name_of(rule.kind);
  return rule.kind == SplitKind::balanced ? fmt::format("{}:{}", word, rule.per_class) : word;
}

std::optional<SplitRule> split_rule_from_text(const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto kind = enum_from_name<SplitKind>(text.substr(0, colon));
  if (!kind || (colon != std::string::npos) != (*kind == SplitKind::balanced)) return {};
  if (*kind != SplitKind::balanced) return SplitRule{*kind, 0};
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, count);
  if (error != std::errc() || stop != end || count < 1) return {};
  return SplitRule{*kind, count};
}

const std::vector<std::string>& built_in_models() {
  static const std::vector<std::string> kinds{"fcn", "lenet", "rnn", "gcn", "gin", "gat", "layers"};
  return kinds;
}

ModelSettings default_model(const std::string& kind) {
  ModelSettings model;
  model.kind = kind;
  if (kind == "fcn") return model;
  if (kind == "lenet") {
    model.hidden = {50};
    model.channels = {10, 20};
    model.activation = Activation::relu;
    model.initialization = Initialization::torch;
  } else if (kind == "rnn") {
    model.hidden = {200, 200, 200};
    model.initialization = Initialization::torch;
  } else if (kind == "gcn" || kind == "gin") {
    model.hidden = {16};
    model.activation = Activation::relu;
    model.initialization = Initialization::xavier_uniform;
    model.dropout = kind == "gcn" ? 0.5 : 0;
  } else if (kind == "gat") {
    model.hidden = {64};
    model.heads = 8;
    model.activation = Activation::elu;
    model.initialization = Initialization::xavier_uniform;
    model.dropout = 0.6;
  } else if (kind == "layers") {
    model.hidden = {};
    model.initialization = Initialization::torch;
  } else {
    model.initialization = Initialization::own;
  }
  return model;
}

}  // namespace infoplane
