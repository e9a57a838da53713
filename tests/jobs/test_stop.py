"""A job that is told to end ends cleanly, all ranks, exit 75; the same command goes on with the same bits."""

import glob
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import h5py
import numpy

import harness

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from launched import ranks_of  # noqa: E402

# Two trials that take long enough to be met in the middle, and two short ones.
SWEEP = """
[sweep]
name = "stop"
seed = 5
[model]
hidden = [6, 4]
dropout = 0.1
[training]
learning_rate = 4e-3
batch = 64
epochs = 40
[record]
epochs = [0, 1, 10, 20, 30, 40]
rows = 500
gradients = true
[estimate]
sigma2 = [1e-3, 1e-1]
[grid]
"training.optimizer" = ["adam", "sgd"]
"data.sampling_rate" = [0.1, 1.0]
"""
PRELOAD = {"LD_PRELOAD": os.environ.get("INFOPLANE_DIE_AT_RENAME", "")}
DONE, QUARANTINED = 2, 4


class Stop(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.write_sweep(SWEEP)
        self.infoplane("run", self.sweep, "--out", "undisturbed", ranks=2)

    def start(self, out, *more, ranks=2):
        return self.in_background(self.command("run", self.sweep, "--out", out, "--checkpoint-every", 0.05, *more,
                                               ranks=ranks))

    def checkpoints(self, out):
        return [pathlib.Path(path) for path in glob.glob(f"{self.folder}/{out}/checkpoints/*/*.checkpoint")]

    def wait_for_checkpoint(self, out, process):
        """Until a trial is in its middle."""
        limit = time.monotonic() + harness.TIMEOUT_S
        while not self.checkpoints(out):
            self.assertIsNone(process.poll(), "done before anything could be seen")
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.002)

    def end(self, process):
        log = process.stderr.read()
        process.stderr.close()
        return process.wait(harness.TIMEOUT_S), log

    def ledger(self, out):
        with h5py.File(self.folder / out / "activations.h5", "r") as file:
            ledger = file["ledger"]
            ids = [name.decode() for name in ledger["id"][:]]
            return dict(zip(ids, zip(ledger["state"][:].tolist(), ledger["attempts"][:].tolist())))

    def check_goes_on(self, out, ranks=3):
        states = self.ledger(out)
        self.assertNotIn(1, {state for state, _ in states.values()}, "running is taken back")
        self.assertTrue(any(state == 0 for state, _ in states.values()), "stopped too late to be of use")
        self.infoplane("run", self.sweep, "--out", out, ranks=ranks)
        self.assertEqual(set(self.ledger(out).values()), {(DONE, 1)}, "a clean stop is no attempt")
        self.assert_equal_runs("undisturbed", out)
        self.assertFalse((self.folder / out / "checkpoints").exists())

    def test_a_signal_to_any_rank_or_the_launcher_stops_all(self):
        for name, who, number in (("the launcher", None, signal.SIGUSR1), ("rank 1", 1, signal.SIGTERM),
                                  ("rank 0", 0, signal.SIGINT)):
            with self.subTest(signal=number.name, to=name):
                out = f"out{number.name}"
                process = self.start(out)
                self.wait_for_checkpoint(out, process)
                pid = process.pid if who is None else ranks_of(process.pid, harness.INFOPLANE)[who]
                os.kill(pid, number)
                code, log = self.end(process)
                self.assertEqual(code, 75, log)
                self.assertRegex(log, rf"stopped by {number.name}: \d of 4 trials are trained, .* goes on")
                self.assertEqual(log.count("stopped by"), 1, log)
                self.check_goes_on(out)

    def test_without_a_launcher(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                out = f"out{number.name}"
                process = self.start(out, ranks=0)
                self.wait_for_checkpoint(out, process)
                process.send_signal(number)
                code, log = self.end(process)
                self.assertEqual(code, 75, log)
                self.assertIn(f"stopped by {number.name}", log)
                self.check_goes_on(out, ranks=0)

    def test_who_reads_the_log_goes_away(self):
        process = self.start("out", "--log-level", "debug", ranks=0)
        process.stderr.readline()
        process.stderr.close()
        self.assertEqual(process.wait(harness.TIMEOUT_S), 0)
        self.assert_equal_runs("undisturbed", "out")

    def test_closed_descriptors(self):
        # As daemons start programs: the next file that is opened would be "stderr".
        closing = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
        command = closing + self.command("run", self.sweep, "--out", "out", "--log-level", "debug")
        self.assertEqual(subprocess.run(command, cwd=self.folder, timeout=harness.TIMEOUT_S).returncode, 0)
        self.assert_equal_runs("undisturbed", "out")

    def test_a_file_stops_it_once(self):
        slow = self.write_sweep(SWEEP.replace("epochs = 40", "epochs = 4000"), "slow.toml")
        self.sweep = slow
        process = self.start("out")
        self.wait_for_checkpoint("out", process)
        (self.folder / "out" / "stop").touch()
        code, log = self.end(process)
        self.assertEqual(code, 75, log)
        self.assertIn("stopped by the file stop", log)
        self.assertTrue((self.folder / "out" / "stop").exists(), "scripts may want to see it")
        # The next job takes it away, and stops for want of time.
        log = self.infoplane("run", slow, "--out", "out", "--time-budget", "2s", ranks=2, code=75).stderr
        self.assertIn("removed", log)
        self.assertIn("stopped, as the time is up", log)
        self.assertFalse((self.folder / "out" / "stop").exists())
        self.assertTrue(self.checkpoints("out"))

    def test_a_file_made_while_the_job_plans_is_for_this_job(self):
        # So many trials that planning takes seconds.
        self.sweep = self.write_sweep(SWEEP + '"training.seed" = { from = 1, to = 1000 }\n', "large.toml")
        self.infoplane("run", self.sweep, "--out", "out", "--time-budget", "2s", code=75)
        lock = self.folder / "out" / "lock"
        before = lock.stat().st_mtime_ns
        process = self.start("out", ranks=1)
        limit = time.monotonic() + harness.TIMEOUT_S
        while lock.stat().st_mtime_ns == before:  # the job notes when it starts
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.001)
        time.sleep(0.05)  # file systems date files by their clock's ticks
        (self.folder / "out" / "stop").touch()
        code, log = self.end(process)
        self.assertEqual(code, 75, log)
        self.assertIn("stopped by the file stop", log)
        self.assertNotIn("removed", log)

    def test_while_estimating(self):
        # Long enough to be met in the middle on a machine that has other things to do.
        longer = SWEEP.replace("rows = 500", "rows = 4000").replace("1e-1]", "1e-1, 0.3, 0.7, 1.1, 1.3, 1.7, 1.9]")
        self.sweep = self.write_sweep(longer)
        self.infoplane("run", self.sweep, "--out", "whole", ranks=2)
        process = self.start("out")
        seen = []
        for line in process.stderr:
            seen.append(line)
            if " estimating " in line:
                process.send_signal(signal.SIGUSR1)
                break
        code, log = self.end(process)
        self.assertEqual(code, 75, "".join(seen) + log)
        self.assertRegex(log, r"4 of 4 trials are trained, [1-9]\d* snapshots? of these left to estimate")
        self.infoplane("run", self.sweep, "--out", "out", ranks=1)
        self.assert_equal_runs("whole", "out")

    def test_a_run_that_was_stopped_is_extended(self):
        """What its trials have behind them is not lost."""
        process = self.start("out")
        self.wait_for_checkpoint("out", process)
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.end(process)[0], 75)
        self.assertTrue(self.checkpoints("out"))
        wider = self.write_sweep(SWEEP.replace("[0.1, 1.0]", "[0.1, 1.0, 0.3]"), "wider.toml")
        log = self.infoplane("run", wider, "--out", "out", "--extend", ranks=2).stderr
        self.assertNotIn("is not used", log)
        self.assertRegex(log, r"trial [0-9a-f]{12} goes on at its checkpoint, \d+ epochs? recorded and ")
        self.infoplane("run", wider, "--out", "wider", ranks=2)
        self.assert_equal_runs("wider", "out")

    def test_a_run_does_not_go_on_with_other_data(self):
        inputs = numpy.random.default_rng(1).normal(size=(600, 5)).astype(numpy.float32)
        numpy.save(self.folder / "x.npy", inputs)
        labels = numpy.arange(600) % 3
        numpy.save(self.folder / "y.npy", labels)
        self.sweep = self.write_sweep(
            SWEEP.replace("[model]", '[data]\nset = "file"\ninputs = "x.npy"\nlabels = "y.npy"\n[model]').replace(
                "epochs = 40", "epochs = 400"), "file.toml")
        process = self.start("out")
        self.wait_for_checkpoint("out", process)
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.end(process)[0], 75)
        other = inputs.copy()
        other[7, 3] *= 2
        larger = ("--extend", "--set", "grid.training.seed=[1, 2]")
        for path, changed, right in (("y.npy", labels[::-1].copy(), labels), ("x.npy", other, inputs)):
            with self.subTest(path):
                numpy.save(self.folder / path, changed)
                for more in ((), larger):
                    error = self.infoplane("run", self.sweep, "--out", "out", *more, ranks=2, code=4).stderr
                    self.assertIn("the data or a plugin are not those that the run was begun with", error)
                numpy.save(self.folder / path, right)
        self.infoplane("run", self.sweep, "--out", "out", ranks=2)

    def test_a_damaged_checkpoint_costs_time_and_nothing_else(self):
        process = self.start("out")
        self.wait_for_checkpoint("out", process)
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.end(process)[0], 75)
        found = self.checkpoints("out")
        self.assertTrue(found)
        for path in found:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 4
            path.write_bytes(data)
        log = self.infoplane("run", self.sweep, "--out", "out", ranks=2).stderr
        self.assertIn("is not used: its checksum is wrong", log)
        self.assert_equal_runs("undisturbed", "out")


