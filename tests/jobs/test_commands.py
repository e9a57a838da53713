"""Help, tables and pictures."""

import csv
import io
import json

import harness


class Commands(harness.ProgramTest):
    def run_small(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")

    def test_help_fits_a_terminal_and_has_examples(self):
        for command in ([], ["plan"], ["run"], ["estimate"], ["compare"], ["plot"], ["verify"], ["status"], ["doctor"],
                        ["pack"], ["data"], ["merge"], ["sbatch"]):
            with self.subTest(command=command):
                text = self.infoplane(*command, "--help").stdout
                self.assertIn("Example", text)
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)

    def test_version_names_the_libraries(self):
        text = self.infoplane("--version").stdout
        for word in ("infoplane 0.", "libtorch", "hdf5", "mpi", "blas"):
            self.assertIn(word, text)

    def test_plan_lists_trials_and_sizes_and_starts_nothing(self):
        text = self.infoplane("plan", self.write_sweep()).stdout
        self.assertIn("trials                4", text)
        self.assertIn("recorded layers       6-4-2", text)
        self.assertIn("activations.h5", text)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sweep.toml"])

    def test_compare_as_table_csv_and_json(self):
        self.run_small()
        table = self.infoplane("compare", "run", "--sigma2", "0.1", "--bound", "bd").stdout
        self.assertLessEqual(max(len(line) for line in table.splitlines()), 80)
        self.assertIn("sigma2 = 0.1, bound bd", table)
        rows = list(csv.DictReader(io.StringIO(self.infoplane("compare", "run", "--csv").stdout)))
        self.assertEqual(len(rows), 4)
        accuracies = [float(row["test_accuracy"]) for row in rows]
        self.assertEqual(accuracies, sorted(accuracies, reverse=True))
        entries = json.loads(self.infoplane("compare", "run", "--json", "--sort", "training.learning_rate").stdout)
        self.assertEqual([entry["settings"]["training.learning_rate"] for entry in entries], [1e-3, 1e-3, 4e-3, 4e-3])
        self.assertEqual({entry["layer"] for entry in entries}, {"h2"})

    def test_compare_of_two_runs(self):
        self.run_small()
        self.infoplane("run", "sweep.toml", "--out", "other", "--set", "model.activation=relu")
        rows = list(csv.DictReader(io.StringIO(self.infoplane("compare", "run", "other", "--csv").stdout)))
        self.assertEqual(sorted({row["run"] for row in rows}), ["other", "run"])

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
