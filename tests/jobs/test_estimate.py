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

    def test_a_mistaken_range_is_taken_away_again(self):
        self.need_cores(2)
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        self.infoplane("estimate", "run", "--sigma2", "0.5")
        before = self.results("run")
        # As long as an estimate needs to be stopped in the middle of it, on any machine.
        self.infoplane("estimate", "run", "--sigma2", "lin:1:50:10000", "--time-budget", "3", code=75)
        # Refused commands take nothing away.
        for words, why in ((("--drop", "0.1"), "--drop 0.1: in the run's own sweep"),
                           (("--drop", "1e-3", "0.1"), "--drop 0.001, 0.1: in the run's own sweep"),
                           (("--drop", "0.5", "medain"), "--drop medain ("),
                           (("--drop", "0.5", "--sigma2", "0.5"), "--drop 0.5: it is to be added, too"),
                           (("--drop", "0.5", "--sigma2", "[1, 2, 3, 4, 5]"), "[1, 2, 3, 4, 5]"),
                           (("--drop", "0.5", "--threads", "2"), "1 threads")):
            self.assertIn(why, self.infoplane("estimate", "run", *words, code=2).stderr)
        # Stopped in the middle: what is said to be estimated is.
        with h5py.File(self.folder / "run" / "results.nc", "r") as file:
            whole = ~numpy.isnan(file["pairwise/I_XT"][:]).any(axis=(3, 4))
        self.assertIn(f"{whole.sum()} of {whole.size} estimated", self.infoplane("status", "run").stdout)
        self.assertIn("the run has no noise 7000 to drop", self.infoplane("estimate", "run", "--drop", "7000").stderr)
        self.assertEqual(len(self.results("run")[0]), 10003)
        self.infoplane("estimate", "run", "--drop", "lin:1:50:10000", ranks=2)
        self.infoplane("verify", "run")
        for one, other in zip(self.results("run"), before):
            numpy.testing.assert_array_equal(one, other)
        with h5py.File(self.folder / "run" / "results.nc", "r") as file:
            self.assertIn("dropped 10000 noise variances: 1, ", file.attrs["history"])
            self.assertIn("added 1 noise variance: 0.5", file.attrs["history"])
        # A range may hold what the sweep asks for, which stays.
        self.infoplane("estimate", "run", "--sigma2", "log:0.1:10:3")
        self.assertIn("kept 0.1: in the run's own sweep",
                      self.infoplane("estimate", "run", "--drop", "log:0.1:10:3").stderr)
        for one, other in zip(self.results("run"), before):
            numpy.testing.assert_array_equal(one, other)

        self.infoplane("estimate", "run", "--drop", "0.5", "--sigma2", "3")
        self.infoplane("estimate", "run", "--drop", "0.5", "--sigma2", "3")  # as after an interruption
        self.infoplane("run", sweep, "--out", "all", "--set", "estimate.sigma2=[1e-3, 1e-1, 3]")
        self.assert_equal_runs("run", "all")
        self.assertIn("needs --sigma2 or --drop", self.infoplane("estimate", "run", code=2).stderr)

    def test_without_activations(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        (self.folder / "run" / "activations.h5").unlink()
        self.infoplane("compare", "run")
        self.infoplane("verify", "run")
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "run").stderr)
        result = self.infoplane("estimate", "run", "--sigma2", "7", code=4)
        self.assertIn("run/activations.h5 is gone", result.stderr)

    def test_results_that_say_more_than_there_is(self):
        """A job can be killed between the two files."""
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        with h5py.File(self.folder / "run" / "activations.h5", "r+") as file:
            file["ledger/state"][1] = 1
            trial = file["ledger/id"][1].decode()
        error = self.infoplane("estimate", "run", "--sigma2", "7", ranks=2, code=4).stderr
        self.assertIn(f"the activations of trial {trial} are damaged or not complete; infoplane run", error)
        self.infoplane("run", sweep, "--out", "run")
        self.infoplane("estimate", "run", "--sigma2", "7")

    def test_what_killed_jobs_leave_is_cleared_away(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        for name in ("activations.h5.tmp", "results.nc.extended.tmp", "activations.h5.extended"):
            (self.folder / "run" / name).write_text("half")
        self.infoplane("estimate", "run", "--sigma2", "7")
        self.assertEqual([path.name for path in (self.folder / "run").glob("*.tmp")], [])
        self.assertEqual([path.name for path in (self.folder / "run").glob("*.extended")], [])

    def test_device(self):
        sweep = self.write_sweep()
        hidden = {"CUDA_VISIBLE_DEVICES": ""}
        for ranks, who in ((0, "no CUDA device (it was"), (2, "no CUDA device on 2 of 2 ranks (it was")):
            result = self.infoplane("run", sweep, "--out", "none", "--set", 'estimate.device="cuda"', code=2,
                                    ranks=ranks, env=hidden)
            self.assertIn('estimate.device = "cuda", but LibTorch', result.stderr)
            self.assertIn(who, result.stderr)
        self.assertFalse((self.folder / "none").exists())

        self.infoplane("run", sweep, "--out", "run", env=hidden)
        self.infoplane("estimate", "run", "--sigma2", "7", "--device", "cuda", code=2, env=hidden)
        self.assertIn("auto", self.infoplane("estimate", "run", "--sigma2", "7", "--device", "gpu", code=2).stderr)
        result = self.infoplane("estimate", "run", "--sigma2", "7", "--device", "cpu")
        self.assertNotIn("last bits", result.stderr)
        with harness.results_being_written(self.folder / "run" / "results.nc") as file:
            self.assertEqual(file.attrs["estimate_device"], "cpu")
            del file.attrs["estimate_device"]
            file.attrs["estimate_device"] = "cuda"
        result = self.infoplane("estimate", "run", "--sigma2", "8", env=hidden)
        self.assertIn("was made with estimate_device cuda, this is cpu: the last bits may differ", result.stderr)


if __name__ == "__main__":
    harness.main()
