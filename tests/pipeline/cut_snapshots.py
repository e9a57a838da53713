#!/usr/bin/env python3
"""Snapshots that are cut among the ranks: the same bits on any number of them, and after a kill.

INFOPLANE_PROGRAM is estimate_snapshots; MPIEXEC starts it.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from launched import ranks_of  # noqa: E402

PROGRAM = os.environ["INFOPLANE_PROGRAM"]
MPIEXEC = os.environ.get("MPIEXEC", "mpiexec")
TIMEOUT_S = 60


class CutSnapshots(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="infoplane-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, out, how, shape, ranks, *more):
        words = [self.folder / out, how, *shape, *more]
        launcher = [MPIEXEC, "--oversubscribe", "-n", str(ranks)] if ranks > 1 else []
        return launcher + [PROGRAM, *map(str, words)]

    def estimate(self, out, how, shape, ranks, *more, code=0):
        result = subprocess.run(self.command(out, how, shape, ranks, *more), capture_output=True, text=True,
                                timeout=TIMEOUT_S)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def estimates(self, out):
        with h5py.File(self.folder / out / "results.nc", "r") as file:
            return numpy.stack([file["pairwise/I_XT"][:], file["pairwise/I_TY"][:]])

    def assert_same_bits(self, out, expected):
        values = self.estimates(out)
        self.assertFalse(numpy.isnan(values).any())
        self.assertEqual(values.tobytes(), expected.tobytes())

    def test_same_bits_on_any_number_of_ranks(self):
        shape = (9000, 4, 2)
        self.estimate("alone", "whole", shape, 1)
        expected = self.estimates("alone")
        for ranks in (1, 2, 3, 4, 7):
            with self.subTest(ranks=ranks):
                log = self.estimate(f"on{ranks}", "cut", shape, ranks)
                self.assertRegex(log, r"estimating 2 snapshots at .* \(2 cut among the ranks\)")
                self.assert_same_bits(f"on{ranks}", expected)
                if ranks > 1:
                    self.check_table(log, ranks)

    def check_table(self, log, ranks):
        lines = log.splitlines()
        at = next(i for i, line in enumerate(lines) if "ranks at work" in line)
        rows = [line.split()[1:] for line in lines[at + 2: at + 2 + ranks]]
        self.assertEqual([row[0] for row in rows], [str(rank) for rank in range(ranks)], log)
        self.assertGreater(sum(int(row[1]) for row in rows), 2, "tickets of two cut snapshots")
        for line in lines[at: at + 2 + ranks]:
            self.assertLessEqual(len(line), 80, line)

    def test_one_snapshot_is_cut_without_being_asked_to(self):
        log = self.estimate("run", "auto", (9000, 70, 1), 2)
        self.assertRegex(log, r"estimating 1 snapshot at .* \(1 cut among the ranks\)")

    def test_killed_in_the_middle_of_a_cut_snapshot(self):
        shape = (9000, 70, 4)
        self.estimate("alone", "whole", shape, 1)
        expected = self.estimates("alone")
        for killed, resumed_on in ((0, 1), (1, 3)):
            with self.subTest(killed_rank=killed, resumed_on=resumed_on):
                out = f"killed{killed}"
                process = subprocess.Popen(self.command(out, "cut", shape, 2), stderr=subprocess.PIPE, text=True)
                self.addCleanup(process.wait)
                self.addCleanup(process.kill)
                for line in process.stderr:
                    if "cut among the ranks" in line:
                        os.kill(ranks_of(process.pid, PROGRAM)[killed], signal.SIGKILL)
                        break
                rest = process.stderr.read()
                process.stderr.close()
                self.assertNotEqual(process.wait(TIMEOUT_S), 0, rest)
                self.assertTrue(numpy.isnan(self.estimates(out)).any(), "killed too late")
                self.estimate(out, "cut", shape, resumed_on)
                self.assert_same_bits(out, expected)

    def test_a_damaged_snapshot_ends_the_job(self):
        log = self.estimate("run", "cut", (5000, 4, 1), 3, "damaged", code=4)
        self.assertIn("the snapshot of trial 0123456789ab, layer layer1, epoch 0 in activations.h5 is damaged", log)
        self.assertEqual(log.count("is damaged"), 1, "all ranks met it, one has to say it:\n" + log)


if __name__ == "__main__":
    unittest.main()
