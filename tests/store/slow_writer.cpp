#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "comm/mpi.hpp"
#include "comm/serialized.hpp"
#include "core/random.hpp"
#include "store/activations_file.hpp"

// The job that kill_writer.py kills.
//
//   mpirun -n P slow_writer write FILE REPORTS   writes trial after trial and waits to be killed
//   slow_writer check FILE TRIAL...              what is in FILE; the trials named must all be
//   there
//
// Into REPORTS, a pipe, each rank writes "pid RANK PID" and then "written TRIAL" after each trial.
// mpirun forwards output in pieces, so that lines of several ranks mix; a pipe keeps short ones
// whole.

namespace {

using namespace infoplane;

constexpr std::size_t trial_count = 3000;

RunLayout layout() {
  RunLayout run;
  run.row_sets.push_back({});
  for (int row = 0; row < 50; ++row) {
    run.row_sets[0].rows.push_back(row);
    run.row_sets[0].labels.push_back(row % 2);
  }
  for (std::size_t t = 0; t < trial_count; ++t) {
    run.trials.push_back(
        {"trial" + std::to_string(t), {0, 1, 10}, {{"layer1", 7}, {"output", 2}}, 0, 40, 99, {}});
  }
  return run;
}

std::vector<float> snapshot(std::size_t trial, std::size_t epoch, std::size_t layer,
                            std::size_t features) {
  RandomStream random(derive_seed(trial, {std::to_string(epoch), std::to_string(layer)}));
  std::vector<float> values(50 * features);
  for (float& value : values) value = static_cast<float>(random.uniform());
  return values;
}

class Reports {
 public:
  explicit Reports(const std::string& pipe) : descriptor_(open(pipe.c_str(), O_WRONLY)) {}
  void operator()(const std::string& line) const {
    const std::string text = line + "\n";
    if (::write(descriptor_, text.data(), text.size()) < 0) _exit(1);
  }

 private:
  int descriptor_;
};

void write(const std::string& path, const std::string& pipe, const Communicator& comm) {
  const Reports report(pipe);
  report("pid " + std::to_string(comm.rank()) + " " + std::to_string(getpid()));
  const RunLayout run = layout();
  on_root(comm, [&] { ActivationsFile::create(path, run, {}); });
  ActivationsFile file(path, ActivationsFile::Access::write, comm);
  for (auto t = static_cast<std::size_t>(comm.rank()); t < trial_count;
       t += static_cast<std::size_t>(comm.size())) {
    file.write_ledger(t, {TrialState::running, 1, 0, 1, 1, ""});
    SlabChecksum checksum(2);
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
      for (std::size_t layer = 0; layer < 2; ++layer) {
        const auto features = static_cast<std::size_t>(run.trials[t].layers[layer].features);
        const std::vector<float> values = snapshot(t, epoch, layer, features);
        file.write_snapshot(t, epoch, layer, {values.data(), 50, features});
        checksum.add(epoch, layer, {values.data(), 50, features});
      }
    }
    file.write_ledger(t, {TrialState::done, 1, checksum.value(), 1, 2, "", 1000});
    report("written " + std::to_string(t));
  }
  // The file stays open: a job that closed it would prove nothing.
  for (;;) pause();
}

int check(const std::string& path, const std::vector<std::size_t>& reported) {
  const ActivationsFile file(path, ActivationsFile::Access::read, Communicator::serial());
  const std::vector<LedgerEntry> ledger = file.ledger();
  int wrong = 0;
  int done = 0;
  std::vector<float> values;
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    if (ledger[t].state != TrialState::done) continue;
    ++done;
    bool same = file.slab_checksum(t) == ledger[t].checksum;
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
      for (std::size_t layer = 0; layer < 2; ++layer) {
        file.read_snapshot(t, epoch, layer, values);
        const auto features =
            static_cast<std::size_t>(file.layout().trials[t].layers[layer].features);
        const std::vector<float> expected = snapshot(t, epoch, layer, features);
        same = same && values.size() == expected.size() &&
               std::memcmp(values.data(), expected.data(), values.size() * sizeof(float)) == 0;
      }
    }
    if (!same) {
      std::printf("trial %zu is done, but its activations are not what was written\n", t);
      ++wrong;
    }
  }
  for (const std::size_t t : reported) {
    if (ledger.at(t).state == TrialState::done) continue;
    std::printf("trial %zu was reported as written and is %s\n", t,
                name_of(ledger[t].state).c_str());
    ++wrong;
  }
  std::printf("done %d of %zu\n", done, ledger.size());
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 3 && words[0] == "write") {
      const infoplane::MpiSession session(argc, argv);
      write(words[1], words[2], session.world());
    }
    if (words.size() >= 2 && words[0] == "check") {
      std::vector<std::size_t> reported;
      for (std::size_t i = 2; i < words.size(); ++i) reported.push_back(std::stoul(words[i]));
      return check(words[1], reported);
    }
    std::fputs("slow_writer write FILE REPORTS | check FILE [TRIAL...]\n", stderr);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
