// The only file that knows CLI11, whose header is slow to compile.
#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>

#include "config/sweep_file.hpp"
#include "core/text.hpp"
#include "jobs/commands.hpp"

namespace infoplane::jobs {
namespace {

constexpr std::size_t help_columns = 79;

const char* const overview_examples =
    "Examples:\n"
    "  infoplane plan sweeps/tutorial.toml\n"
    "  mpirun -n 2 infoplane run sweeps/tutorial.toml --out runs/tutorial\n"
    "  infoplane compare runs/tutorial\n"
    "  infoplane plot runs/tutorial\n"
    "Exit codes: 0 done; 1 internal failure; 2 wrong command line or sweep file;\n"
    "  3 finished, but some trials failed (verify: runs differ); 4 missing or damaged\n"
    "  input; 75 stopped early, the same command resumes.\n";

const char* const where_help =
    "Only trials with this varied setting: activation=tanh (may be repeated)";
const char* const set_help =
    "Replace a key of the sweep file: training.epochs=100, grid.training.seed=[1,2]";

constexpr int most_threads = 1024;

int default_threads() {
  const char* variable = std::getenv("INFOPLANE_THREADS");
  if (variable == nullptr) return 1;
  const std::string text = variable;
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size() || threads < 1 ||
      threads > most_threads) {
    throw UsageError(fmt::format("INFOPLANE_THREADS = \"{}\" (must be a whole number from 1 to {})",
                                 text, most_threads));
  }
  return threads;
}

void add_threads(CLI::App& app, int& threads) {
  threads = default_threads();
  app.add_option("--threads", threads,
                 "Threads of each rank; part of what makes results reproducible")
      ->check(CLI::Range(1, most_threads))
      ->capture_default_str();
}

void add_choice(CLI::App& app, std::optional<double>& sigma2, std::string& bound) {
  app.add_option("--sigma2", sigma2, "Noise variance (default: the middle one of the run)");
  app.add_option("--bound", bound, "kl or bd")->capture_default_str();
}

/// The subcommands with the settings they fill.
struct Parser {
  CLI::App app{"infoplane: what the layers of a neural network know, from distributed sweeps",
               "infoplane"};
  PlanCommand plan;
  RunCommand run;
  EstimateCommand estimate;
  CompareCommand compare;
  PlotCommand plot;
  VerifyCommand verify;
  std::map<CLI::App*, std::function<Command()>> commands;
  bool version = false;

  Parser() {
    app.footer(overview_examples);
    app.add_flag("--version", version, "Versions of infoplane and of the libraries it runs on");
    app.require_subcommand(0, 1);
    add_plan();
    add_run();
    add_estimate();
    add_compare();
    add_plot();
    add_verify();
  }

  CLI::App& add(const char* name, const char* what, std::function<Command()> make,
                const std::string& footer) {
    CLI::App* command = app.add_subcommand(name, what);
    command->footer(footer);
    commands[command] = std::move(make);
    return *command;
  }

  void add_plan() {
    CLI::App& c = add(
        "plan", "Show the trials, bytes and memory of a sweep; starts nothing",
        [this] { return plan; },
        "Example:\n  infoplane plan sweeps/szt-sampling.toml --set training.epochs=100\n\n"
        "Keys of a sweep file, with their defaults:\n" +
            config::describe_keys());
    c.add_option("SWEEP", plan.sweep, "Sweep file (TOML)")->required();
    c.add_option("--set", plan.set, set_help)->allow_extra_args(false);
  }

  void add_run() {
    CLI::App& c = add(
        "run", "Train and estimate a sweep; the same command resumes it", [this] { return run; },
        "Examples:\n"
        "  infoplane run sweeps/tutorial.toml\n"
        "  mpirun -n 4 infoplane run sweeps/szt-sampling.toml --out runs/szt\n"
        "  infoplane run sweeps/tutorial.toml --set training.epochs=20 --out /tmp/short\n"
        "Keys of a sweep file: infoplane plan --help\n");
    c.add_option("SWEEP", run.sweep, "Sweep file (TOML)")->required();
    c.add_option("--out", run.out, "Run directory (default: runs/NAME of the sweep)");
    c.add_option("--set", run.set, set_help)->allow_extra_args(false);
    add_threads(c, run.threads);
  }

