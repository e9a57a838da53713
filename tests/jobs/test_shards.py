"""A sweep in parts: any number of shards, run apart and merged, have the bits of the whole."""

import fcntl
import re
import shutil
import subprocess

import h5py
import numpy

import harness

# Trials of several lengths, depths and row sets, so that no shard has the axes of the whole.
SWEEP = """
[sweep]
name = "parts"
seed = 3
[training]
learning_rate = 4e-3
batch = 256
[record]
epochs = "every:2"
rows = "test"
[estimate]
sigma2 = [1e-1, "p90/1000"]
[grid]
model = [{ hidden = [6, 4] }, { hidden = [5] }, { kind = "layers", layers = ["linear 5", "tanh"] }]
"training.epochs" = [2, 5]
"data.train_fraction" = [0.9, 0.95]
"""


class Shards(harness.ProgramTest):
    def run_shards(self, sweep, count, ranks=0):
        runs = [f"part.{i}-of-{count}" for i in range(1, count + 1)]
        for i, run in enumerate(runs, 1):
            self.infoplane("run", sweep, "--shard", f"{i}/{count}", "--out", run, ranks=ranks)
        return runs

    def trials(self, run):
        with h5py.File(self.folder / run / "results.nc", "r") as file:
            return [name.decode() for name in file["trials/trial"][:]]

    def test_merged_runs_have_the_bits_of_one(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "whole")
        for count, ranks in ((2, 2), (3, 0)):
            with self.subTest(shards=count):
                runs = self.run_shards(sweep, count, ranks)
                sizes = [len(self.trials(run)) for run in runs]
                self.assertEqual(sum(sizes), 12)
                self.assertLessEqual(max(sizes) - min(sizes), 1)
                out = f"merged{count}"
                self.infoplane("merge", out, *reversed(runs))
                self.assertEqual(self.trials(out), self.trials("whole"))
                self.assert_equal_runs("whole", out)
                self.infoplane("verify", out)
                # It is a run like any other: nothing is left to do, and it can be estimated again.
                text = self.infoplane("run", sweep, "--out", out).stderr
                self.assertIn("nothing left to do", text)
        for run in ("whole", "merged3"):
            self.infoplane("estimate", run, "--sigma2", "1e-2")
        self.assert_equal_runs("whole", "merged3")

    def test_shards_that_only_somebody_else_may_write(self):
        self.need_mounts()
        runs = self.run_shards(self.write_sweep(SWEEP), 2)
        (self.folder / runs[1] / "lock").unlink()
        mounts = "".join(f"mount --bind {run} {run} && mount -o remount,bind,ro {run} && " for run in runs)
        merge = ["unshare", "-m", "sh", "-c", mounts + 'exec "$@"', "sh", *self.command("merge", "merged", *runs)]
        result = subprocess.run(merge, capture_output=True, text=True, timeout=harness.TIMEOUT_S, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.infoplane("verify", "merged")
        # Who writes one of them keeps readers out there, too.
        with open(self.folder / runs[0] / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            merge[merge.index("merged")] = "again"
            result = subprocess.run(merge, capture_output=True, text=True, timeout=harness.TIMEOUT_S, cwd=self.folder)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("is being written by another job", result.stderr)

    def test_a_shard_that_is_not_finished_is_merged_and_finished_later(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "whole")
        first, second = self.run_shards(sweep, 2)
        with h5py.File(self.folder / second / "activations.h5", "r+") as file:
            # As after kills. Its checkpoints are not merged: what they excuse must not count there.
            file["ledger/state"][0] = 1
            file["ledger/attempts"][0] = 9
        with harness.results_being_written(self.folder / second / "results.nc") as file:
            file["trials/state"][0] = 1
        text = self.infoplane("merge", "merged", first, second).stderr
        self.assertIn("1 of them are not trained yet; infoplane run merged/sweep.toml", text)
        self.infoplane("run", sweep, "--out", "merged")
        self.assert_equal_runs("whole", "merged")
        with h5py.File(self.folder / "merged" / "results.nc", "r") as file:
            self.assertEqual(set(file["trials/attempts"][:].tolist()), {1})
        text = self.infoplane("merge", "results", first, second, "--results-only").stderr
        self.assertIn("1 of them are not trained yet; the runs they are of can go on", text)

    def test_shards_of_other_data_are_refused(self):
        rows = numpy.arange(1200, dtype=numpy.float32).reshape(300, 4)
        numpy.save(self.folder / "y.npy", numpy.arange(300) % 3)
        sweep = self.write_sweep(harness.SMALL_SWEEP.replace(
            "[model]", '[data]\nset = "file"\ninputs = "x.npy"\nlabels = "y.npy"\n[model]').replace("rows = 300", 'rows = "all"'))
        for shard in (1, 2):
            numpy.save(self.folder / "x.npy", shard * rows)
            self.infoplane("run", sweep, "--shard", f"{shard}/2", "--out", f"part{shard}")
        error = self.infoplane("merge", "merged", "part1", "part2", code=4).stderr
        self.assertIn("part1 and part2 were trained on other values of x.npy and y.npy", error)

    def test_why_a_trial_failed(self):
        # The shard was killed before its end: only the ledger knows.
        sweep = self.write_sweep(harness.SMALL_SWEEP)
        first, second = self.run_shards(sweep, 2)
        why = b"it went wrong"
        with h5py.File(self.folder / second / "activations.h5", "r+") as file:
            file["ledger/state"][0] = 3
            file["ledger/reason"][0, :len(why)] = list(why)
        with harness.results_being_written(self.folder / second / "results.nc") as file:
            file["trials/state"][0] = 3
        self.assertIn("1 of them failed", self.infoplane("merge", "merged", first, second).stderr)
        self.assertIn("it went wrong", self.infoplane("compare", "merged").stdout)

    def test_results_without_activations(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "whole")
        first, second = self.run_shards(sweep, 2)
        (self.folder / first / "activations.h5").unlink()
        error = self.infoplane("merge", "merged", first, second, code=2).stderr
        self.assertIn(f"{first} has no activations.h5, {second} has: --results-only", error)
        self.infoplane("merge", "merged", first, second, "--results-only")
        self.assertFalse((self.folder / "merged" / "activations.h5").exists())
        self.assertIn("equal", self.infoplane("verify", "whole", "merged").stdout)

    def test_what_does_not_fit_is_refused(self):
        sweep = self.write_sweep(harness.SMALL_SWEEP)
        first, second = self.run_shards(sweep, 2)
        self.infoplane("run", sweep, "--shard", "1/4", "--out", "quarter")
        self.infoplane("run", sweep, "--shard", "2/2", "--out", "longer", "--set", "training.epochs=7",
                       "--set", "record.epochs=[0, 2, 7]")

        def refused(*runs, code=2, out="merged"):
            error = self.infoplane("merge", out, *runs, code=code).stderr
            self.assertFalse((self.folder / "merged" / "sweep.toml").exists())
            return error

        self.assertIn("no run of shard 2/2 is given", refused(first))
        self.assertIn(f"{first} is given twice", refused(first, second, first))
        shutil.copytree(self.folder / first, self.folder / "copy")
        self.assertRegex(refused(first, second, "copy"), f"trial [0-9a-f]{{12}} is in {first} and in copy")
        self.assertIn("they do not fit together", refused(first, "quarter"))
        error = refused(first, "longer")
        self.assertIn("longer holds a run of another sweep", error)
        self.assertIn("\n  - training.epochs = 7", error)
        self.assertIn("\n  + training.epochs = 6", error)
        self.assertIn("only shards of one sweep can be merged", error)
        self.assertIn("nowhere is not a run directory", refused(first, "nowhere", code=4))
        self.assertIn("holds a run already", refused(first, second, out=first))

        shutil.copytree(self.folder / second, self.folder / "more-noise")
        self.infoplane("estimate", "more-noise", "--sigma2", "1")
        self.assertIn(f"infoplane estimate {first} --sigma2 1", refused("more-noise", first))

        with h5py.File(self.folder / second / "activations.h5", "r+") as file:
            state = file["ledger/state"][:].tolist()
            trial = file["ledger/id"][state.index(2)].decode()
            file["ledger/state"][state.index(2)] = 1
        error = refused(first, second, code=4)
        self.assertIn(f"{second}: the activations of trial {trial} are not complete", error)
        shutil.rmtree(self.folder / "merged")

        with h5py.File(self.folder / second / "activations.h5", "r+") as file:
            file["ledger/state"][state.index(2)] = 2
            file[f"trials/{trial}/h1"][1, 7, 2] += 1e-3
        error = refused(first, second, code=4)
        self.assertIn(f"{second}: the activations of trial {trial} are damaged", error)

    def test_a_shard_stays_that_shard(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--shard", "1/2", "--out", "part")
        for words in (["--shard", "2/2"], []):
            error = self.infoplane("run", sweep, *words, "--out", "part", code=2).stderr
            self.assertIn('- sweep.shard = "1/2"', error)
        self.infoplane("run", "part/sweep.toml", "--out", "part")
        self.infoplane("run", sweep, "--shard", "2/3")
        self.assertTrue((self.folder / "runs" / "small.2-of-3" / "sweep.toml").exists())
        plan = self.infoplane("plan", sweep, "--set", "sweep.shard=2/4").stdout
        self.assertRegex(plan, r"\ntrials +1\n")
        for text, why in (("0/2", 'must be "I/K"'), ("3/2", 'must be "I/K"'), ("half", 'must be "I/K"'),
                          ("1/5", "the sweep has 4 trials only")):
            error = self.infoplane("run", sweep, "--shard", text, code=2).stderr
            self.assertIn(why, re.sub(r"\s+", " ", error))


if __name__ == "__main__":
    harness.main()
