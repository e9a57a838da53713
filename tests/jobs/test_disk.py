"""A disk that is too small, or fills up in the middle: a clear message, exit 4, and nothing that was finished is lost."""

import os
import re
import subprocess
import sys
import textwrap

import harness

SWEEP = harness.SMALL_SWEEP.replace("epochs = 6", "epochs = 12").replace("epochs = [0, 2, 6]", "epochs = [0, 2, 6, 12]")
# What runs in a mount namespace of its own, with a small disk at disk/: the mount is gone when it ends.
IN_NAMESPACE = textwrap.dedent("""
    set -e
    mkdir -p disk
    mount -t tmpfs -o size={size} none disk
    code=0
    {command} || code=$?
    echo "first $code"
    rm -f disk/filler
    mount -o remount,size=1G disk
    code=0
    {again} || code=$?
    echo "again $code"
    {verify}
""")


class Disk(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.need_mounts()
        self.sweep = self.write_sweep(SWEEP)
        self.infoplane("run", self.sweep, "--out", "undisturbed")
        self.bytes = sum(path.stat().st_size for path in (self.folder / "undisturbed").iterdir())

    def shell(self, command):
        return " ".join(f"'{word}'" for word in command)

    def on_disk(self, size, before=None):
        """Runs on a disk of `size`, then again on a large one. Returns the first exit code and all output."""
        run = self.shell(self.command("run", self.sweep, "--out", "disk/run", "--checkpoint-every", 0))
        script = IN_NAMESPACE.format(size=size, command=before or run, again=run,
                                     verify=self.shell(self.command("verify", "undisturbed", "disk/run")))
        result = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True,
                                timeout=harness.TIMEOUT_S, cwd=self.folder)
        everything = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0, everything)
        self.assertIn("again 0", result.stdout, everything)
        self.assertIn("equal", result.stdout, everything)
        return int(re.search(r"first (\d+)", result.stdout).group(1)), everything

    def test_ten_sizes(self):
        codes = []
        for part in range(10):
            size = int(self.bytes * (0.05 + 0.3 * part)) // 4096 * 4096
            with self.subTest(size=size):
                code, log = self.on_disk(size)
                self.assertIn(code, (0, 4), log)
                if code == 4:
                    self.assertRegex(log, r"free|No space left", log)
                codes.append(code)
        self.assertEqual(codes, sorted(codes, reverse=True), "a larger disk is no worse")
        self.assertEqual((codes[0], codes[-1]), (4, 0))

    def test_needs_more_than_is_free(self):
        code, log = self.on_disk(int(self.bytes * 0.8))
        self.assertEqual(code, 4)
        self.assertRegex(log, r"disk/run needs [\d.]+ KiB of disk space and there are [\d.]+ KiB free: [\d.]+ KiB "
                              r"for\s+activations.h5")

    def test_filled_in_the_middle(self):
        # A neighbour takes all that is left when the first trial is done.
        command = self.shell(self.command("run", self.sweep, "--out", "disk/run", "--checkpoint-every", 0))
        fill = "cat /dev/zero > disk/filler 2>/dev/null"
        for line in ("of activations", " done in ", "estimating "):
            with self.subTest(filled_at=line):
                watch = (f"{{ {command} 2>&1; echo exit $?; }} | while read -r line; do echo \"$line\"; "
                         f"case \"$line\" in *'{line}'*) {fill} || true;; esac; done | tee log.txt; "
                         "(exit $(sed -n 's/^exit //p' log.txt))")
                code, log = self.on_disk("16M", before=f"( {watch} )")
                self.assertIn(code, (0, 4), log)
                if code == 4:
                    self.assertRegex(log, r"free|No space left", log)


if __name__ == "__main__":
    harness.main()
