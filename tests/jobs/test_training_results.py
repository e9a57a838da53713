"""What the published network learns from the published data, seen in the results of a run."""

import shutil

import h5py
import numpy

import harness

PUBLISHED_NETWORK = """
[training]
learning_rate = 4e-3
batch = 512
epochs = 600
[record]
epochs = [0, 600]
[estimate]
sigma2 = [1e-3]
"""


class TrainingResults(harness.ProgramTest):
    def test_published_network(self):
        sweep = self.write_sweep(PUBLISHED_NETWORK)
        self.infoplane("run", sweep, "--out", "run")
        with h5py.File(self.folder / "run" / "results.nc", "r") as file:
            # [trial][epoch] and [trial][epoch][layer][sigma2][bound]
            accuracy = file["metrics/train_accuracy"][0]
            i_xt = file["pairwise/I_XT"][0, :, :, 0, 0]
            i_ty = file["pairwise/I_TY"][0, :, :, 0, 0]
        self.assertGreaterEqual(accuracy[-1], 0.97)
        self.assertGreater(i_xt[0, 0], 11.9)
        self.assertLessEqual(i_xt.max(), 12 + 1e-9)
        # The last hidden layer forgets inputs and learns labels.
        self.assertLess(i_xt[-1, 4], i_xt[-1, 0] - 2)
        self.assertGreater(i_ty[-1, 4], 0.85)

    def test_a_trial_that_stops_early_keeps_what_it_recorded(self):
        sweep = self.write_sweep("""
[data]
validation_fraction = 0.2
train_fraction = 0.6
[model]
hidden = [6, 4]
[training]
learning_rate = 0.3
batch = 64
epochs = 200
patience = 8
[record]
epochs = "every:5"
rows = 200
[estimate]
sigma2 = [1e-2]
[grid]
"training.seed" = [1, 2]
""")
        said = [self.infoplane("run", sweep, "--out", "one").stderr,
                self.infoplane("run", sweep, "--out", "two", ranks=2).stderr]
        self.infoplane("verify", "one")
        self.assert_equal_runs("one", "two")
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "one").stderr)
        with h5py.File(self.folder / "one" / "results.nc", "r") as file:
            trained = file["trials/trained_epochs"][:]
            epochs = file["pairwise/epoch"][:]
            estimated = 0
            for trial, last in enumerate(trained):
                self.assertLess(last, 200, "the learning rate is far too large to get better for long")
                recorded = epochs <= last
                estimated += 3 * numpy.count_nonzero(recorded)  # layers
                for name, made in (("metrics/validation_loss", file["metrics/validation_loss"][trial]),
                                   ("pairwise/I_XT", file["pairwise/I_XT"][trial][:, 0, 0, 0])):
                    self.assertEqual((~numpy.isnan(made)).tolist(), recorded.tolist(), name)
                gradients = file["gradients/count"][trial][:, 0]
                self.assertTrue(numpy.isnan(gradients[0]), "no gradient before the first step")
                self.assertEqual(set(gradients[1:][recorded[1:]]), {-(-int(4096 * 0.6) // 64)})
        for log in said:
            self.assertIn(f"trained 2 trials, estimated {estimated} snapshots", log)

    def test_a_diverging_trial_is_recorded_and_the_sweep_goes_on(self):
        text = harness.SMALL_SWEEP.replace('"training.learning_rate" = [1e-3, 4e-3]',
                                           '"training.learning_rate" = [1e-3, 1e30]')
        sweep = self.write_sweep(text.replace("[training]", '[training]\noptimizer = "sgd"')
                                 .replace("[model]", '[model]\nactivation = "relu"'))
        result = self.infoplane("run", sweep, "--out", "run", ranks=2, code=3)
        self.assertIn("2 of 4 trials failed", result.stderr)
        self.assertRegex(result.stderr, r"trial [0-9a-f]{12} \(1e\+30, [0-9.]+\) failed: diverged: ")
        table = self.infoplane("compare", "run").stdout
        self.assertEqual(table.count(": diverged: "), 2)
        # A deterministic failure is not tried again.
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "run", code=3).stderr)
        with h5py.File(self.folder / "run" / "results.nc", "r") as file:
            self.assertEqual(sorted(file["trials/state"][:].tolist()), [2, 2, 3, 3])
            self.assertEqual(file["trials/attempts"][:].tolist(), [1, 1, 1, 1])
            failed = file["trials/state"][:].tolist().index(3)

        # Nothing stays of an attempt that came further and was killed.
        shutil.copytree(self.folder / "run", self.folder / "again")
        with h5py.File(self.folder / "again" / "activations.h5", "r+") as file:
            file["ledger/state"][failed] = 1
        with harness.results_being_written(self.folder / "again" / "results.nc") as file:
            file["trials/state"][failed] = 1
            file["metrics/train_loss"][failed, 1:] = 1
            file["gradients/mean"][failed, 1:] = 1
        self.infoplane("run", sweep, "--out", "again", ranks=2, code=3)
        self.assert_equal_runs("run", "again")


if __name__ == "__main__":
    harness.main()