  void add_estimate() {
    CLI::App& c = add(
        "estimate", "Add noise variances to a run; trains nothing", [this] { return estimate; },
        "Example:\n  mpirun -n 4 infoplane estimate runs/szt --sigma2 1e-4 log:1:100:5\n");
    c.add_option("RUN", estimate.run, "Run directory")->required();
    c.add_option("--sigma2", estimate.sigma2, "Noise variances: numbers, or log:from:to:count")
        ->required();
    add_threads(c, estimate.threads);
  }

  void add_compare() {
    CLI::App& c = add(
        "compare", "A table of all trials of one or more runs, best first",
        [this] { return compare; },
        "Examples:\n"
        "  infoplane compare runs/tutorial --sigma2 0.1 --bound bd --sort I_TY\n"
        "  infoplane compare runs/a runs/b --csv > trials.csv\n");
    c.add_option("RUN", compare.runs, "Run directories")->required();
    add_choice(c, compare.sigma2, compare.bound);
    c.add_option("--sort", compare.sort,
                 "test_accuracy, train_accuracy, I_XT, I_TY, trial, or a varied key")
        ->capture_default_str();
    c.add_option("--where", compare.where, where_help)->allow_extra_args(false);
    CLI::Option* csv = c.add_flag("--csv", compare.csv, "Comma-separated values, full precision");
    c.add_flag("--json", compare.json, "JSON, full precision")->excludes(csv);
  }

  void add_plot() {
    CLI::App& c = add(
        "plot", "Draw the information plane of a trial in the terminal", [this] { return plot; },
        "Example:\n  infoplane plot runs/tutorial --where activation=tanh --sigma2 0.01\n");
    c.add_option("RUN", plot.run, "Run directory")->required();
    c.add_option("--trial", plot.trial,
                 "Start of a trial's id (default: the trial with the best test accuracy)");
    c.add_option("--where", plot.where, where_help)->allow_extra_args(false);
    add_choice(c, plot.sigma2, plot.bound);
  }

  void add_verify() {
    CLI::App& c = add(
        "verify", "Check a run's checksums and ceilings, or whether two runs have the same bits",
        [this] { return verify; },
        "Examples:\n"
        "  infoplane verify runs/tutorial\n"
        "  infoplane verify runs/on-1-rank runs/on-4-ranks\n"
        "Exit code 0: all well, or equal; 3: something is not.\n");
    c.add_option("RUN", verify.runs, "One or two run directories")->required()->expected(1, 2);
  }
};

void refuse_unknown_command(int argc, char** argv, const std::vector<std::string>& names) {
  if (argc < 2 || argv[1][0] == '-') return;
  const std::string word = argv[1];
  for (const std::string& name : names) {
    if (name == word) return;
  }
  const std::string near = nearest_word(word, names);
  throw UsageError(fmt::format("unknown command \"{}\" ({}commands: {})", word,
                               near.empty() ? "" : "did you mean \"" + near + "\"? ", join(names)));
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
  Parser parser;
  std::vector<std::string> names;
  for (const auto& [app, make] : parser.commands) names.push_back(app->get_name());
  refuse_unknown_command(argc, argv, names);
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    for (const auto& [app, make] : parser.commands) {
      if (app->parsed()) return HelpCommand{wrap_lines(app->help("infoplane"), help_columns)};
    }
    return HelpCommand{wrap_lines(parser.app.help(), help_columns)};
  } catch (const CLI::ParseError& error) {
    const std::string command = argc > 1 && argv[1][0] != '-' ? std::string(" ") + argv[1] : "";
    throw UsageError(fmt::format("{} (see infoplane{} --help)", error.what(), command));
  }
  if (parser.version) return VersionCommand{};
  for (const auto& [app, make] : parser.commands) {
    if (app->parsed()) return make();
  }
  throw UsageError("no command given\n\n" + wrap_lines(parser.app.help(), help_columns));
}

}  // namespace infoplane::jobs
