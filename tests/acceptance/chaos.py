"""A sweep that is killed at random moments, again and again, and resumed on a random number of ranks, has the bits of
one that nobody disturbed.

INFOPLANE_CHAOS_KILLS (20) and INFOPLANE_CHAOS_SEED (the time) are taken from the environment. A kill comes after a
random number of observed events (a line of output, a file of the run that changed), so what it meets does not depend on
how fast the machine is.
"""

import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import h5py

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / "jobs"), str(pathlib.Path(__file__).parents[1] / "support")]
import harness  # noqa: E402
from launched import ranks_of  # noqa: E402

KILLS = int(os.environ.get("INFOPLANE_CHAOS_KILLS", "20"))
SEED = int(os.environ.get("INFOPLANE_CHAOS_SEED", str(int(time.time()))))

SWEEP = """
[sweep]
name = "chaos"
seed = 11
[model]
hidden = [8, 6, 4]
dropout = 0.1
[training]
learning_rate = 4e-3
batch = 128
epochs = 60
[data]
validation_fraction = 0.1
[record]
epochs = [0, 1, 5, 10, 30, 60]
rows = 3000
gradients = true
[estimate]
sigma2 = [1e-3, 1e-2, 1e-1]
[grid]
"training.optimizer" = ["adam", "sgd"]
"data.sampling_rate" = [0.3, 1.0]
"training.seed" = [1, 2]
"""

RUNNING, DONE = 1, 2
KILL, TERM, STOP_THEN_KILL, STOP_ORDER = "SIGKILL", "SIGTERM", "SIGSTOP, then SIGKILL", "SIGUSR1"


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Job:
    """A job that runs, and what has been seen of it."""

    def __init__(self, command, folder, run):
        self.run = folder / run
        # A session of its own: a launcher that dies may send signals to its whole process group.
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder,
                                        start_new_session=True)
        self.lines = []
        self.seen = None
        self.events = 0
        self.got_further = set()  # trials that were saved, or done
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def look(self):
        """Counts an event if anything has changed."""
        files = {}
        for folder, _, names in os.walk(self.run):
            for name in names:
                try:
                    stat = os.stat(os.path.join(folder, name))
                    files[name, os.path.basename(folder)] = (stat.st_mtime_ns, stat.st_size)
                except OSError:
                    pass
        now = (len(self.lines), files)
        if self.seen is not None and now != self.seen:
            self.events += 1
            # A checkpoint that is new, or gone as its trial is done.
            def saved(files):
                return {(*k, v) for k, v in files.items() if k[0].endswith(".checkpoint")}
            self.got_further |= {trial for _, trial, _ in saved(files) ^ saved(self.seen[1])}
        self.seen = now

    def wait(self):
        code = self.process.wait(harness.TIMEOUT_S)
        self.reader.join(harness.TIMEOUT_S)
        self.process.stderr.close()
        return code

    def log(self):
        return "".join(self.lines)


class Chaos(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        print(f"INFOPLANE_CHAOS_SEED={SEED} INFOPLANE_CHAOS_KILLS={KILLS}", flush=True)

    def start(self, run):
        ranks = self.random.randint(1, 4)
        if ranks == 1 and self.random.random() < 0.5:
            ranks = 0
        return Job(self.command("run", "sweep.toml", "--out", run, "--checkpoint-every", 0.05, ranks=ranks), self.folder,
                   run)

    def kill(self, job):
        """Does something bad to a rank or to the launcher. Returns what."""
        ranks = ranks_of(job.process.pid, harness.INFOPLANE)
        launcher = job.process.pid
        victims = [pid for pid in ranks if pid != launcher] or [launcher]
        who = self.random.choice(victims + [launcher])
        how = self.random.choice([KILL, KILL, TERM, STOP_THEN_KILL, STOP_ORDER])
        name = "mpirun" if who == launcher and victims != [launcher] else "a rank"
        try:
            if how == STOP_THEN_KILL:
                os.kill(who, signal.SIGSTOP)
                time.sleep(self.random.uniform(0, 0.3))  # how long a hung process hangs
            os.kill(who, {TERM: signal.SIGTERM, STOP_ORDER: signal.SIGUSR1}.get(how, signal.SIGKILL))
        except ProcessLookupError:
            return None
        job.wait()
        # Ranks whose launcher is gone end by themselves.
        limit = time.monotonic() + harness.TIMEOUT_S
        while any(is_alive(pid) for pid in ranks):
            self.assertLess(time.monotonic(), limit, f"ranks live on after {how} to {name}")
            time.sleep(0.02)
        return f"{how} to {name} of {len(victims)}"

    def trials(self, run):
        """id -> (state, attempts), in the ledger. Both files open although their writers were killed."""
        if not (self.folder / run / "sweep.toml").exists():
            return {}
        with h5py.File(self.folder / run / "results.nc", "r") as file:
            self.assertIn("trials", file)
        with h5py.File(self.folder / run / "activations.h5", "r") as file:
            ledger = file["ledger"]
            ids = [name.decode() for name in ledger["id"][:]]
            return dict(zip(ids, zip(ledger["state"][:].tolist(), ledger["attempts"][:].tolist())))

    def check_nothing_lost(self, before, after, what):
        for trial, (state, attempts) in before.items():
            if state == DONE:
                self.assertEqual(after[trial], (DONE, attempts), f"trial {trial} was done before {what}")

    def test_the_result_is_that_of_an_undisturbed_run(self):
        self.write_sweep(SWEEP)
        self.infoplane("run", "sweep.toml", "--out", "undisturbed", ranks=2)
        kinds = collections.Counter()
        kills = runs = 0
        while kills < KILLS:
            runs += 1
            run = f"run{runs}"
            kills += self.disturb(run, KILLS - kills, kinds)
            trials = self.trials(run)
            self.assertEqual({state for state, _ in trials.values()}, {DONE}, trials)
            self.infoplane("verify", run)
            self.assert_equal_runs("undisturbed", run)
        print(f"{kills} kills in {runs} runs, all equal to the undisturbed one:", flush=True)
        for kind, count in sorted(kinds.items()):
            print(f"  {count:4}  {kind}", flush=True)

    def disturb(self, run, most, kinds):
        """Kills a run until it is done. Returns how often."""
        kills = 0
        # Trials that the last kill met before they were saved. One that is met so three times in a row is taken for
        # what kills its rank, and nothing could tell the difference.
        hasty = set()
        before = {}
        while True:
            job = self.start(run)
            patience = 1 + int(80 * self.random.random() ** 2) if kills < most else None
            while job.process.poll() is None:
                job.look()
                if patience is not None and job.events >= patience and hasty <= job.got_further:
                    break
                time.sleep(0.01)
            if job.process.poll() is not None:
                code = job.wait()
                self.assertEqual(code, 0, job.log())
                self.check_nothing_lost(before, self.trials(run), "the last resume")
                return kills
            what = self.kill(job)
            if what is None:
                continue
            kills += 1
            kinds[what] += 1
            job.look()
            after = self.trials(run)
            hasty = {trial for trial, (state, _) in after.items() if state == RUNNING} - job.got_further
            print(f"{run} kill {kills}: {what} after {job.events} events, "
                  f"{sum(state == DONE for state, _ in after.values())} trials done", flush=True)
            self.check_nothing_lost(before, after, what)
            before = after


if __name__ == "__main__":
    harness.main()
