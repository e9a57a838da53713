"""Every sweep that is shipped can be planned, and its short form, named in its header, runs."""

import re
import shlex
import subprocess
import sys

import harness


class Sweeps(harness.ProgramTest):
    def test_every_sweep_plans_and_its_short_form_runs(self):
        files = sorted(harness.SWEEPS.glob("*.toml"))
        self.assertGreaterEqual(len(files), 12)
        run = 0
        for sweep in files:
            with self.subTest(sweep=sweep.name):
                header = sweep.read_text().split("\n[", 1)[0]
                for part in ("# Cost: ", "# What to look for", f"infoplane run sweeps/{sweep.name}"):
                    self.assertIn(part, header)
                short = re.search(r"^# Short form: (.*)$", header, re.MULTILINE)
                self.assertIsNotNone(short, f"{sweep.name} has no line '# Short form: --set ...'")
                short = shlex.split(short.group(1))
                lacking = self.lacking(sweep)
                if lacking:
                    print(f"{sweep.name} is left out: {lacking}", file=sys.stderr)
                    continue
                for line in self.infoplane("plan", sweep).stdout.splitlines():
                    self.assertLessEqual(len(line), 80, line)
                out = "run-" + sweep.stem
                self.infoplane("run", sweep, "--out", out, *short, ranks=2)
                self.infoplane("verify", out)
                run += 1
        self.assertGreaterEqual(run, 4, "szt needs no data")

    def lacking(self, sweep):
        """The message, where the data set is not on this machine or not in this build."""
        plan = subprocess.run(self.command("plan", sweep), capture_output=True, text=True)
        not_built = re.search("without a (loader|network)", plan.stderr)
        return plan.stderr.strip() if plan.returncode == 4 or not_built else ""

    def test_the_resolved_sweep_is_the_same_sweep(self):
        sweep = self.write_sweep()
        self.infoplane("run", sweep, "--out", "run")
        for other in ([], ["--set", "data.root=elsewhere"]):
            again = self.infoplane("run", "run/sweep.toml", "--out", "run", *other)
            self.assertIn("nothing left to do", again.stderr)

    def test_networks_of_several_shapes_in_one_run(self):
        """Tables in the grid: each trial has its own layers, and one comparison has all of them."""
        sweep = self.write_sweep(harness.SMALL_SWEEP.split("[grid]")[0] + """[grid]
model = [{ hidden = [6, 4] }, { hidden = [5] }, { kind = "fcn", hidden = [3, 3, 3] }]
"training.momentum" = [0.0, 0.5]
training = [{ optimizer = "adam" }, { optimizer = "sgd", learning_rate = 0.1 }]
""")
        plan = self.infoplane("plan", sweep).stdout
        self.assertRegex(plan, r"trials +9, 3 points of the grid left out")
        self.assertRegex(plan, r"recorded layers +6-4-2; 5-2; 3-3-3-2\n")
        self.assertIn("model fcn hidden=3-3-3, momentum 0.5, training sgd\n", plan)
        self.infoplane("run", sweep, "--out", "run", ranks=2)
        self.infoplane("verify", "run")
        table = self.infoplane("compare", "run").stdout
        self.assertEqual(table.count("fcn hidden=5 "), 3, table)
        self.assertEqual(table.count("sgd"), 6, table)


if __name__ == "__main__":
    harness.main()