class Quarantine(harness.ProgramTest):
    def test_a_trial_that_kills_its_rank_is_given_up(self):
        sweep = self.write_sweep(SWEEP)
        self.infoplane("run", sweep, "--out", "undisturbed", ranks=2)
        victim = re.search(r"^([0-9a-f]{12}) .*sgd, .*1\.0|^([0-9a-f]{12})  .*sgd.*\b1(\.0)?$",
                           self.infoplane("plan", sweep).stdout, re.M).group(0)[:12]
        env = {**PRELOAD, "DIE_AT_PATH": f"checkpoints/{victim}"}
        command = self.command("run", sweep, "--out", "out", "--checkpoint-every", 0, ranks=2)
        codes = []
        for _ in range(4):
            codes.append(subprocess.run(command, capture_output=True, text=True, timeout=harness.TIMEOUT_S,
                                        cwd=self.folder, env={**os.environ, **env}))
            if codes[-1].returncode == 3:
                break
        log = "\n".join(result.stderr for result in codes)
        self.assertEqual([result.returncode == 3 for result in codes], [False, False, False, True], log)
        self.assertIn(f"trial {victim} has killed its rank 3 times: it is put in quarantine", log)
        self.assertIn("1 of 4 trials are in quarantine", log)
        with h5py.File(self.folder / "out" / "results.nc", "r") as file:
            states = dict(zip([name.decode() for name in file["trials/trial"][:]], file["trials/state"][:].tolist()))
        self.assertEqual(states.pop(victim), QUARANTINED)
        self.assertEqual(set(states.values()), {DONE})
        self.assertIn("killed its rank 3 times", self.infoplane("compare", "out").stdout)
        verified = self.infoplane("verify", "out").stdout
        self.assertIn("sound", verified)
        self.assertIn(f"trial {victim} is quarantined: killed its rank 3 times", verified)
        self.assertFalse((self.folder / "out" / "checkpoints").exists())
        # It stays there, and the run is finished.
        self.assertIn("nothing left to do", self.infoplane("run", sweep, "--out", "out", code=3).stderr)
        # Unless somebody asks for it; and it does not come back for what this job did itself.
        for code in (None, None, None, 3):
            again = subprocess.run(command + ["--retry"], capture_output=True, text=True, timeout=harness.TIMEOUT_S,
                                   cwd=self.folder, env={**os.environ, **env})
            self.assertEqual(again.returncode == 3, code == 3, again.stderr)
        log = self.infoplane("run", sweep, "--out", "out", "--retry", ranks=2).stderr
        self.assertIn(f"trial {victim} is quarantined: training it again", log)
        self.assert_equal_runs("undisturbed", "out")

    def test_a_trial_that_hangs_is_given_up_in_the_end(self):
        sweep = self.write_sweep(SWEEP.replace("[model]\nhidden = [6, 4]\ndropout = 0.1\n", "").split("[grid]")[0] + """
[model]
kind = "slow"
hidden = [4]
""")
        command = self.command("run", sweep, "--out", "out", "--plugin", os.environ["INFOPLANE_TROUBLE"])

        def said():
            return [path.read_text() for path in self.folder.glob("out/checkpoints/*/last_words")]

        for attempt in range(10):
            process = self.in_background(command, env={**os.environ, "INFOPLANE_SLOW_MS": "1000000"})
            limit = time.monotonic() + harness.TIMEOUT_S
            for wanted in ([""], ["told to end\n"]):
                while said() != wanted:
                    self.assertIsNone(process.poll(), process.stderr)
                    self.assertLess(time.monotonic(), limit, f"attempt {attempt}: {said()}")
                    time.sleep(0.01)
                process.send_signal(signal.SIGTERM)
            process.kill()
            process.communicate()
        log = self.infoplane("run", sweep, "--out", "out", "--plugin", os.environ["INFOPLANE_TROUBLE"], code=3).stderr
        self.assertIn("has got no further in 10 jobs, which were ended: it is put in quarantine", log)

    def test_who_crashes_among_others_is_known(self):
        sweep = self.write_sweep(SWEEP.replace("hidden = [6, 4]\ndropout = 0.1\n", "").split("[grid]")[0].replace(
            "[model]", "") + """
[grid]
model = [{ kind = "slow", hidden = [4] }, { kind = "crashing", hidden = [5] }, { kind = "slow", hidden = [6] },
         { kind = "slow", hidden = [7] }]
""")
        plugin = ("--plugin", os.environ["INFOPLANE_TROUBLE"])
        ends = []
        for attempt in range(5):
            command = self.command("run", sweep, "--out", "out", "--checkpoint-every", 60, *plugin, ranks=4)
            # Where it crashes the others are in a mini-batch that does not end in time for them to stop.
            slow = {"INFOPLANE_SLOW_MS": "60000" if attempt < 3 else "0"}
            ends.append(subprocess.run(command, capture_output=True, text=True, timeout=harness.TIMEOUT_S, cwd=self.folder,
                                       env={**os.environ, **slow}))
            if ends[-1].returncode == 3:
                break
        log = "\n".join(result.stderr for result in ends)
        self.assertEqual(len(ends), 4, log)
        with h5py.File(self.folder / "out" / "results.nc", "r") as file:
            states, attempts = file["trials/state"][:].tolist(), file["trials/attempts"][:].tolist()
        self.assertEqual(states, [DONE, QUARANTINED, DONE, DONE], log)
        self.assertEqual(attempts, [1, 3, 1, 1], "the others were not to blame")


