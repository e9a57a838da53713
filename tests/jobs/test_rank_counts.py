"""The same sweep on any number of ranks gives the same bits."""

import harness


UNEVEN_SWEEP = harness.SMALL_SWEEP[: harness.SMALL_SWEEP.index("[grid]")] + """
[grid]
"data.sampling_rate" = [0.02, 1.0]
"""
UNEVEN_SWEEP = UNEVEN_SWEEP.replace("batch = 256", "batch = 16").replace("epochs = 6", "epochs = 30")


class RankCounts(harness.ProgramTest):
    def test_tutorial_sweep_has_the_same_bits_on_1_2_3_4_7_ranks(self):
        # The tutorial itself, shortened in how long it trains and how many rows it records, and with noise by rules.
        short = ["--set", "training.epochs=20", "--set", "record.rows=700", "--set", "record.epochs=log:5",
                 "--set", 'estimate.sigma2=[1e-3, 1e-2, 1e-1, "p90/1000", "scale:0.1@last"]']
        sweep = harness.SWEEPS / "tutorial.toml"
        self.infoplane("run", sweep, "--out", "alone", *short)
        for ranks in (1, 2, 3, 4, 7):
            self.infoplane("run", sweep, "--out", f"on{ranks}", *short, ranks=ranks)
            self.assert_equal_runs("alone", f"on{ranks}")
        self.assert_equal_runs("on2", "on4")
        self.infoplane("verify", "on3")

    def test_more_ranks_than_trials(self):
        one_trial = harness.SMALL_SWEEP[: harness.SMALL_SWEEP.index("[grid]")]
        sweep = self.write_sweep(one_trial)
        self.infoplane("run", sweep, "--out", "alone")
        self.infoplane("run", sweep, "--out", "crowd", ranks=4)
        self.assert_equal_runs("alone", "crowd")

    def test_a_rank_without_a_trial_estimates_what_it_trained(self):
        # One long and one short trial: the rank with the short one has time until the other is done.
        sweep = self.write_sweep(UNEVEN_SWEEP)
        self.infoplane("run", sweep, "--out", "alone")
        log = self.infoplane("run", sweep, "--out", "two", ranks=2).stderr.splitlines()
        at = next(i for i, line in enumerate(log) if "ranks at work   training" in line)
        rows = [line.split() for line in log[at + 2: at + 4]]
        self.assertEqual([row[1:3] for row in rows], [["0", "1"], ["1", "1"]], "time, rank, trials")
        self.assertGreater(sum(int(row[3]) for row in rows), 0, "early tickets in:\n" + "\n".join(log))
        self.assertTrue(all(len(line) <= 80 for line in log[at: at + 4]), log)
        self.assert_equal_runs("alone", "two")

    def test_verify_sees_another_seed(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "a")
        self.infoplane("run", sweep, "--out", "b", "--set", "sweep.seed=4")
        result = self.infoplane("verify", "a", "b", code=3)
        self.assertIn("is only in the first run", result.stdout)


if __name__ == "__main__":
    harness.main()
