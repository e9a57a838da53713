"""A rank is killed with SIGKILL: the file opens, the same command finishes, nothing done is done again."""

import os
import pathlib
import signal
import sys

import h5py

import harness

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from launched import ranks_of  # noqa: E402

# Ten trials, long enough that some are done and some are not when the first one reports.
SWEEP = harness.SMALL_SWEEP.replace("epochs = 6", "epochs = 150").replace("epochs = [0, 2, 6]", "epochs = [0, 75, 150]")
SWEEP = SWEEP.replace('"training.learning_rate" = [1e-3, 4e-3]', '"training.seed" = { from = 1, to = 5 }')


class Kill(harness.ProgramTest):
    def kill_when(self, out, sweep, ranks, line_part, which):
        """Starts a run and kills one rank as soon as a line of its log contains `line_part`."""
        process = self.in_background(self.command("run", sweep, "--out", out, ranks=ranks))
        seen = []
        for line in process.stderr:
            seen.append(line)
            if line_part in line:
                os.kill(ranks_of(process.pid, harness.INFOPLANE)[which], signal.SIGKILL)
                break
        else:
            self.fail(f"no line with '{line_part}' in:\n{''.join(seen)}")
        rest = process.stderr.read()
        process.stderr.close()
        self.assertNotEqual(process.wait(harness.TIMEOUT_S), 0, rest)

    def trials(self, out):
        """id -> (state, attempts) from the results, which open although their writer was killed."""
        with h5py.File(self.folder / out / "results.nc", "r") as file:
            group = file["trials"]
            ids = [name.decode() for name in group["trial"][:]]
            return dict(zip(ids, zip(group["state"][:].tolist(), group["attempts"][:].tolist())))

    def done_trials(self, out):
        """As the ledger has it, which is written after the results: who is killed between the two trains it again."""
        with h5py.File(self.folder / out / "activations.h5", "r") as file:
            return [name.decode() for name, state in zip(file["ledger/id"][:], file["ledger/state"][:]) if state == 2]

    def check_resumed(self, out, sweep, ranks, done_before):
        self.infoplane("run", sweep, "--out", out, ranks=ranks)
        after = self.trials(out)
        for trial in done_before:
            self.assertEqual(after[trial], (2, 1), f"trial {trial} was done and was trained again")
        self.assertTrue(all(state == 2 for state, _ in after.values()), after)
        self.assert_equal_runs("undisturbed", out)
        self.infoplane("verify", out)

    def test_killed_while_training(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "undisturbed", ranks=2)
        for which, resumed_on in ((0, 1), (1, 3)):
            with self.subTest(killed_rank=which, resumed_on=resumed_on):
                out = f"killed{which}"
                self.kill_when(out, sweep, 2, " done in ", which)
                before = self.trials(out)
                done = self.done_trials(out)
                self.assertGreaterEqual(len(done), 1)
                self.assertLess(len(done), len(before))
                with h5py.File(self.folder / out / "activations.h5", "r") as file:
                    self.assertEqual(len(file["trials"]), len(before))
                self.check_resumed(out, sweep, resumed_on, done)

    def test_killed_while_one_trains_and_one_estimates(self):
        # The short trial is done first; then its rank estimates it while the other one trains.
        uneven = harness.SMALL_SWEEP.replace('"training.learning_rate" = [1e-3, 4e-3]', "")
        uneven = uneven.replace("[0.2, 1.0]", "[0.02, 1.0]").replace("batch = 256", "batch = 2")
        sweep = self.write_sweep(uneven.replace("epochs = 6", "epochs = 30").replace("rows = 300", "rows = 4000"))
        self.infoplane("run", sweep, "--out", "undisturbed", ranks=2)
        for which, resumed_on in ((0, 2), (1, 1)):
            with self.subTest(killed_rank=which, resumed_on=resumed_on):
                out = f"killed{which}"
                self.kill_when(out, sweep, 2, " done in ", which)
                done = self.done_trials(out)
                self.assertEqual(len(done), 1)
                self.check_resumed(out, sweep, resumed_on, done)

    def test_killed_while_estimating(self):
        # Long enough to be met in the middle on a machine that has other things to do.
        longer = SWEEP.replace("rows = 300", "rows = 4000").replace("1e-1]", "1e-1, 0.3, 0.7, 1.1, 1.3, 1.7, 1.9]")
        sweep = self.write_sweep(longer)
        self.infoplane("run", sweep, "--out", "undisturbed", ranks=2)
        self.kill_when("killed", sweep, 2, "estimating ", 1)
        before = self.trials("killed")
        self.assertTrue(all(state == 2 for state, _ in before.values()), before)
        self.check_resumed("killed", sweep, 2, list(before))


if __name__ == "__main__":
    harness.main()
