#include "store/status_file.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"
#include "store/atomic_file.hpp"

namespace infoplane {
namespace {

using Json = nlohmann::ordered_json;

constexpr int status_version = 1;

/// JSON has no NaN: null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json to_json(const RunStatus& status) {
  Json json;
  json["status_version"] = status_version;
  json["name"] = status.name;
  json["phase"] = name_of(status.phase);
  json["message"] = status.message;
  json["trials"] = Json::object();
  for (const auto& [state, count] : status.trials) json["trials"][state] = count;
  json["snapshots"] = status.snapshots;
  json["snapshots_done"] = status.snapshots_done;
  json["left_s"] = number(status.left_s);
  json["core_hours_left"] = number(status.core_hours_left);
  json["running"] = Json::array();
  for (const RunStatus::Running& r : status.running) {
    json["running"].push_back({{"trial", r.trial},
                               {"settings", r.settings},
                               {"rank", r.rank},
                               {"host", r.host},
                               {"since", r.since}});
  }
  json["slowest"] = Json::array();
  for (const RunStatus::Finished& f : status.slowest) {
    json["slowest"].push_back(
        {{"trial", f.trial}, {"settings", f.settings}, {"rank", f.rank}, {"seconds", f.seconds}});
  }
  json["busy"] = status.busy;
  json["errors"] = status.errors;
  json["ranks"] = status.ranks;
  json["host"] = status.host;
  json["pid"] = status.pid;
  json["started_at"] = status.started_at;
  json["written_at"] = status.written_at;
  return json;
}

RunStatus from_json(const Json& json) {
  if (json.at("status_version").get<int>() != status_version)
    throw InputError("another version of infoplane wrote it");
  RunStatus status;
  status.name = json.at("name").get<std::string>();
  const auto phase = enum_from_name<JobPhase>(json.at("phase").get<std::string>());
  if (!phase) throw InputError("it names a phase that does not exist");
  status.phase = *phase;
  status.message = json.at("message").get<std::string>();
  for (const auto& [state, count] : json.at("trials").items())
    status.trials.emplace_back(state, count.get<std::int64_t>());
  status.snapshots = json.at("snapshots").get<std::int64_t>();
  status.snapshots_done = json.at("snapshots_done").get<std::int64_t>();
  status.left_s = number(json.at("left_s"));
  status.core_hours_left = number(json.at("core_hours_left"));
  for (const Json& r : json.at("running")) {
    status.running.push_back({r.at("trial").get<std::string>(), r.at("settings").get<std::string>(),
                              r.at("host").get<std::string>(), r.at("rank").get<int>(),
                              r.at("since").get<double>()});
  }
  for (const Json& f : json.at("slowest")) {
    status.slowest.push_back({f.at("trial").get<std::string>(), f.at("settings").get<std::string>(),
                              f.at("rank").get<int>(), f.at("seconds").get<double>()});
  }
  status.busy = json.at("busy").get<std::vector<double>>();
  status.errors = json.at("errors").get<std::vector<std::string>>();
  status.ranks = json.at("ranks").get<int>();
  status.host = json.at("host").get<std::string>();
  status.pid = json.at("pid").get<std::int64_t>();
  status.started_at = json.at("started_at").get<double>();
  status.written_at = json.at("written_at").get<double>();
  return status;
}

}  // namespace

std::string status_json(const RunStatus& status) {
  // Messages of other libraries need not be UTF-8.
  return to_json(status).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_status(const std::filesystem::path& path, const RunStatus& status) {
  write_text_atomically(path, status_json(status));
}

RunStatus read_status(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  try {
    return from_json(Json::parse(text));
  } catch (const std::exception& error) {  // of JSON, or InputError from above
    throw InputError(path.string() +
                     " is damaged, or no status file of infoplane: " + error.what());
  }
}

}  // namespace infoplane
