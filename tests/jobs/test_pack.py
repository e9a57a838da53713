"""Packed runs: smaller, the same bits, and nothing lost when packing is killed."""

import shutil
import signal
import subprocess

import harness

# About 40 MiB of activations, so that packing takes long enough to be killed.
LARGE_SWEEP = harness.SMALL_SWEEP.replace("hidden = [6, 4]", "hidden = [300, 300]").replace("rows = 300", "rows = 4096")


class Pack(harness.ProgramTest):
    def test_packed_run_is_the_same_run(self):
        self.infoplane("run", self.write_sweep(), "--out", "run", ranks=2)
        shutil.copytree(self.folder / "run", self.folder / "packed")
        text = self.infoplane("pack", "packed").stdout
        self.assertIn("before", text)
        self.assertIn("checksums hold", text)
        self.assertIn("nothing to do", self.infoplane("pack", "packed").stdout)
        self.assertIn("sound", self.infoplane("verify", "packed").stdout)
        self.assert_equal_runs("run", "packed")
        self.assertEqual(*[self.infoplane("compare", run, "--csv").stdout.replace("packed", "run")
                           for run in ("run", "packed")])
        # Estimating from chunks gives the same bits, on any number of ranks.
        for run, ranks in (("run", 2), ("packed", 3)):
            self.infoplane("estimate", run, "--sigma2", "0.03", "p50/10", ranks=ranks)
        self.assert_equal_runs("run", "packed")
        # The same command finds nothing to do.
        for extend in ([], ["--extend"]):
            log = self.infoplane("run", "sweep.toml", "--out", "packed", *extend).stderr
            self.assertIn("nothing left to do", log)

    def test_way_back(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        size = (self.folder / "run" / "activations.h5").stat().st_size
        self.infoplane("pack", "run", "--level", "9")
        self.infoplane("pack", "run", "--undo", ranks=2)
        self.assertGreaterEqual((self.folder / "run" / "activations.h5").stat().st_size, size - 4096)
        self.assertIn("sound", self.infoplane("verify", "run").stdout)

    def test_level_that_is_asked_for_is_not_forgotten(self):
        self.infoplane("run", self.write_sweep(), "--out", "run")
        self.assertIn("--level", self.infoplane("pack", "run", "--undo", "--level", "9", code=2).stderr)
        self.assertIn("before", self.infoplane("pack", "run").stdout)
        text = self.infoplane("pack", "run", "--level", "9").stdout
        self.assertIn("is packed already (unpack it first with --undo to pack it with another level)", text)
        self.assertRegex(self.infoplane("pack", "--help").stdout, r"--level .*(=4|\[4\])")  # by version of CLI11

    def test_killed_pack_leaves_the_run(self):
        self.infoplane("run", self.write_sweep(LARGE_SWEEP), "--out", "run", ranks=2)
        original = (self.folder / "run" / "activations.h5").read_bytes()
        process = self.in_background(self.command("pack", "run", "--level", "9"), stdout=subprocess.DEVNULL, stderr=None)
        temporary = self.folder / "run" / "activations.h5.tmp"
        while process.poll() is None and not (temporary.exists() and temporary.stat().st_size > 1 << 20):
            pass
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(harness.TIMEOUT_S), -signal.SIGKILL)
        self.assertTrue(temporary.exists())
        self.assertTrue((self.folder / "run" / "activations.h5").read_bytes() == original)
        self.infoplane("pack", "run")
        self.assertFalse(temporary.exists())
        self.assertIn("sound", self.infoplane("verify", "run").stdout)

    def test_refused(self):
        self.infoplane("pack", "nowhere", code=4)
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        (self.folder / "run" / "activations.h5").unlink()
        self.assertIn("is gone", self.infoplane("pack", "run", code=4).stderr)


if __name__ == "__main__":
    harness.main()