class DieAtRename(harness.ProgramTest):
    def test_between_writing_and_renaming_each_file(self):
        sweep = self.write_sweep(SWEEP.replace("epochs = 40", "epochs = 10").replace(
            "epochs = [0, 1, 10, 20, 30, 40]", "epochs = [0, 1, 10]"))
        self.infoplane("run", sweep, "--out", "undisturbed")
        for path, counts in (("activations.h5", (1,)), ("results.nc", (1, 2)), ("sweep.toml", (1,)),
                             (".checkpoint", (1, 2, 3)), ("status.json", (1, 2))):
            for count in counts:
                with self.subTest(path=path, count=count):
                    out = f"out{path}{count}"
                    command = self.command("run", sweep, "--out", out, "--checkpoint-every", 0)
                    died = subprocess.run(
                        command, capture_output=True, text=True, timeout=harness.TIMEOUT_S, cwd=self.folder,
                        env={**os.environ, **PRELOAD, "DIE_AT_PATH": path, "DIE_AT_COUNT": str(count)})
                    self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                    self.infoplane("run", sweep, "--out", out)
                    self.assert_equal_runs("undisturbed", out)
        for words in (("pack",), ("pack", "--undo")):
            with self.subTest(command=words):
                died = subprocess.run(
                    self.command(*words, "undisturbed"), capture_output=True, text=True, timeout=harness.TIMEOUT_S,
                    cwd=self.folder, env={**os.environ, **PRELOAD, "DIE_AT_PATH": "undisturbed/activations.h5"})
                self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                self.infoplane("verify", "undisturbed")
                self.infoplane(*words, "undisturbed")
                self.infoplane("verify", "undisturbed")
                self.assert_equal_runs("undisturbed", out)


