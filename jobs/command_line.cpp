// The only file that knows CLI11, whose header is slow to compile.
#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

#include "config/sweep_file.hpp"
#include "core/duration.hpp"
#include "core/text.hpp"
#include "estimators/noise/rule.hpp"
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
    "  3 finished, but some trials failed (verify: runs differ); 4 missing or\n"
    "  damaged input; 75 stopped early, the same command resumes.\n";

const char* const where_help =
    "Only trials with this varied setting: activation=tanh (may be repeated)";
const char* const plugin_help =
    "Shared library with networks of your own, see plugins/ (may be repeated)";
const char* const set_help =
    "Replace a key of the sweep file: training.epochs=100, grid.training.seed=[1,2] (may be "
    "repeated)";

/// An unset variable of a shell is no value.
std::string not_empty(const std::string& value) { return value.empty() ? "must not be empty" : ""; }

std::string noise_help() {
  return "Noise variances, in estimate.sigma2 and for --sigma2:\n"
         "  0.01                a number, the same for every layer\n"
         "  log:1e-3:1:7        from 0.001 to 1, 7 of them, even in the logarithm\n"
         "  lin:0.1:1:10        the same, even\n"
         "  x2:1e-3:10          each twice the one before: cheap to estimate\n"
         "  [5, 2, 0.3]         one for each layer, input side first\n" +
         describe_noise_rules() +
         "  RULE@last           the rule at the trial's last recorded epoch, for all\n"
         "                      epochs; without it each snapshot has its own\n"
         "A rule that gives 0, as rows are too much alike, becomes 1e-6 tr Cov(h) / H, or\n"
         "1e-12 where all rows are equal.\n";
}

/// `--calibrate` may stand alone, also before SWEEP, which CLI11 would take for its value.
void give_calibrate_its_seconds(std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "--calibrate") continue;
    const bool has_number = i + 1 < words.size() && !words[i + 1].empty() &&
                            words[i + 1].find_first_not_of("0123456789.") == std::string::npos;
    if (!has_number) words[i] += "=8";
  }
}

/// Where an option takes several words CLI11 takes one in brackets apart at its commas, also one
/// that means a list; a space in front keeps it whole.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  give_calibrate_its_seconds(words);
  for (std::string& word : words) {
    if (words[0] != "estimate") break;
    const std::size_t value = word.rfind("--", 0) == 0 ? word.find('=') + 1 : 0;
    if (value < word.size() && word[value] == '[') word.insert(value, " ");
  }
  return {words.rbegin(), words.rend()};  // the order CLI11 wants
}

constexpr int most_threads = 1024;
constexpr int most_ranks = 1 << 20;

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

void add_threads(
    CLI::App& app, int& threads,
    const char* what = "Threads of each rank; part of what makes results reproducible") {
  threads = default_threads();
  app.add_option("--threads", threads, what)
      ->check(CLI::Range(1, most_threads))
      ->capture_default_str();
}

void add_log(CLI::App& app, LogChoice& log) {
  app.add_option_function<std::string>(
         "--log-level",
         [&log](const std::string& word) { log.level = *enum_from_name<LogLevel>(word); },
         "What is worth a line on stderr: error, warning, info or debug (default: info)")
      ->check(CLI::IsMember(enum_words<LogLevel>()));
  app.add_flag("--log-files", log.files, "Everything also in RUN/log/, a file for each rank");
}

void add_time_budget(CLI::App& app, std::optional<double>& budget_s) {
  app.add_option_function<std::string>(
      "--time-budget",
      [&budget_s](const std::string& text) {
        budget_s = parse_duration_s(text);
        if (!budget_s || *budget_s <= 0) {
          throw UsageError(fmt::format(
              "--time-budget {} (must be a time such as 3h, 90m, 1h30m or 3600)", text));
        }
      },
      "Stop cleanly, exit 75, within this time: 3h, 90m, 3600 (default: what SLURM leaves the "
      "job)");
}

