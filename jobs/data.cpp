#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/errors.hpp"
#include "data/check_data.hpp"
#include "data/locations.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {
namespace {

constexpr DataSet sets_in_files[] = {DataSet::mnist, DataSet::fashion_mnist, DataSet::names,
                                     DataSet::cora};

bool is_named(const DataCommand& command, DataSet set) {
  return std::find(command.sets.begin(), command.sets.end(), name_of(set)) != command.sets.end();
}

void list_set(DataSet set, const DataPlaces& places) {
  const std::string name = name_of(set);
  const auto folder = locate_data(name, places);
  fmt::print("{:<15}{}\n", name,
             folder ? folder->string() : "not found; get it with: env/fetch-data.sh " + name);
}

void list(const DataPlaces& places) {
  fmt::print("{:<15}{}\n", "szt", "made by the program");
  for (const DataSet set : sets_in_files) list_set(set, places);
  fmt::print("{:<15}{}\n", "file", "any table of yours: data.inputs and data.labels");
  fmt::print("\nLooked for, the first that is there, in\n");
  for (const DataPlace& place : data_places(places)) {
    fmt::print("  {:<15}{}\n", place.what,
               place.folder.empty() ? "not set" : (place.folder / "SET").string());
  }
  fmt::print("  {:<15}{}\n", "Debian", "/usr/share/datasets/fashion-mnist");
}

/// Whether all is well with it.
bool check(DataSet set, const DataPlaces& places) {
  const std::string name = name_of(set);
  try {
    const CheckedData data = check_data(set, places);
    fmt::print("{}: {}\n", name, data.folder.string());
    bool all = true;
    for (const CheckedFile& file : data.files) {
      fmt::print("  {:<29}{}\n", file.path.filename().string(),
                 file.as_published ? "as published" : "NOT as published, its SHA-256 is");
      if (!file.as_published) fmt::print("    {}\n", file.sha256);
      all = all && file.as_published;
    }
    fmt::print("  {}\n", data.summary);
    if (!all) fmt::print("  to get it again: env/fetch-data.sh {}\n", name);
    return all;
  } catch (const InputError& error) {
    fmt::print("{}: {}\n", name, error.what());
    return false;
  }
}

}  // namespace

ExitCode perform(const DataCommand& command, const Communicator& comm) {
  if (!comm.is_root()) return ExitCode::done;
  const DataPlaces places{command.root};
  require_root(places, "--root");
  const bool all_sets = command.sets.empty();
  if (command.action == "list" && all_sets) {
    list(places);
    return ExitCode::done;
  }
  bool all = true;
  bool any = false;
  for (const DataSet set : sets_in_files) {
    const bool asked_for = is_named(command, set);
    if (!all_sets && !asked_for) continue;
    if (command.action == "list") {
      list_set(set, places);
    } else if (!asked_for && !locate_data(name_of(set), places)) {
      fmt::print("{}: not found\n", name_of(set));
    } else {
      all = check(set, places) && all;
      any = true;
    }
  }
  if (command.action == "check" && !any) {
    throw InputError("no data set was found; infoplane data list tells where they are looked for");
  }
  return all ? ExitCode::done : ExitCode::bad_input;
}

}  // namespace infoplane::jobs
