"""Runs the program as a user does, in a scratch folder of its own."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

INFOPLANE = os.environ["INFOPLANE"]
SWEEPS = pathlib.Path(os.environ["INFOPLANE_SWEEPS"])
MPIEXEC = os.environ.get("MPIEXEC", "mpiexec")
TIMEOUT_S = 100
os.environ.pop("INFOPLANE_THREADS", None)  # of who runs the tests

# Four trials of a few seconds in all; two layers, three recorded epochs.
SMALL_SWEEP = """
[sweep]
name = "small"
seed = 3
[model]
hidden = [6, 4]
[training]
learning_rate = 4e-3
batch = 256
epochs = 6
[record]
epochs = [0, 2, 6]
rows = 300
[estimate]
sigma2 = [1e-3, 1e-1]
[grid]
"training.learning_rate" = [1e-3, 4e-3]
"data.sampling_rate" = [0.2, 1.0]
"""


def results_being_written(path):
    """results.nc open for changes, as a job has it, and as a job that is killed leaves it: without its checksum."""
    import h5py  # not every test needs it

    file = h5py.File(path, "r+")
    file["content_checksum"][()] = 0x6E65706F206C6165
    return file


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="infoplane-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write_sweep(self, text=SMALL_SWEEP, name="sweep.toml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def command(self, *words, ranks=0):
        """ranks=0: without mpiexec."""
        launcher = [MPIEXEC, "--oversubscribe", "-n", str(ranks)] if ranks else []
        return launcher + [INFOPLANE] + [str(word) for word in words]

    def infoplane(self, *words, ranks=0, code=0, env=None):
        """Runs to the end; fails unless the exit code is `code`."""
        result = subprocess.run(
            self.command(*words, ranks=ranks), capture_output=True, text=True, timeout=TIMEOUT_S, cwd=self.folder,
            env={**os.environ, **(env or {})})
        self.assertEqual(
            result.returncode, code,
            f"infoplane {' '.join(map(str, words))}\n--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}")
        return result

    def in_background(self, command, **options):
        """A process that is killed where it outlives the test (of ranks their launcher); stderr: a pipe, unless said."""
        process = subprocess.Popen(command, **{"stderr": subprocess.PIPE, "text": True, "cwd": self.folder, **options})
        if process.stderr:
            self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def need_mounts(self):
        """Skips unless this process may mount: root, and a container that allows it."""
        probe = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"]
        if os.geteuid() != 0 or subprocess.run(probe, capture_output=True).returncode != 0:
            self.skipTest("needs to mount a file system of its own")

    def need_cores(self, count):
        if len(os.sched_getaffinity(0)) < count:
            self.skipTest(f"needs {count} cores")

    def assert_equal_runs(self, a, b):
        self.assertIn("equal", self.infoplane("verify", a, b).stdout)


def main():
    unittest.main(argv=sys.argv)
