#include "pipeline/provenance.hpp"

#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

#include "comm/mpi.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "estimators/blas.hpp"
#include "estimators/pairwise.hpp"
#include "models/load_plugin.hpp"
#include "store/library.hpp"

namespace infoplane {
namespace {

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0)
      return line.substr(std::min(line.find(": ") + 2, line.size()));
  }
  return "unknown";
}

/// "libtwo_paths.so 0123456789abcdef": networks are part of what makes results.
std::string plugins_text() {
  std::vector<std::string> words;
  for (const Plugin& plugin : loaded_plugins()) {
    words.push_back(fmt::format(
        "{} {:016x}", std::filesystem::path(plugin.path).filename().string(), plugin.checksum));
  }
  return words.empty() ? no_plugins : join(words);
}

std::string plugin_paths() {
  std::vector<std::string> paths;
  for (const Plugin& plugin : loaded_plugins())
    paths.push_back(std::filesystem::absolute(plugin.path).string());
  return join(paths, "\n");
}

}  // namespace

std::string utc_time() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string workers(const Communicator& comm) {
  return fmt::format("{} rank{} on {}", comm.size(), comm.size() == 1 ? "" : "s", host_name());
}

Provenance library_versions() {
  return {{"libtorch", std::string(TORCH_VERSION)},
          {"mpi", mpi_library_version()},
          {"hdf5", hdf5_version()},
          {"blas", blas_description()},
          {"vector_code", pairwise_vector_code()}};
}

Provenance provenance_of(const config::SweepFile& sweep, const Communicator& comm, int threads,
                         ComputeDevice::Kind device) {
  const BuildInfo build = build_info();
  Provenance provenance{{"sweep_name", sweep.name()},
                        {"sweep", sweep.resolved()},
                        {"sweep_seed", sweep.seed()},
                        {"infoplane_version", build.version},
                        {"git_state", build.git_state},
                        {"build", build.build_type + ", " + build.compiler},
                        {"plugins", plugins_text()},
                        {"threads_per_rank", std::int64_t{threads}},
                        {"estimate_device", name_of(device)},
                        {"ranks", std::int64_t{comm.size()}},
                        {"host", host_name()},
                        {"processor", processor_name()},
                        {"created", utc_time()},
                        {"information_units", std::string("bits")}};
  // One line each: for commands that go on.
  if (!loaded_plugins().empty()) provenance.emplace_back("plugin_paths", plugin_paths());
  for (const auto& entry : library_versions()) provenance.push_back(entry);
  append_history(provenance, "made", comm);
  return provenance;
}

void append_history(Provenance& provenance, const std::string& what, const Communicator& comm) {
  const std::string line = fmt::format("{} {} ({}, infoplane {})", utc_time(), what, workers(comm),
                                       build_info().git_state);
  for (auto& [name, value] : provenance) {
    if (name == "history") {
      value = std::get<std::string>(value) + "\n" + line;
      return;
    }
  }
  provenance.emplace_back("history", line);
}

}  // namespace infoplane
