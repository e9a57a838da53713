"""status.json and `infoplane status` while a job works, when it is over, and when it died; logs."""

import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import termios
import time

import harness

# Takes as long as the job is told to by INFOPLANE_SLOW_MS, for each mini-batch.
SLOW_SWEEP = harness.SMALL_SWEEP.replace("hidden = [6, 4]", 'kind = "slow"\nhidden = [6]')


class Status(harness.ProgramTest):
    def start(self, slow_ms, *more):
        self.slow = ("run", self.write_sweep(SLOW_SWEEP), "--out", "run", "--plugin", os.environ["INFOPLANE_TROUBLE"],
                     *more)
        return self.in_background(self.command(*self.slow), env={**os.environ, "INFOPLANE_SLOW_MS": str(slow_ms)})

    def wait_for_line(self, process, part):
        for line in process.stderr:
            if part in line:
                return line
        self.fail(f"no line with '{part}'")

    def status(self):
        return json.loads(self.infoplane("status", "run", "--json").stdout)

    def wait_for(self, condition):
        """The status that first meets the condition, within the patience of a test."""
        end = time.monotonic() + harness.TIMEOUT_S
        while time.monotonic() < end:
            status = self.status()
            if condition(status):
                return status
            time.sleep(0.1)
        self.fail(f"never came to be: {status}")

    def test_while_it_works_and_when_it_died(self):
        process = self.start(slow_ms=10000)
        self.wait_for_line(process, " starts on ")
        status = self.wait_for(lambda s: s["running"])
        self.assertEqual(status["phase"], "training")
        self.assertEqual(sum(status["trials"].values()), 4)
        self.assertEqual(status["trials"]["running"], 1)
        self.assertEqual(status["pid"], process.pid)
        self.assertGreater(status["left_s"], 0)
        text = self.infoplane("status", "run").stdout
        self.assertIn("training since", text)
        self.assertIn("left         about", text)
        self.assertIn(status["running"][0]["trial"], text)
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)

        process.send_signal(signal.SIGKILL)
        process.wait()
        text = " ".join(self.infoplane("status", "run").stdout.split())
        self.assertIn(f"died while training: process {process.pid} is gone", text)
        # --watch ends when the job is over, however it ended.
        self.assertIn("died while", self.infoplane("status", "run", "--watch").stdout)

        self.infoplane(*self.slow)
        self.assertEqual(self.status()["phase"], "finished")

    def test_watch_goes_on_until_the_job_is_over(self):
        process = self.start(slow_ms=40)
        self.wait_for_line(process, " starts on ")
        watch = self.infoplane("status", "run", "--watch")
        self.assertEqual(process.wait(harness.TIMEOUT_S), 0, process.stderr.read())
        blocks = watch.stdout.split("\n\n")
        self.assertRegex(blocks[0], "(starting|training) since")  # the file is a second old at most
        self.assertIn("finished, ", blocks[-1])
        self.assertNotIn("\x1b", watch.stdout)

    def test_narrow_terminal(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        path = self.folder / "run" / "status.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "host": "node7"}))  # ours may be called anything
        text = self.infoplane("status", "run", env={"COLUMNS": "50"}).stdout
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 50)

    def watch_on_a_terminal(self, rows, columns):
        """What --watch writes on one of that size, until the job is over."""
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        watch = self.in_background(self.command("status", "run", "--watch"), stdout=its, stderr=None)
        os.close(its)
        text = b""
        try:
            while select.select([ours], [], [], harness.TIMEOUT_S)[0] and (part := os.read(ours, 65536)):
                text += part
        except OSError:  # the other end is closed
            pass
        self.assertEqual(watch.wait(harness.TIMEOUT_S), 0)
        return text.decode()

    def test_watch_stays_in_place_on_a_small_terminal(self):
        process = self.start(slow_ms=40)
        self.wait_for_line(process, " starts on ")
        text = self.watch_on_a_terminal(rows=6, columns=60)
        self.assertEqual(process.wait(harness.TIMEOUT_S), 0, process.stderr.read())
        first, *others = re.split(r"\x1b\[(\d+)A\x1b\[J", text)
        screens = [first] + others[1::2]
        self.assertGreater(len(screens), 2)
        for screen, back in zip(screens, others[::2]):
            lines = screen.splitlines()
            on_screen = sum(-(-max(1, len(line)) // 60) for line in lines)  # a long name of a host is not broken
            self.assertEqual(on_screen, int(back))
            self.assertLessEqual(on_screen, 5)  # the cursor is on the sixth
            self.assertGreaterEqual(on_screen, 4)
        self.assertIn("finished, ", screens[-1])
        self.assertGreater(len(screens[-1].splitlines()), 6)  # nothing is written over it

    def test_after_two_ranks(self):
        self.infoplane("run", self.write_sweep(), "--out", "run", ranks=2)
        status = self.status()
        self.assertEqual((status["phase"], status["ranks"], status["left_s"]), ("finished", 2, 0))
        self.assertEqual(status["trials"]["done"], 4)
        self.assertEqual(len(status["busy"]), 2)
        self.assertTrue(all(0 <= share <= 1 for share in status["busy"]), status["busy"])
        self.assertEqual(len(status["slowest"]), 4)
        seconds = [trial["seconds"] for trial in status["slowest"]]
        self.assertEqual(seconds, sorted(seconds, reverse=True))

    def test_estimates_of_a_run_whose_training_was_stopped(self):
        self.need_cores(2)
        process = self.start(100, "--threads", "2")
        self.wait_for_line(process, " done in ")  # one of four
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(process.wait(harness.TIMEOUT_S), 75)
        self.infoplane("estimate", "run", "--sigma2", "0.5", "--threads", "2")
        status = self.status()
        self.assertEqual((status["phase"], status["name"]), ("finished", "small"))
        waiting = status["trials"]["pending"] + status["trials"]["running"]
        self.assertGreater(waiting, 0)
        text = self.infoplane("status", "run").stdout
        self.assertRegex(text, f"next +{waiting} trials? (is|are) not trained yet:\n"
                               " +infoplane run run/sweep.toml --out run --plugin /.* --threads 2\n")
        # The command is given as it stands there.
        command = next(line.strip() for line in text.splitlines() if line.strip().startswith("infoplane run"))
        self.assertIn(f"trained {waiting} trial", self.infoplane(*shlex.split(command)[1:]).stderr)

    def test_commands_are_never_broken(self):
        """Half of one, pasted, is another command."""
        out = "run-" + "x" * 60
        self.infoplane("run", self.write_sweep(), "--out", out)
        path = self.folder / out / "status.json"
        status = json.loads(path.read_text())
        status["trials"].update({"done": 1, "pending": 3})
        path.write_text(json.dumps(status))
        command = f"infoplane run {out}/sweep.toml --out {out}"
        self.assertRegex(self.infoplane("status", out).stdout, f"next +3 trials are not trained yet:\n +{command}\n")
        message = f"the activations of a trial are damaged: {command} trains it again"
        status.update({"phase": "failed", "message": message, "errors": [message]})
        path.write_text(json.dumps(status))
        text = self.infoplane("status", out).stdout
        self.assertRegex(text, f"why +{message}\n")
        self.assertRegex(text, f"errors +{message}\n")

    def test_failed_trials_are_named(self):
        self.infoplane("run", self.write_sweep(), "--out", "run", "--set", "training.optimizer=sgd",
                       "--set", "model.activation=relu", "--set", "grid.training.learning_rate=[1e30, 1e-3]", code=3)
        status = self.status()
        self.assertEqual(status["phase"], "finished")
        self.assertEqual(status["trials"]["failed"], 2)
        self.assertIn("diverged", status["errors"][0])
        self.assertIn("diverged", self.infoplane("status", "run").stdout)

    def test_refused_command_loses_no_counts(self):
        self.infoplane("run", self.write_sweep(), "--out", "run", "--set", "training.optimizer=sgd",
                       "--set", "model.activation=relu", "--set", "grid.training.learning_rate=[1e30, 1e-3]", code=3)
        before = self.status()["trials"]
        self.infoplane("pack", "run")
        self.infoplane("run", "run/sweep.toml", "--out", "run", "--retry", code=4)  # nothing is added to packed ones
        self.assertEqual(self.status()["trials"], before)

    def test_job_that_failed_says_why(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        os.truncate(self.folder / "run" / "activations.h5", 1000)
        self.infoplane("run", "sweep.toml", "--out", "run", code=4)
        status = self.status()
        self.assertEqual(status["phase"], "failed")
        self.assertIn("activations.h5", status["message"])
        self.assertIn("why", self.infoplane("status", "run").stdout)

    def test_refused_job_leaves_the_status_of_the_run_alone(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        before = (self.folder / "run" / "status.json").read_text()
        self.infoplane("run", "sweep.toml", "--out", "run", "--set", "training.epochs=7", code=2)
        self.assertEqual((self.folder / "run" / "status.json").read_text(), before)

    def test_what_is_no_run(self):
        self.infoplane("status", "nowhere", code=4)
        self.infoplane("run", self.write_sweep(), "--out", "run")
        (self.folder / "run" / "status.json").write_text("{")
        self.infoplane("status", "run", code=4)
        (self.folder / "run" / "status.json").unlink()
        self.assertIn("infoplane verify", self.infoplane("status", "run", code=4).stderr)


class Logs(harness.ProgramTest):
    def test_a_line_for_each_start_and_end(self):
        log = self.infoplane("run", self.write_sweep(), "--out", "run", ranks=2).stderr
        self.assertEqual(log.count(" starts on rank "), 4, log)
        self.assertEqual(log.count(" done in "), 4, log)
        self.assertRegex(log, r"trial [0-9a-f]{12} starts on rank [01] on \S+ \(0\.001, 0\.2\)\n")
        self.assertRegex(log, r"trial [0-9a-f]{12} done in [0-9.]+ s on rank [01] on \S+ \(0\.001, 0\.2\)\n")

    def test_levels(self):
        sweep = self.write_sweep()
        self.assertEqual(self.infoplane("run", sweep, "--out", "a", "--log-level", "warning").stderr, "")
        log = self.infoplane("run", sweep, "--out", "b", "--log-level", "debug").stderr
        self.assertEqual(log.count("attempt 1, "), 4, log)
        self.infoplane("run", sweep, "--out", "c", "--log-level", "loud", code=2)

    def test_files_for_each_rank_on_request(self):
        self.infoplane("run", self.write_sweep(), "--out", "run", "--log-files", "--log-level", "error", ranks=2)
        files = sorted(path.name for path in (self.folder / "run" / "log").iterdir())
        self.assertEqual(files, ["rank-0000.log", "rank-0001.log"])
        text = "".join((self.folder / "run" / "log" / name).read_text() for name in files)
        self.assertEqual(text.count("attempt 1, "), 4, text)
        self.assertEqual(text.count("epochs trained, checksum "), 4, text)
        # A later job goes on in the same files.
        self.infoplane("estimate", "run", "--sigma2", "0.5", "--log-files")
        self.assertEqual((self.folder / "run" / "log" / "rank-0000.log").read_text().count("is process"), 2)
        self.infoplane("verify", "run")

    def test_no_files_without(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        self.assertFalse((self.folder / "run" / "log").exists())


if __name__ == "__main__":
    harness.main()
