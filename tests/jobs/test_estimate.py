"""Other noise on a run that exists: nothing is trained, nothing old is lost."""

import h5py
import numpy

import harness


class Estimate(harness.ProgramTest):
    def results(self, out):
        with h5py.File(self.folder / out / "results.nc", "r") as file:
            pairwise = file["pairwise"]
            return pairwise["sigma2"][:], pairwise["I_XT"][:], pairwise["I_TY"][:], file["trials/attempts"][:]

    def test_new_sigma2_are_added_and_equal_a_run_that_had_them_from_the_start(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        _, old_xt, _, _ = self.results("run")
        self.infoplane("estimate", "run", "--sigma2", "0.01", "log:1:100:2", ranks=2)
        sigma2, xt, ty, attempts = self.results("run")
        self.assertEqual(sigma2.tolist(), [1e-3, 1e-2, 1e-1, 1, 100])
        self.assertTrue((attempts == 1).all())
        self.assertFalse(numpy.isnan(xt).any())
        numpy.testing.assert_array_equal(xt[:, :, :, [0, 2]], old_xt)

        self.infoplane("run", sweep, "--out", "all", "--set", "estimate.sigma2=[1e-3, 1e-2, 1e-1, 1, 100]")
        _, all_xt, all_ty, _ = self.results("all")
        numpy.testing.assert_array_equal(xt, all_xt)
        numpy.testing.assert_array_equal(ty, all_ty)
        self.assert_equal_runs("run", "all")

        again = self.infoplane("estimate", "run", "--sigma2", "0.01")
        self.assertIn("nothing left to do", again.stderr)
        # The sweep that made the run still finds it finished.
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "run").stderr)

    def test_without_activations(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        (self.folder / "run" / "activations.h5").unlink()
        self.infoplane("compare", "run")
        self.infoplane("verify", "run")
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "run").stderr)
        result = self.infoplane("estimate", "run", "--sigma2", "7", code=4)
        self.assertIn("run/activations.h5 is gone", result.stderr)


if __name__ == "__main__":
    harness.main()
