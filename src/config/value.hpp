#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/errors.hpp"

namespace infoplane::config {

/// Where a value was written: a sweep file, or a --set on the command line.
struct Source {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// "sweeps/tanh.toml:12:8", or "--set training.epochs=x"
  std::string text() const;
};

/// Problem, value, place, why, in one line: `training.epochs = 0 at a.toml:12:8 (must be
/// positive)`.
class ConfigError : public UsageError {
 public:
  ConfigError(const std::string& problem, const Source& where, const std::string& why);
  const Source& where() const { return where_; }

 private:
  Source where_;
};

/// A TOML value that knows where it stands. Unlike toml++'s nodes it keeps its place when copied,
/// which is what lets a grid put one value in the place of another and errors still point right.
struct Value {
  struct Member;
  using Array = std::vector<Value>;
  using Table = std::vector<Member>;  ///< in the order of the file
  /// Dates and times have no use in a sweep; they arrive as the type `Other`.
  struct Other {
    std::string type;
  };

  std::variant<bool, std::int64_t, double, std::string, Array, Table, Other> data;
  Source where;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&data);
  }

  /// The member of a table, or nullptr. `this` must be a table.
  const Value* find(const std::string& key) const;
  /// Puts a member into a table, in the place of one of the same name if there is one.
  void set(const std::string& key, Value value, const Source& key_where);

  /// "a string", "a whole number", ...
  std::string type_name() const;
  /// As it would stand in a TOML file, on one line.
  std::string text() const;
};

struct Value::Member {
  std::string key;
  Source where;
  Value value;
};

}  // namespace infoplane::config
