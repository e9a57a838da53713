"""Help, tables and pictures."""

import csv
import io
import json
import os
import re
import shutil
import subprocess

import harness


class Commands(harness.ProgramTest):
    def run_small(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")

    def test_help_fits_a_terminal_and_has_examples(self):
        for command in ([], ["plan"], ["run"], ["estimate"], ["compare"], ["plot"], ["verify"], ["status"], ["doctor"],
                        ["pack"], ["data"], ["merge"], ["sbatch"]):
            with self.subTest(command=command):
                text = self.infoplane(*command, "--help").stdout
                self.assertEqual(self.infoplane("help", *command).stdout, text)
                self.assertIn("Example", text)
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)

    def test_version_names_the_libraries(self):
        text = self.infoplane("--version").stdout
        for word in ("infoplane 0.", "libtorch", "hdf5", "mpi", "blas"):
            self.assertIn(word, text)

    def test_who_looks_at_results_loads_no_libtorch(self):
        listed = subprocess.run(["ldd", harness.INFOPLANE], capture_output=True, text=True, check=True).stdout
        libraries = [line.split()[0] for line in listed.splitlines()]
        self.assertTrue(any(name.startswith("libhdf5") for name in libraries), libraries)
        for name in libraries:
            self.assertFalse(name.startswith(("libtorch", "libc10", "libopenblas")), name)

    def test_through_a_link(self):
        (self.folder / "link").symlink_to(harness.INFOPLANE)
        done = subprocess.run([self.folder / "link", "plan", self.write_sweep()], capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_other_half_alone_computes_nothing(self):
        done = subprocess.run([f"{harness.INFOPLANE}-torch", "run", self.write_sweep()], capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S, cwd=self.folder,
                              env={**os.environ, "OPENBLAS_NUM_THREADS": "2"})
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("is started by infoplane", done.stderr)

    def test_the_other_half_of_the_program_is_missing(self):
        alone = self.folder / "infoplane"
        shutil.copy(harness.INFOPLANE, alone)
        self.write_sweep()
        for ranks in (0, 2):
            with self.subTest(ranks=ranks):
                command = self.command("plan", "sweep.toml", ranks=ranks)
                command = [alone if word == harness.INFOPLANE else word for word in command]
                done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder,
                                      timeout=harness.TIMEOUT_S)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertEqual(done.stderr.count("infoplane-torch (No such file or directory)"), 1, done.stderr)
        subprocess.run([alone, "--help"], capture_output=True, check=True)

    def test_the_other_half_of_the_program_is_of_another_build(self):
        done = subprocess.run([f"{harness.INFOPLANE}-torch", "plan", "--option-of-another"], capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S, cwd=self.folder,
                              env={**os.environ, "INFOPLANE_STARTED_BY": "0.0.1 (long ago)"})
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("infoplane is 0.0.1 (long ago), and infoplane-torch beside it is", done.stderr)

    def test_plan_lists_trials_and_sizes_and_starts_nothing(self):
        text = self.infoplane("plan", self.write_sweep()).stdout
        self.assertIn("trials                 4", text)
        self.assertIn("recorded layers        6-4-2", text)
        self.assertIn("activations.h5", text)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sweep.toml"])

    def test_compare_as_table_csv_and_json(self):
        self.run_small()
        table = self.infoplane("compare", "run", "--sigma2", "0.1", "--bound", "bd").stdout
        self.assertLessEqual(max(len(line) for line in table.splitlines()), 80)
        self.assertIn("sigma2 = 0.1, bound bd", table)
        self.assertIn("bound kl", self.infoplane("compare", "run").stdout)
        rows = list(csv.DictReader(io.StringIO(self.infoplane("compare", "run", "--csv").stdout)))
        self.assertEqual(len(rows), 4)
        accuracies = [float(row["test_accuracy"]) for row in rows]
        self.assertEqual(accuracies, sorted(accuracies, reverse=True))
        entries = json.loads(self.infoplane("compare", "run", "--json", "--sort", "training.learning_rate").stdout)
        self.assertEqual([entry["settings"]["training.learning_rate"] for entry in entries], [1e-3, 1e-3, 4e-3, 4e-3])
        self.assertEqual({entry["layer"] for entry in entries}, {"h2"})

    def test_results_alone_are_enough_to_compare_and_plot(self):
        self.run_small()
        (self.folder / "laptop").mkdir()
        shutil.copy(self.folder / "run" / "results.nc", self.folder / "laptop")
        for words in (["compare"], ["plot"]):
            self.assertEqual(self.infoplane(*words, "laptop").stdout.replace("laptop", "run"),
                             self.infoplane(*words, "run").stdout)
        for words in (["verify", "laptop"], ["estimate", "laptop", "--sigma2", "1"]):
            self.assertIn("laptop holds results.nc, but no sweep.toml", self.infoplane(*words, code=4).stderr)
        self.assertIn("is a file, and a run directory is needed",
                      self.infoplane("compare", "laptop/results.nc", code=4).stderr)

    def test_help_says_how_many_words_an_option_takes(self):
        text = self.infoplane("run", "--help").stdout
        self.assertRegex(text, r"--set TEXT +Replace")
        self.assertRegex(self.infoplane("estimate", "--help").stdout, r"--sigma2 TEXT \.\.\.")

    def test_compare_of_two_runs(self):
        self.run_small()
        self.infoplane("run", "sweep.toml", "--out", "other", "--set", "model.activation=relu",
                       "--set", "grid.training.learning_rate=[2e-3]")
        rows = list(csv.DictReader(io.StringIO(self.infoplane("compare", "run", "other", "--csv").stdout)))
        self.assertEqual(sorted({row["run"] for row in rows}), ["other", "run"])
        words = ("compare", "run", "other", "--where", "learning_rate=0.004")
        left_out = "other: left out, no trial has training.learning_rate = 0.004 (there are: 0.002)"
        self.assertIn(left_out, self.infoplane(*words).stdout)
        for form in ("--csv", "--json"):
            result = self.infoplane(*words, form)
            self.assertNotIn("left out", result.stdout)
            self.assertIn(left_out, result.stderr)

    def test_a_run_ends_with_commands_that_can_be_given(self):
        def ending(*words, code=0):
            text = self.infoplane("run", self.write_sweep(), *words, code=code).stderr
            return re.findall(r"^[0-9:]+ see: infoplane (.+)$", text, re.MULTILINE)

        self.assertEqual(ending("--out", "run"), ["compare run", "plot run"])
        self.assertEqual(ending("--out", "failed", "--set", "model.activation=relu",
                                "--set", "grid.training.learning_rate=[1e30]", code=3), ["compare failed"])
        self.infoplane("plot", "failed", code=4)

    def test_plot_draws_every_layer_without_colours_in_a_pipe(self):
        self.run_small()
        text = self.infoplane("plot", "run", env={"LC_ALL": "C.UTF-8"}).stdout
        self.assertNotIn("\x1b", text)
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
        for word in ("I(X;T), bits", "I(T;Y), bits", "h1", "h2", "output", "epoch 6"):
            self.assertIn(word, text)
        self.assertTrue(any("\u2800" <= c <= "\u28ff" for c in text))
        plain = self.infoplane("plot", "run", env={"LC_ALL": "C"}).stdout
        self.assertTrue(plain.isascii())

    def test_progress_stays_off_stdout(self):
        result = self.infoplane("run", self.write_sweep(), "--out", "run")
        self.assertEqual(result.stdout, "")
        self.assertNotIn("\r", result.stderr)
        self.assertIn("trained 4 trials", result.stderr)


if __name__ == "__main__":
    harness.main()
