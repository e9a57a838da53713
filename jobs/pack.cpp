#include "store/pack.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "comm/serialized.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {

ExitCode perform(const PackCommand& command, const Communicator& comm) {
  on_root(comm, [&] {
    const RunDirectory run(command.run);
    Progress progress(command.undo ? "unpacking" : "packing", 100, 100);
    double shown = 0;
    const auto show = [&](double share) {
      progress.advance(0, 100 * (share - shown));
      shown = share;
    };
    const PackSizes sizes =
        command.undo ? unpack_run(run, show)
                     : pack_run(run, command.level.value_or(PackCommand::usual_level), show);
    if (!sizes.changed && command.level) {
      fmt::print(
          "{} is packed already (unpack it first with --undo to pack it with another level), {}\n",
          run.activations().string(), format_bytes(sizes.after_bytes));
      return;
    }
    if (!sizes.changed) {
      fmt::print("{}: nothing to do, {}\n", run.activations().string(),
                 format_bytes(sizes.after_bytes));
      return;
    }
    fmt::print(
        "{}: {} before, {} now ({:.0f} %); every slab read back{}\n", run.activations().string(),
        format_bytes(sizes.before_bytes), format_bytes(sizes.after_bytes),
        100.0 * static_cast<double>(sizes.after_bytes) / static_cast<double>(sizes.before_bytes),
        sizes.damaged == 0 ? ", checksums hold" : "");
    if (sizes.damaged > 0) {
      log_warning("{} {} damaged before and still {}; {} trains {} again",
                  count_of(static_cast<std::int64_t>(sizes.damaged), "trial"),
                  sizes.damaged == 1 ? "was" : "were", sizes.damaged == 1 ? "is" : "are",
                  run.run_command(), sizes.damaged == 1 ? "it" : "them");
    }
  });
  return ExitCode::done;
}

}  // namespace infoplane::jobs
