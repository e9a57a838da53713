"""Noise as numbers, lists for layers and rules: what is used, where it is stored, and the same bits whenever."""

import csv
import io
import json

import h5py
import numpy

import harness

NUMBERS = [0.01, 0.02, 0.04]
LIST = [0.5, 0.2, 0.1]
RULES = ["median", "p90/1000", "p90/1000@last", "scale:0.1"]
ALL = ["0.01", "0.02", "0.04", "[0.5, 0.2, 0.1]"] + RULES
SWEEP = harness.SMALL_SWEEP.replace(
    "sigma2 = [1e-3, 1e-1]",
    'sigma2 = ["p90/1000@last", "x2:0.01:0.05", [0.5, 0.2, 0.1], "p90/1e3", "median", "scale:0.1"]')


def squared_distances(snapshot):
    """Of all pairs of rows, increasing, as they are defined."""
    rows = snapshot.astype(float)
    squares = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    return numpy.sort(squares[numpy.triu_indices(len(rows), 1)])


def order_statistic(sorted_values, percent):
    return sorted_values[int(numpy.ceil(percent * len(sorted_values) / 100 - 1e-9)) - 1]


class Noise(harness.ProgramTest):
    def pairwise(self, out):
        with h5py.File(self.folder / out / "results.nc", "r") as file:
            return {name: file["pairwise"][name][...] for name in
                    ("sigma2", "noise", "sigma2_used", "error_bits", "I_XT", "I_TY")}

    def test_every_kind_of_noise(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "run", ranks=2)
        self.infoplane("verify", "run")
        found = self.pairwise("run")
        self.assertEqual([text.decode() for text in found["noise"]], ALL)
        numpy.testing.assert_array_equal(found["sigma2"], NUMBERS + [numpy.nan] * 5)
        self.assertFalse(numpy.isnan(found["I_XT"]).any())
        self.assertTrue((found["error_bits"] <= 1e-6).all(), "certified, and not NaN")
        used = found["sigma2_used"]  # [trial][epoch][layer][sigma2]
        for s, number in enumerate(NUMBERS):
            self.assertTrue((used[..., s] == number).all())
        self.assertTrue((used[..., 3] == LIST).all(), "one for each layer, input side first")
        at = {text: s for s, text in enumerate(ALL)}
        with h5py.File(self.folder / "run" / "activations.h5", "r") as file, \
                h5py.File(self.folder / "run" / "results.nc", "r") as results:
            distances = results["distances"]
            self.assertTrue((distances["rank_error"][...] == 0).all(), "300 rows: all pairs")
            trials = [name.decode() for name in results["pairwise/trial"][...]]
            layers = [name.decode() for name in results["pairwise/layer"][...]]
            for t, trial in enumerate(trials):
                for l, layer in enumerate(layers):
                    slab = file["trials"][trial][layer][...]
                    for e in range(3):
                        d = squared_distances(slab[e])
                        last = squared_distances(slab[-1])
                        scale = slab[e].astype(float).var(axis=0).mean()
                        expected = {
                            "median": order_statistic(d, 50) / 2,
                            "p90/1000": order_statistic(d, 90) / 1000,
                            "p90/1000@last": order_statistic(last, 90) / 1000,
                            "scale:0.1": 0.1 * scale,
                        }
                        for rule, value in expected.items():
                            numpy.testing.assert_allclose(used[t, e, l, at[rule]], value, rtol=1e-12, err_msg=rule)
                        numpy.testing.assert_allclose(distances["mean"][t, e, l], d.mean(), rtol=1e-11)
                        quantiles = distances["quantiles"][t, e, l]
                        numpy.testing.assert_allclose(quantiles[[0, 5, 10]], [d[0], order_statistic(d, 50), d[-1]],
                                                      rtol=1e-12)
                        self.assertAlmostEqual(distances["histogram"][t, e, l].sum(), 1, places=5)
        self.assertFalse((used[:, 0, :, at["p90/1000"]] == used[:, 2, :, at["p90/1000"]]).all(), "rules follow")

    def test_the_variance_is_what_decides(self):
        # A rule's estimates are those of a number that has the same value.
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "run")
        rule = self.pairwise("run")
        s = ALL.index("p90/1000@last")
        number = float(rule["sigma2_used"][1, 0, 1, s])
        self.infoplane("estimate", "run", "--sigma2", repr(number))
        both = self.pairwise("run")
        at = list(both["sigma2"]).index(number)
        numpy.testing.assert_array_equal(both["I_XT"][1, :, 1, at], rule["I_XT"][1, :, 1, s])
        numpy.testing.assert_array_equal(both["I_TY"][1, :, 1, at], rule["I_TY"][1, :, 1, s])
        # And where both are estimated at once.
        self.infoplane("estimate", "run", "--sigma2", "0.3", "[0.3, 0.3, 0.3]")
        both = self.pairwise("run")
        number, layers = (list(both["noise"]).index(text) for text in (b"0.3", b"[0.3, 0.3, 0.3]"))
        numpy.testing.assert_array_equal(both["I_XT"][:, :, :, number], both["I_XT"][:, :, :, layers])

    def test_added_later_on_other_ranks_gives_the_same_bits(self):
        sampled = SWEEP.replace("rows = 300", "rows = 700")  # more pairs than are looked at
        sweep = self.write_sweep(sampled)
        self.infoplane("run", sweep, "--out", "all")
        with h5py.File(self.folder / "all" / "results.nc", "r") as file:
            self.assertTrue((file["distances/rank_error"][...] > 0).all())
        for ranks in (2, 3, 4):
            out = f"on{ranks}"
            self.infoplane("run", sweep, "--out", out, "--set", 'estimate.sigma2=["scale:0.1", 0.04]', ranks=ranks)
            self.infoplane("estimate", out, "--sigma2", "p90/1000@last", "[0.5, 0.2, 0.1]", "x2:0.01:0.05",
                           "median", "p90/1e3", ranks=5 - ranks)
            self.assert_equal_runs("all", out)
            again = self.infoplane("estimate", out, "--sigma2", "p90/1000@last", "[0.5,0.2,0.1]")
            self.assertIn("nothing left to do", again.stderr)
        # The sweep that made a run still finds it finished.
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "all").stderr)

    def test_missing_distances_are_completed(self):
        # As after a kill between the trial's end and its estimates.
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "whole")
        self.infoplane("run", sweep, "--out", "run")
        with harness.results_being_written(self.folder / "run" / "results.nc") as file:
            file["distances/mean"][1, 2, 0] = numpy.nan
            file["distances/quantiles"][1, 2, 0] = numpy.nan
            file["pairwise/I_XT"][0, 1, 1, 5] = numpy.nan
            file["pairwise/sigma2_used"][0, 1, 1, 5] = numpy.nan
        self.infoplane("verify", "run", code=3)
        self.assertIn("estimated 2 snapshots", self.infoplane("run", sweep, "--out", "run", ranks=2).stderr)
        self.assert_equal_runs("whole", "run")

    def test_plan_compare_and_plot_name_it(self):
        sweep = self.write_sweep(SWEEP)
        plan = self.infoplane("plan", sweep).stdout
        self.assertIn("sigma2 of each         0.01, 0.02, 0.04, [0.5, 0.2, 0.1], median, p90/1000,", plan)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sweep.toml"])
        self.infoplane("run", sweep, "--out", "run")
        table = self.infoplane("compare", "run", "--sigma2", "p90/1000").stdout
        self.assertIn("sigma2 = p90/1000, bound kl", table)
        self.assertRegex(table, r"That came to variances from \S+ to \S+\.")
        self.assertIn("sigma2 = 0.02, bound kl", self.infoplane("compare", "run").stdout)
        text = self.infoplane("compare", "run", "--sigma2", "[0.5,0.2,0.1]", "--csv").stdout
        for row in csv.DictReader(io.StringIO(text)):
            self.assertEqual((row["sigma2"], row["sigma2_used"]), ("[0.5, 0.2, 0.1]", "0.2"))
        for entry in json.loads(self.infoplane("compare", "run", "--sigma2", "median", "--json").stdout):
            self.assertEqual(entry["sigma2"], "median")
            self.assertGreater(entry["sigma2_used"], 0)
        plot = self.infoplane("plot", "run", "--sigma2", "p90/1000@last").stdout
        self.assertIn("sigma2 = p90/1000@last, bound kl", plot)
        self.assertIn("sigma2 used", plot)
        self.assertLessEqual(max(len(line) for line in plot.splitlines()), 80)

    def test_noise_that_does_not_fit(self):
        sweep = self.write_sweep(SWEEP.replace('"median"', '\n  "meidan"'), "wrong.toml")
        line = 1 + SWEEP.splitlines().index(next(text for text in SWEEP.splitlines() if "sigma2" in text))
        unknown = (f'estimate.sigma2 = "meidan" at wrong.toml:{line + 1}:3 (did you mean "median"? there is no such '
                   'rule; rules: pQ/DIVISOR, scale:C, median or median:C; ranges: log:from:to:count, '
                   'lin:from:to:count, x2:from:to)')
        for command in ("plan", "run"):
            result = self.infoplane(command, "wrong.toml", code=2, ranks=2 if command == "run" else 0)
            self.assertIn(unknown, result.stderr)
            self.assertEqual(result.stderr.count("meidan"), 1)
        self.assertFalse((self.folder / "runs").exists())
        sweep = self.write_sweep(SWEEP + '"model.hidden" = [[6, 4], [5]]\n', "deep.toml")
        result = self.infoplane("plan", sweep, code=2)
        self.assertRegex(result.stderr, r"estimate\.sigma2 = \[0\.5, 0\.2, 0\.1\] at \S+deep\.toml:\d+:\d+ \(a list has "
                         r"one number for each recorded layer: here are 3, trial [0-9a-f]{12} has 2 layers: h1, output\)")
        self.infoplane("run", self.write_sweep(), "--out", "run")
        for text, why in {
            "meidan": "did you mean",
            "p90": 'must be pQ/DIVISOR, for example "p90/1000"',
            "p90/1000@frist": 'after a rule only "@last" may stand',
            "[1, 2]": "here are 2, trial ",
            "[1, 2, x]": "begins like a list or table, where text needs quotes",
            "[1, 2, 0]": "(must be a positive number)",
            "log:1:2": 'must be "log:from:to:count"',
        }.items():
            result = self.infoplane("estimate", "run", "--sigma2", text, code=2, ranks=2)
            self.assertIn(f"at --sigma2 {text} (", result.stderr)
            self.assertIn(why, result.stderr)
        result = self.infoplane("plot", "run", "--sigma2", "median", code=2)
        self.assertIn("no estimates at sigma2 = median (there are: 0.001, 0.1)", result.stderr)
        result = self.infoplane("compare", "run", "--sigma2", "1,2", code=2)
        self.assertIn("--sigma2 1,2 (must be a number, a range", result.stderr)

    def test_results_of_an_older_program(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        with harness.results_being_written(self.folder / "run" / "results.nc") as file:
            del file["pairwise/noise"]
            del file["distances"]
        for words in (["compare", "run"], ["estimate", "run", "--sigma2", "1"], ["run", sweep, "--out", "run"]):
            result = self.infoplane(*words, code=4)
            self.assertIn("it has no pairwise/noise, as an infoplane without noise rules wrote it", result.stderr)


if __name__ == "__main__":
    harness.main()