void add_choice(CLI::App& app, std::optional<Noise>& sigma2, std::optional<std::string>& bound) {
  const auto take = [&sigma2](const std::string& text) {
    try {
      sigma2 = Noise::from_text(text);
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--sigma2 {} ({})", text, error.what()));
    }
  };
  app.add_option_function<std::string>(
      "--sigma2", take,
      "One of the run's noise variances as it was asked for: a number, a list \"[5, 2, 0.3]\", a "
      "rule (default: the middle one of its numbers)");
  app.add_option("--bound", bound, "kl or bd (default: kl, where the run has it)");
}

/// Help that promises "..." only where more than one word may follow.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = CLI::Formatter::make_option_opts(option);
    const std::size_t dots = text.find(" ...");
    if (dots != std::string::npos && option->nonpositional() && !option->get_allow_extra_args())
      text.erase(dots, 4);
    return text;
  }
};

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
  StatusCommand status;
  DoctorCommand doctor;
  PackCommand pack;
  MergeCommand merge;
  SbatchCommand sbatch;
  DataCommand data;
  std::map<CLI::App*, std::function<Command()>> commands;
  bool version = false;

  Parser() {
    app.formatter(std::make_shared<HelpFormatter>());
    app.footer(overview_examples);
    app.add_flag("--version", version, "Versions of infoplane and of the libraries it runs on");
    app.require_subcommand(0, 1);
    add_plan();
    add_run();
    add_estimate();
    add_compare();
    add_plot();
    add_verify();
    add_status();
    add_doctor();
    add_pack();
    add_merge();
    add_sbatch();
    add_data();
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
        "Examples:\n"
        "  infoplane plan sweeps/szt-sampling.toml --set training.epochs=100\n"
        "  infoplane plan sweeps/szt-sampling.toml --calibrate --ranks 1,8,64,1024\n\n"
        "Keys of a sweep file, with their defaults:\n" +
            config::describe_keys() + "\n" + noise_help());
    c.add_option("SWEEP", plan.sweep, "Sweep file (TOML)")->required();
    c.add_option("--set", plan.set, set_help)->allow_extra_args(false);
    c.add_option("--plugin", plan.plugins, plugin_help)->allow_extra_args(false);
    c.add_option("--ranks", plan.ranks,
                 "Predict time, core-hours and idle ranks for these numbers of ranks: 1,8,64")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(1, most_ranks));
    c.add_option("--calibrate", plan.calibrate_s,
                 "Measure parts of the trials for about so many seconds first (8 unless said)")
        ->check(CLI::Range(0.1, 3600.0));
    add_threads(c, plan.threads,
                "Threads of each rank: core-hours count them, times only with --calibrate");
  }

  void add_run() {
    CLI::App& c = add(
        "run", "Train and estimate a sweep; the same command resumes it", [this] { return run; },
        "Examples:\n"
        "  infoplane run sweeps/tutorial.toml\n"
        "  mpirun -n 4 infoplane run sweeps/szt-sampling.toml --out runs/szt\n"
        "  infoplane run sweeps/tutorial.toml --set training.epochs=20 --out /tmp/short\n"
        "Keys of a sweep file: infoplane plan --help\n"
        "SIGTERM, SIGUSR1, SIGHUP, Ctrl-C and a file `stop` in the run directory end it\n"
        "cleanly at the next mini-batch: exit code 75, and the same command goes on.\n"
        "Through mpirun use SIGUSR1: after SIGTERM or Ctrl-C ranks have a second left.\n");
    c.add_option("SWEEP", run.sweep, "Sweep file (TOML)")->required();
    c.add_option("--out", run.out, "Run directory (default: runs/NAME of the sweep)")
        ->check(not_empty);
    c.add_option("--set", run.set, set_help)->allow_extra_args(false);
    c.add_option("--plugin", run.plugins, plugin_help)->allow_extra_args(false);
    c.add_option("--shard", run.shard,
                 "I/K: only the I-th of K parts of the trials, without --out into "
                 "runs/NAME.I-of-K (see merge)");
    add_threads(c, run.threads);
    add_log(c, run.log);
    add_time_budget(c, run.time_budget_s);
    c.add_option("--checkpoint-every", run.checkpoint_every_s,
                 "Seconds between two checkpoints of a trial")
        ->check(CLI::Range(0.0, 1e9))
        ->capture_default_str();
    c.add_flag("--extend", run.extend,
               "Add the new trials of a larger grid to the run that is there");
    c.add_flag("--retry", run.retry,
               "Train trials again that had failed or been put in quarantine before");
  }

  void add_estimate() {
    CLI::App& c = add(
        "estimate", "Add noise variances to a run; trains nothing",
        [this] {
          for (auto* words : {&estimate.sigma2, &estimate.drop}) {
            for (std::string& word : *words) word.erase(0, word.find_first_not_of(' '));
          }
          return estimate;
        },
        "Examples:\n"
        "  mpirun -n 4 infoplane estimate runs/szt --sigma2 1e-4 log:1:100:5\n"
        "  infoplane estimate runs/lenet --sigma2 p90/1000@last \"[5, 2, 0.3, 0.125]\"\n"
        "  infoplane estimate runs/szt --drop lin:1:100:100    # a mistaken range\n\n" +
            noise_help());
    c.add_option("RUN", estimate.run, "Run directory")->required();
    c.add_option("--sigma2", estimate.sigma2,
                 "Noise variances: numbers, ranges, lists or rules, see below");
    c.add_option("--drop", estimate.drop,
                 "Noise variances to take away again, with their estimates; not the sweep's own");
    c.add_option_function<std::string>(
         "--device",
         [this](const std::string& word) { estimate.device = enum_from_name<DeviceChoice>(word); },
         "Where to estimate: auto, cpu or cuda (default: estimate.device of the sweep)")
        ->check(CLI::IsMember(enum_words<DeviceChoice>()));
    add_threads(c, estimate.threads);
    add_log(c, estimate.log);
    add_time_budget(c, estimate.time_budget_s);
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
    c.add_option(
         "--sort", compare.sort,
         "test_accuracy, validation_accuracy, train_accuracy, I_XT, I_TY, trial, or a varied "
         "key")
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
    CLI::Option* const trial =
        c.add_option("--trial", plot.trial,
                     "Start of a trial's id (default: the best one by test accuracy, or by what "
                     "there is)")
            ->check(not_empty);
    c.add_option("--where", plot.where, where_help)->allow_extra_args(false)->excludes(trial);
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

  void add_status() {
    CLI::App& c = add(
        "status", "How a run stands and when it will be done, also while it works",
        [this] { return status; },
        "Examples:\n"
        "  infoplane status runs/szt\n"
        "  infoplane status runs/szt --watch\n");
    c.add_option("RUN", status.run, "Run directory")->required();
    c.add_flag("--watch", status.watch, "Go on showing it until the job is over");
    c.add_flag("--json", status.json, "As it stands in the file");
  }

  void add_doctor() {
    CLI::App& c = add(
        "doctor", "What this machine's MPI, HDF5, BLAS and file system will do to a run",
        [this] { return doctor; },
        "Examples:\n"
        "  infoplane doctor\n"
        "  mpirun -n 4 infoplane doctor runs\n"
        "Under mpirun it also looks at how ranks and cores go together.\n"
        "Exit code 0: nothing will break; 4: something will.\n");
    c.add_option("FOLDER", doctor.folder, "Where runs are to be")->capture_default_str();
  }

  void add_pack() {
    CLI::App& c = add(
        "pack", "Compress the recorded layers of a finished run", [this] { return pack; },
        "Example:\n  infoplane pack runs/szt\n"
        "Everything that reads the run goes on as before, with the same bits.\n");
    c.add_option("RUN", pack.run, "Run directory")->required();
    CLI::Option* const level =
        c.add_option_function<int>(
             "--level", [this](int asked) { pack.level = asked; }, "1 fast to 9 small")
            ->check(CLI::Range(1, 9))
            ->default_str(std::to_string(PackCommand::usual_level));
    c.add_flag("--undo", pack.undo, "Store them uncompressed again, as training needs them")
        ->excludes(level);
  }

  void add_merge() {
    CLI::App& c = add(
        "merge", "Put the shards of a sweep together: one run, with the same bits",
        [this] { return merge; },
        "Example:\n"
        "  infoplane run sweeps/szt-sampling.toml --shard 1/2     # here\n"
        "  infoplane run sweeps/szt-sampling.toml --shard 2/2     # or elsewhere\n"
        "  infoplane merge runs/szt-sampling runs/szt-sampling.*-of-2\n"
        "The runs stay as they are.\n");
    c.add_option("OUT", merge.out, "Run directory to make")->required();
    c.add_option("RUN", merge.runs, "Run directories of all shards")->required();
    c.add_flag("--results-only", merge.results_only, "Leave the activations where they are");
  }

  void add_sbatch() {
    CLI::App& c = add(
        "sbatch", "Run a sweep as a SLURM job that goes on until it is finished",
        [this] { return sbatch; },
        "Examples:\n"
        "  infoplane sbatch sweeps/szt-sampling.toml --ranks-per-node 64 --time 4:00:00\n"
        "  infoplane sbatch sweeps/szt-sampling.toml --array 10 --machine mine --dry-run\n"
        "  infoplane sbatch sweeps/tutorial.toml -- --set training.epochs=20\n"
        "Options for infoplane run come after --. slurm/README.md has the rest.\n");
    c.add_option("SWEEP", sbatch.sweep, "Sweep file (TOML)")->required();
    c.add_option("RUN_OPTIONS", sbatch.run_options, "Options for infoplane run, after --");
    c.add_option("--out", sbatch.out,
                 "Run directory (default: runs/NAME of the sweep); of an array: OUT.I-of-K")
        ->check(not_empty);
    c.add_option("--nodes", sbatch.nodes, "Nodes of a job (default: the machine's, else 1)")
        ->check(CLI::Range(1, 1'000'000));
    c.add_option("--ranks-per-node", sbatch.ranks_per_node,
                 "Ranks on each node (default: the machine's, else 1)")
        ->check(CLI::Range(1, 1'000'000));
    add_threads(c, sbatch.threads);
    c.add_option("--time", sbatch.time, "Time limit of a job, as sbatch takes it: 4:00:00, 2-12");
    c.add_option("--partition", sbatch.partition, "Partition");
    c.add_option("--account", sbatch.account, "Account");
    c.add_option("--machine", sbatch.machine, "File of slurm/machines, by name, or a path")
        ->envname("INFOPLANE_MACHINE");
    c.add_option("--launcher", sbatch.launcher, "mpirun or srun (default: the machine's)")
        ->check(CLI::IsMember({"mpirun", "srun"}));
    c.add_option("--array", sbatch.array,
                 "Share the trials between K jobs with a run directory each (see merge)")
        ->check(CLI::Range(1, 100'000));
    c.add_option("--max-restarts", sbatch.max_restarts, "Times that a job queues itself again")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    c.add_flag("--dry-run", sbatch.dry_run, "Print the script and submit nothing");
  }

  void add_data() {
    CLI::App& c = add(
        "data", "Which data sets are known and found where, and whether they are intact",
        [this] { return data; },
        "Examples:\n"
        "  infoplane data list\n"
        "  infoplane data check mnist cora\n"
        "env/fetch-data.sh gets what is missing.\n"
        "Exit code of check 0: all as published; 4: missing, damaged or changed.\n");
    c.add_option("ACTION", data.action, "list or check")
        ->required()
        ->check(CLI::IsMember({"list", "check"}));
    c.add_option("SET", data.sets, "Only these sets (default: all; check: all that are found)")
        ->check(CLI::IsMember({"mnist", "fashion-mnist", "names", "cora"}));
    c.add_option("--root", data.root, "Folder to look in first, as data.root of a sweep");
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
  if (argc > 1 && std::string(argv[1]) == "help") {  // "help run" is "run --help"
    std::string help = "--help";
    std::vector<char*> asked{argv[0]};
    if (argc > 2) asked.push_back(argv[2]);
    asked.push_back(help.data());
    return parse_command_line(static_cast<int>(asked.size()), asked.data());
  }
  refuse_unknown_command(argc, argv, names);
  try {
    parser.app.parse(words_of(argc, argv));
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
