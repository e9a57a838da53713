"""Sweeps as jobs of a real SLURM, which is started for the test: whatever happens to a job, the run it leaves
behind has the bits of one that was never disturbed.

Real are the daemons, the time limit, the preemption, scancel and requeueing. Where a test wants the warning
before the time limit at a moment of its own it sends it with `scancel --batch --signal USR1`, which takes
the same way; the limit itself is met once, by a job that runs beside the other tests.
"""

import os
import pathlib
import subprocess
import sys
import time
import unittest

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "jobs"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cluster  # noqa: E402
import harness  # noqa: E402

TROUBLE = os.environ["INFOPLANE_TROUBLE"]

# Each trial has 5 epochs of 7 mini-batches, the slow part of which is INFOPLANE_SLOW_MS.
SWEEP = """
[sweep]
name = "night"
seed = 5
[model]
kind = "slow"
hidden = [6]
[training]
learning_rate = 4e-3
epochs = 5
[record]
epochs = [0, 2, 5]
rows = 200
[estimate]
sigma2 = [1e-1]
[grid]
"training.seed" = { from = 1, to = %d }
"""
SHORT, LONG = 8, 34
BATCHES = 35


@unittest.skipIf(cluster.why_not(), f"no SLURM here: {cluster.why_not()}")
class Slurm(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.slurm = cluster.Cluster()
        cls.addClassCleanup(cls.slurm.stop)
        cls.shared = cls.slurm.folder / "runs"
        cls.shared.mkdir()
        # 2 ranks, 1 minute, 51 s of work and the start; SLURM looks every 30 s: it meets its time limit while other tests run.
        sweep = cls.shared / "long.toml"
        sweep.write_text(SWEEP % LONG)
        cls.limited = cls.submit(sweep, cls.shared / "limited", "--time", "1", "--partition", "steady",
                                 slow_ms=3000 // BATCHES)

    def setUp(self):
        super().setUp()
        self.sweep = self.write_sweep(SWEEP % SHORT)

    @classmethod
    def submit(cls, sweep, out, *words, slow_ms=0, run_options=(), ranks=2):
        """infoplane sbatch; returns the number of the job."""
        command = [harness.INFOPLANE, "sbatch", sweep, "--out", out, "--ranks-per-node", ranks, *words,
                   "--", "--plugin", TROUBLE, *run_options]
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cls.slurm.folder,
                                env={**cls.slurm.env, "INFOPLANE_SLOW_MS": str(slow_ms)})
        if result.returncode != 0:
            raise AssertionError(f"{result.stdout}{result.stderr}")
        return result.stdout.split()[-1]

    def log(self, out):
        return "".join(path.read_text() for path in sorted(pathlib.Path(out).glob("log/slurm-*.log")))

    def wait_for_line(self, job, out, part):
        """Until the job has trained something, and has not ended."""
        self.slurm.wait_until(job, lambda facts: part in self.log(out) or facts["JobState"] in ("COMPLETED", "FAILED"),
                              f"so far as to say '{part}'")
        self.assertIn(part, self.log(out))

    def end_of(self, job, out, state, code="0:0", restarts=None, patience_s=cluster.PATIENCE_S):
        facts = self.slurm.wait_for_end(job, patience_s)
        text = self.log(out)
        self.assertEqual((facts["JobState"], facts["ExitCode"]), (state, code), text)
        if restarts is not None:
            allowed = restarts if isinstance(restarts, tuple) else (restarts,)
            self.assertIn(int(facts["Restarts"]), allowed, text)
            self.assertIn(f": start {int(facts['Restarts']) + 1} on", text)
        return text

    def assert_as_undisturbed(self, out, trials=SHORT):
        undisturbed = self.shared / f"undisturbed-{trials}"
        if not undisturbed.exists():
            sweep = self.write_sweep(SWEEP % trials, "undisturbed.toml")
            self.infoplane("run", sweep, "--out", undisturbed, "--plugin", TROUBLE, ranks=2)
        self.assert_equal_runs(undisturbed, out)
        self.infoplane("verify", out)

    def test_a_job_finishes(self):
        for launcher in ("mpirun", "srun"):
            with self.subTest(launcher=launcher):
                out = self.folder / launcher
                job = self.submit(self.sweep, out, "--launcher", launcher, "--time", "10")
                text = self.end_of(job, out, "COMPLETED", restarts=0)
                self.assertIn("on rank 1", text)
                self.assertIn(f"job {job}: finished", text)
        self.assert_as_undisturbed("mpirun")
        self.assert_equal_runs("mpirun", "srun")

    def test_stopped_in_time_it_queues_itself_again(self):
        for launcher in ("mpirun", "srun"):
            with self.subTest(launcher=launcher):
                out = self.folder / launcher
                job = self.submit(self.sweep, out, "--launcher", launcher, "--time", "3", slow_ms=60)
                self.wait_for_line(job, out, " done in ")
                self.slurm.call("scancel", "--batch", "--signal", "USR1", job)
                text = self.end_of(job, out, "COMPLETED", restarts=1)
                self.assertIn("the time is nearly up: asking the run to stop", text)
                self.assertIn("not finished: queueing again", text)
                self.assertFalse((out / "stop").exists())
        self.assert_as_undisturbed("mpirun")
        self.assert_equal_runs("mpirun", "srun")

    def test_time_limit(self):
        out = self.shared / "limited"
        text = self.end_of(self.limited, out, "COMPLETED", patience_s=240)
        self.assertIn(": start 2 on", text)
        self.assertRegex(text, "the time is nearly up|the time is up")
        self.assertNotIn("DUE TO TIME LIMIT", text)
        self.assert_as_undisturbed(out, LONG)

    def test_preempted_it_makes_room_and_comes_back(self):
        out = self.folder / "run"
        job = self.submit(self.sweep, out, slow_ms=100)
        self.wait_for_line(job, out, " done in ")
        # All that is free, and one more.
        node = dict(word.split("=", 1) for word in self.slurm.call("scontrol", "show", "node", "-o").stdout.split()
                    if "=" in word)
        tasks = cluster.CPUS - int(node["CPUAlloc"]) + 1
        urgent = self.slurm.call("sbatch", "--partition", "urgent", "--ntasks", tasks, "--output", "/dev/null",
                                 "--wrap", "true").stdout.split()[-1]
        self.assertEqual(self.slurm.wait_for_end(urgent)["JobState"], "COMPLETED")
        # SLURM 24.11 does not forget the end of the grace time when the job makes room before: what has come back
        # by then is queued once more, and finds the run finished or goes on with it.
        restarts = 1 if cluster.release() < 24 else (1, 2)
        text = self.end_of(job, out, "COMPLETED", restarts=restarts)
        self.assertIn("told to make room: asking the run to stop", text)
        self.assert_as_undisturbed(out)

    def test_cancelled_it_can_be_resumed(self):
        out = self.folder / "run"
        job = self.submit(self.sweep, out, slow_ms=60)
        self.wait_for_line(job, out, " done in ")
        self.slurm.call("scancel", job)
        facts = self.slurm.wait_for_end(job)
        self.assertEqual(facts["JobState"], "CANCELLED")
        self.assertNotIn("queueing again", self.log(out))
        self.assertFalse((out / "stop").exists())
        job = self.submit(self.sweep, out)
        self.assertIn("resuming", self.end_of(job, out, "COMPLETED", restarts=0))
        self.assert_as_undisturbed(out)

    def test_a_file_stops_it_for_good(self):
        out = self.folder / "run"
        job = self.submit(self.sweep, out, slow_ms=60)
        self.wait_for_line(job, out, " done in ")
        (out / "stop").touch()
        text = self.end_of(job, out, "FAILED", code="75:0", restarts=0)
        self.assertIn(f"stopped by the file {out}/stop: submit again", text)
        self.end_of(self.submit(self.sweep, out), out, "COMPLETED")
        self.assert_as_undisturbed(out)

    def test_restarts_are_capped(self):
        out = self.folder / "run"
        job = self.submit(self.sweep, out, "--max-restarts", "0", slow_ms=60)
        self.wait_for_line(job, out, " done in ")
        self.slurm.call("scancel", "--batch", "--signal", "USR1", job)
        text = self.end_of(job, out, "FAILED", code="75:0", restarts=0)
        self.assertIn("not finished after 0 restarts: not queued again (--max-restarts)", text)

    def wait_for_lines(self, runs, part):
        """Until the log of each run has the line."""
        end = time.monotonic() + cluster.PATIENCE_S
        while not all(part in self.log(run) for run in runs):
            self.assertLess(time.monotonic(), end, "\n".join(map(self.log, runs)))
            time.sleep(0.2)

    def test_an_array_is_merged(self):
        out = self.folder / "run"
        self.submit(self.sweep, out, "--array", "3", ranks=1)
        runs = [self.folder / f"run.{i}-of-3" for i in (1, 2, 3)]
        self.wait_for_lines(runs, ": finished")
        self.infoplane("merge", out, *runs)
        self.assert_as_undisturbed(out)

    def test_each_job_of_an_array_queues_itself_again(self):
        # The last one has the number of the array for its own.
        out = self.folder / "run"
        array = self.submit(self.sweep, out, "--array", "2", "--time", "3", ranks=1, slow_ms=60)
        runs = [self.folder / f"run.{i}-of-2" for i in (1, 2)]
        self.wait_for_lines(runs, " done in ")
        self.slurm.call("scancel", "--batch", "--signal", "USR1", array)
        self.wait_for_lines(runs, ": finished")
        for i, run in enumerate(runs, 1):
            text = self.log(run)
            self.assertIn(f"job {array}_{i}: the time is nearly up: asking the run to stop", text)
            self.assertEqual(text.count("not finished: queueing again"), 1, text)
            self.assertEqual(text.count(": start 2 on"), 1, text)
            self.assertNotIn(": start 3 on", text)
            self.assertEqual(text.count("(SLURM)"), 2, text)  # each start knows how long it has
        self.infoplane("merge", out, *runs)
        self.assert_as_undisturbed(out)

    def test_a_trial_that_crashes_is_put_aside(self):
        sweep = self.write_sweep((SWEEP % 2).replace(
            "[grid]", '[grid]\nmodel = [{ kind = "slow", hidden = [6] }, { kind = "crashing", hidden = [6] }]'))
        sweep.write_text(sweep.read_text().replace('kind = "slow"\nhidden = [6]\n', "", 1))
        out = self.folder / "run"
        job = self.submit(sweep, out)
        text = self.end_of(job, out, "FAILED", code="3:0", restarts=0, patience_s=120)
        self.assertIn("starting it again", text)
        with h5py.File(out / "results.nc", "r") as file:
            states = dict(zip(file["trials/state"].attrs["flag_values"],
                              file["trials/state"].attrs["flag_meanings"].decode().split()
                              if isinstance(file["trials/state"].attrs["flag_meanings"], bytes)
                              else file["trials/state"].attrs["flag_meanings"].split()))
            found = sorted(states[s] for s in file["trials/state"][:])
            attempts = file["trials/attempts"][:].tolist()
        self.assertEqual(found, ["done", "done", "quarantined", "quarantined"])
        self.assertEqual(max(attempts), 3)


if __name__ == "__main__":
    harness.main()
