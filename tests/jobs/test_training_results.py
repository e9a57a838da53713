"""What the published network learns from the published data, seen in the results of a run."""

import h5py

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


if __name__ == "__main__":
    harness.main()
