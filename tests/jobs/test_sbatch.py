"""The script that infoplane sbatch makes; what becomes of such jobs is in tests/slurm."""

import os
import pathlib
import re
import shutil
import subprocess

import harness


class Sbatch(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.write_sweep()

    def script(self, *words, env=None):
        text = self.infoplane("sbatch", self.sweep, "--dry-run", *words, env=env).stdout
        check = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertNotRegex(text, r"@[a-z_]+@")
        self.assertFalse((self.folder / "runs").exists(), "a dry run makes nothing")
        return text

    def options(self, text):
        """What sbatch sees: of what is said twice the last."""
        lines = [line[len("#SBATCH --"):] for line in text.splitlines() if line.startswith("#SBATCH --")]
        return dict(line.split("=", 1) if "=" in line else (line, "") for line in lines)

    def test_defaults(self):
        text = self.script()
        self.assertEqual(self.options(text), {
            "job-name": "small", "output": f"{self.folder.resolve()}/runs/small/log/slurm-%j.log", "open-mode": "append",
            "requeue": "", "nodes": "1", "ntasks-per-node": "1", "signal": "B:USR1@120"})
        self.assertIn('\nlaunch=(mpirun -n "$ranks")\n', text)
        self.assertIn(f"\ncommand=({harness.INFOPLANE} run {self.sweep} --out \"$run\" --threads 1)\n", text)
        self.assertTrue(text.startswith("#!/bin/bash\n#SBATCH "))

    def test_what_is_asked_for(self):
        text = self.script("--nodes", 2, "--ranks-per-node", 64, "--time", "10", "--partition", "long", "--account", "p 1",
                           "--launcher", "srun", "--threads", 4, "--max-restarts", 3, "--out", "my run", "--",
                           "--set", "model.hidden=[3, 4]")
        options = self.options(text)
        expected = {"nodes": "2", "ntasks-per-node": "64", "time": "10", "partition": "long", "cpus-per-task": "4",
                    "signal": "B:USR1@120"}
        self.assertEqual({key: options[key] for key in expected}, expected)
        self.assertIn("\nlaunch=(srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task=4)\n", text)
        self.assertIn("--threads 4 --set 'model.hidden=[3, 4]')\n", text)
        self.assertIn("\nmost_restarts=3\n", text)
        self.assertIn(f"\nrun='{self.folder.resolve()}/my run'\n", text)
        # sbatch reads its lines as a shell would.
        self.assertIn('\n#SBATCH --account="p 1"\n', text)
        self.assertIn(f'\n#SBATCH --output="{self.folder.resolve()}/my run/log/slurm-%j.log"\n', text)
        self.assertIn("#SBATCH --signal=B:USR1@12\n", self.script("--time", "1:00"))

    def test_an_array(self):
        text = self.script("--array", 3)
        options = self.options(text)
        self.assertEqual(options["array"], "1-3")
        self.assertTrue(options["output"].endswith("/runs/small.%a-of-3/log/slurm-%A_%a.log"), options)
        self.assertIn('/runs/small."$SLURM_ARRAY_TASK_ID"-of-3\n', text)
        self.assertIn('--shard "$SLURM_ARRAY_TASK_ID"/3 --threads 1)\n', text)
        error = self.infoplane("sbatch", self.sweep, "--dry-run", "--array", 5, code=2).stderr
        self.assertIn("the sweep has 4 trials only", error)

    def launch(self, *words, ranks=2):
        """The words that ranks are started with."""
        text = self.script(*words)
        block = text[text.index("\nranks="):text.index("\ncd ")]
        done = subprocess.run(["bash", "-uc", block + '\necho "${launch[*]}"'], check=True, stdout=subprocess.PIPE,
                              text=True, env={**os.environ, "SLURM_NTASKS": str(ranks)})
        return done.stdout.strip()

    def test_threads_of_a_rank_get_cores(self):
        srun = "srun --mpi=pmix --kill-on-bad-exit=1"
        for words, one, four in (
                ([], "mpirun -n 2", "mpirun -n 2 --bind-to none"),
                (["--launcher", "srun"], srun, srun + " --cpus-per-task=4"),
                (["--machine", "slurm-pmix"], srun, srun + " --cpus-per-task=4"),
                (["--machine", "one-node"], "mpirun -n 2 --bind-to core --mca btl ^tcp",
                 "mpirun -n 2 --bind-to none --mca btl ^tcp")):
            with self.subTest(words=words):
                self.assertEqual(self.launch(*words), one)
                self.assertEqual(self.launch(*words, "--threads", 4), four)

    def test_threads_are_those_of_the_submission(self):
        """SLURM hands on the environment, which may say something else."""
        for words, threads in (([], 3), (["--threads", 1], 1)):
            text = self.script(*words, env={"INFOPLANE_THREADS": "3"})
            self.assertIn(f'--out "$run" --threads {threads})\n', text)
            self.assertIn(f" --threads {threads} ", text[:text.index("# Starts the sweep")])

    def test_line_breaks(self):
        text = self.script("--", "--set", "grid.training.seed=[1,\n2]")
        self.assertIn("--set 'grid.training.seed=[1,\n#   2]'\n# Starts the sweep", text)
        self.assertIn("--set 'grid.training.seed=[1,\n2]')\n", text)
        for option in ("--out", "--partition", "--account"):
            error = self.infoplane("sbatch", self.sweep, "--dry-run", option, "a\nb", code=2).stderr
            self.assertRegex(error, f"{option}\\)? has a line break")

    def test_machines(self):
        machine = self.folder / "tiny.sh"
        machine.write_text("# ours\n#@resources@\n#SBATCH --nodes=3\n#SBATCH --exclusive\n"
                           "#@modules@\nmodule load mpi\n\n#@launch@\nlaunch=(mpiexec --tiny)\n")
        by_path = self.script("--machine", machine)
        self.assertEqual(self.options(by_path)["nodes"], "3")
        self.assertIn("\nmodule load mpi\n", by_path)
        self.assertIn("\nlaunch=(mpiexec --tiny)\n", by_path)
        self.assertNotIn("# ours", by_path)
        by_name = self.script("--machine", "tiny", env={"INFOPLANE_MACHINES": str(self.folder)})
        from_variable = self.script(env={"INFOPLANE_MACHINES": str(self.folder), "INFOPLANE_MACHINE": "tiny"})
        self.assertEqual(self.options(by_name), self.options(by_path))
        self.assertEqual(self.options(from_variable), self.options(by_path))
        self.assertEqual(self.options(self.script("--machine", machine, "--nodes", 7))["nodes"], "7")
        for shipped in (harness.SWEEPS.parent / "slurm" / "machines").glob("*.sh"):
            self.script("--machine", shipped.stem)
        error = self.infoplane("sbatch", self.sweep, "--machine", "nowhere", code=4).stderr
        self.assertIn("no file nowhere.sh", error)
        self.assertIn("example", error)
        machine.write_text("#@resource@\n")
        error = self.infoplane("sbatch", self.sweep, "--machine", machine, code=2).stderr
        self.assertIn(f"#@resource@ at {machine}:1 (the blocks are", error)

    def test_submission(self):
        program = self.folder / "bin" / "sbatch"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\ncp "$1" submitted\necho Submitted batch job 7\n')
        program.chmod(0o755)
        env = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
        result = self.infoplane("sbatch", self.sweep, env=env)
        self.assertEqual(result.stdout, "Submitted batch job 7\n")
        script = self.folder / "runs" / "small" / "log" / "job.sh"
        self.assertEqual(script.read_text(), (self.folder / "submitted").read_text())
        # What it has made there does not keep the run from starting.
        self.infoplane("run", self.sweep)
        result = self.infoplane("sbatch", self.sweep, "--array", 2, "--out", "parts", env=env)
        self.assertRegex(result.stderr, r"infoplane merge \S+/parts \S+/parts\.\*-of-2")
        self.assertTrue((self.folder / "parts.2-of-2" / "log").is_dir())
        program.write_text("#!/bin/sh\necho sbatch: error: no partition >&2\nexit 1\n")
        error = self.infoplane("sbatch", self.sweep, env=env, code=4).stderr
        self.assertIn("no partition", error)
        self.assertIn("sbatch refused", error)

    def test_scripts_see_whether_a_run_got_further(self):
        """By this they know when to stop queueing it."""
        run = self.folder / "run"
        checkpoint = run / "checkpoints" / "0123456789ab" / "1.checkpoint"
        checkpoint.parent.mkdir(parents=True)
        for name, variable in (("job.sh", "run"), ("examples/pbs.sh", "out")):
            script = (pathlib.Path(__file__).parents[2] / "slurm" / name).read_text()
            function = re.search(r"^state_of_run\(\) \{.*\}$", script, re.MULTILINE).group()

            def state():
                return subprocess.run(["bash", "-c", f"{variable}={run}\n{function}\nstate_of_run"], check=True,
                                      stdout=subprocess.PIPE).stdout

            states = []
            for path in (run / "results.nc", checkpoint):
                for text in ("some", "more"):
                    path.write_text(text)
                    states.append(state())
                    self.assertEqual(state(), states[-1])
            self.assertEqual(len(set(states)), 4, name)
            checkpoint.unlink()

    def test_until_done_sees_where_the_run_is(self):
        """By what changes there it knows whether to start it again."""
        program = self.folder / "bin" / "mpirun"
        program.parent.mkdir()
        program.write_text('#!/bin/bash\nmkdir -p there\necho line >>there/results.nc\n'
                           '(($(wc -l <there/results.nc) < 3)) && exit 134\nexit 0\n')
        program.chmod(0o755)
        script = pathlib.Path(__file__).parents[2] / "slurm" / "examples" / "until-done.sh"
        for out in (["--out", "there"], ["--out=there"]):
            with self.subTest(out=out):
                shutil.rmtree(self.folder / "there", ignore_errors=True)
                done = subprocess.run([script, "2", "sweep.toml", *out], stderr=subprocess.PIPE, text=True,
                                      cwd=self.folder, timeout=harness.TIMEOUT_S,
                                      env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"})
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stderr.count("starting again"), 2)

    def test_what_is_wrong_is_refused(self):
        for words, why in ((["--time", "soon"], "--time soon (must be minutes, MM:SS"), (["--time", "1:2:3:4"], "--time"),
                           (["--", "--out", "there"], "--out after --"), (["--", "--shard=1/2"], "--array K"),
                           (["--launcher", "ssh"], "--launcher"), (["--", "--set", "model.hiden=[3]"], "hidden"), (["--", "--bogus"], "--bogus"),
                           (["--", "--help"], "options for infoplane run")):
            error = self.infoplane("sbatch", self.sweep, "--dry-run", *words, code=2).stderr
            self.assertIn(why, error)
        error = self.infoplane("sbatch", self.sweep, "--dry-run", "--", "--plugin", "none.so", code=4).stderr
        self.assertIn("the plugin none.so is no file", error)


if __name__ == "__main__":
    harness.main()
