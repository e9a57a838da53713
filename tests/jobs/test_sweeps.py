"""Every sweep that is shipped can be planned, and its short form, named in its header, runs."""

import re
import shlex

import harness


class Sweeps(harness.ProgramTest):
    def test_every_sweep_plans_and_its_short_form_runs(self):
        files = sorted(harness.SWEEPS.glob("*.toml"))
        self.assertGreaterEqual(len(files), 2)
        for sweep in files:
            with self.subTest(sweep=sweep.name):
                self.infoplane("plan", sweep)
                short = re.search(r"^# Short form: (.*)$", sweep.read_text(), re.MULTILINE)
                self.assertIsNotNone(short, f"{sweep.name} has no line '# Short form: --set ...'")
                out = "run-" + sweep.stem
                self.infoplane("run", sweep, "--out", out, *shlex.split(short.group(1)), ranks=2)
                self.infoplane("verify", out)

    def test_the_resolved_sweep_is_the_same_sweep(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        self.assertIn("nothing left to do", self.infoplane("run", "run/sweep.toml", "--out", "run").stderr)


if __name__ == "__main__":
    harness.main()