class Extend(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.small = self.write_sweep(SWEEP)
        self.large = self.write_sweep(SWEEP.replace("[0.1, 1.0]", "[0.1, 0.3, 1.0]").replace(
            '["adam", "sgd"]', '["sgd", "adam"]'), "large.toml")
        self.infoplane("run", self.large, "--out", "anew", ranks=2)
        self.infoplane("run", self.small, "--out", "out", ranks=2)

    def attempts(self):
        with h5py.File(self.folder / "out" / "activations.h5", "r") as file:
            return file["ledger/attempts"][:].tolist()

    def test_trials_of_a_larger_grid_are_added(self):
        refused = self.infoplane("run", self.large, "--out", "out", code=2).stderr
        self.assertIn("--extend", refused)
        log = self.infoplane("run", self.large, "--out", "out", "--extend", ranks=2).stderr
        self.assertIn("2 trials added", log)
        self.assertIn("trained 2 trials", log)
        self.assertEqual(self.attempts(), [1] * 6)
        self.assert_equal_runs("anew", "out")
        self.infoplane("verify", "out")
        self.assertIn("nothing left to do", self.infoplane("run", self.large, "--out", "out", "--extend").stderr)

    def test_what_is_no_larger_grid_is_refused(self):
        for change in (("sigma2 = [1e-3, 1e-1]", "sigma2 = [1e-3]"), ("rows = 500", "rows = 501"),
                       ("epochs = 40", "epochs = 41"), ("[0.1, 1.0]", "[0.1]")):
            with self.subTest(change=change):
                other = self.write_sweep(SWEEP.replace(*change), "other.toml")
                log = self.infoplane("run", other, "--out", "out", "--extend", code=2).stderr
                self.assertIn("it differs in", log)
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()),
                         ["activations.h5", "lock", "results.nc", "status.json", "sweep.toml"])

    def test_killed_on_the_way(self):
        for path in ("activations.h5.extended", "results.nc.extended", "sweep.toml.extended", "activations.h5",
                     "results.nc", "sweep.toml"):
            with self.subTest(path=path):
                before = "extended" in path  # nothing is in its place yet
                died = subprocess.run(
                    self.command("run", self.large, "--out", "out", "--extend"), capture_output=True, text=True,
                    timeout=harness.TIMEOUT_S, cwd=self.folder,
                    env={**os.environ, **PRELOAD, "DIE_AT_PATH": f"out/{path}",
                         "DIE_AT_COUNT": "1" if before else {"activations.h5": "2", "results.nc": "3",
                                                              "sweep.toml": "2"}[path]})
                self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                self.infoplane("run", self.large, "--out", "out", "--extend")
                self.assert_equal_runs("anew", "out")
                # As it was, for the next one.
                subprocess.run(["rm", "-rf", self.folder / "out"], check=True)
                self.infoplane("run", self.small, "--out", "out")


if __name__ == "__main__":
    harness.main()
