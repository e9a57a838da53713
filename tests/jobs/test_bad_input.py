"""What a user can do wrong: the exit code and the sentence for each."""

import fcntl
import math
import os
import resource
import shutil
import subprocess

import h5py

import harness

USAGE = 2
BAD_INPUT = 4

# HDF5 locks files then, as one from before 1.10.7 does by itself.
LOCKS = {"HDF5_USE_FILE_LOCKING": "TRUE"}


class BadInputTest(harness.ProgramTest):
    def expect(self, code, part, *words, ranks=0, env=None):
        result = self.infoplane(*words, code=code, ranks=ranks, env=env)
        self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")
        for leak in ("terminate called", "frame #", "HDF5-DIAG", "Exception raised from", "what():"):
            self.assertNotIn(leak, result.stderr)
        return result


class BadCommandLines(BadInputTest):
    def test_command_lines(self):
        sweep = self.write_sweep()
        for part, words in [
            ("no command given", []),
            ('unknown command "comprae" (did you mean "compare"?', ["comprae"]),
            ('unknown command "runn" (did you mean "run"?', ["help", "runn"]),
            ("SWEEP is required", ["run"]),
            ("--bogus", ["run", sweep, "--bogus"]),
            ("--threads", ["run", sweep, "--threads", "0"]),
            ("--threads", ["run", sweep, "--threads", "many"]),
            ("--set training.epochs is not key=value", ["run", sweep, "--set", "training.epochs"]),
            ('unknown key "training.epoch" at --set training.epoch=1 (did you mean "training.epochs"?',
             ["plan", sweep, "--set", "training.epoch=1"]),
            ("needs --sigma2 or --drop", ["estimate", "run"]),
            ("estimate.sigma2 = -1 at --sigma2 -1 (must be a positive number)", ["estimate", "run", "--sigma2=-1"]),
            ("excludes --", ["compare", "run", "--csv", "--json"]),
            ("excludes --", ["plot", "run", "--trial", "a", "--where", "seed=1"]),
            ("--out: must not be empty", ["run", sweep, "--out", ""]),
        ]:
            with self.subTest(words=words):
                self.expect(USAGE, part, *words)

    def test_threads_from_the_environment(self):
        for value in ("0", "many", "-1", ""):
            with self.subTest(value=value):
                result = self.infoplane("run", self.write_sweep(), code=USAGE, env={"INFOPLANE_THREADS": value})
                self.assertIn(f'INFOPLANE_THREADS = "{value}" (must be a whole number from 1 to 1024)', result.stderr)

    def test_a_full_stdout(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run(self.command("--version"), stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=harness.TIMEOUT_S)
        self.assertEqual(result.returncode, BAD_INPUT)
        self.assertIn("cannot write to stdout (No space left on device)", result.stderr)

    def test_sweep_files(self):
        self.expect(BAD_INPUT, "cannot read missing.toml (No such file or directory)", "plan", "missing.toml")
        self.expect(BAD_INPUT, "(Is a directory)", "plan", self.folder)
        wrong = self.write_sweep("[training]\nlerning_rate = 1\n", "wrong.toml")
        result = self.expect(USAGE, 'wrong.toml:2:1 (did you mean "learning_rate"?', "run", wrong, ranks=3)
        self.assertEqual(result.stderr.count("did you mean"), 1, "said once, not by every rank")
        self.assertFalse((self.folder / "runs").exists())
        rows = self.write_sweep("[record]\nrows = 5000\n", "rows.toml")
        self.expect(USAGE, "record.rows = 5000 at " + str(rows) + ":2:8 (the data set szt has 4096 rows)", "plan", rows)
        no_tests = self.write_sweep('[data]\ntrain_fraction = 1\n[record]\nrows = "test"\n', "none.toml")
        self.expect(USAGE, "record.rows leaves 0 rows to record", "plan", no_tests)


class BadFiles(BadInputTest):
    def flip(self, path, offset):
        data = bytearray(path.read_bytes())
        data[offset] ^= 0x10
        path.write_bytes(data)

    def setUp(self):
        super().setUp()
        self.sweep = self.write_sweep()
        self.infoplane("run", self.sweep, "--out", "run")
        self.run_folder = self.folder / "run"

    def copy_run(self, name):
        return shutil.copytree(self.run_folder, self.folder / name)

    def test_output_folders(self):
        self.expect(BAD_INPUT, "cannot make the folder /proc/infoplane", "run", self.sweep, "--out", "/proc/infoplane/x")
        (self.folder / "file").write_text("x")
        self.expect(BAD_INPUT, "file is a file, not a folder for a run", "run", self.sweep, "--out", "file")
        (self.folder / "full").mkdir()
        (self.folder / "full" / "thesis.tex").write_text("x")
        self.expect(USAGE, "the folder full holds other things (such as thesis.tex)", "run", self.sweep, "--out", "full",
                    ranks=2)

    def test_a_disk_that_is_too_small_shows_before_anything_is_trained(self):
        self.need_mounts()
        (self.folder / "disk").mkdir()
        mount = 'mount -t tmpfs -o size=1m none disk && exec "$@"'
        run = self.command("run", self.sweep, "--out", "disk/run", "--set", "record.rows=4096")
        result = subprocess.run(["unshare", "-m", "sh", "-c", mount, "sh", *run], capture_output=True, text=True,
                                timeout=harness.TIMEOUT_S, cwd=self.folder)
        self.assertEqual(result.returncode, BAD_INPUT, result.stderr)
        self.assertRegex(result.stderr, r"disk/run needs [0-9.]+ MiB of disk space and there are .* free")
        self.assertNotIn("done in", result.stderr)

    def test_a_disk_that_is_too_small_for_the_skeleton(self):
        limit = 1 << 14  # on the size of files; it stands for the disk
        result = subprocess.run(
            self.command("run", self.sweep, "--out", "small"), capture_output=True, text=True,
            timeout=harness.TIMEOUT_S, cwd=self.folder, restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(result.returncode, BAD_INPUT, result.stderr)
        self.assertIn("File too large", result.stderr)
        # With room the same command starts over.
        self.infoplane("run", self.sweep, "--out", "small")

    def test_a_ledger_and_results_that_disagree(self):
        # As after a power cut between two writes: the ledger says done, the results do not.
        copy = self.copy_run("cut")
        with harness.results_being_written(copy / "results.nc") as file:
            file["trials/state"][1] = 1
            file["metrics/train_loss"][1, :] = float("nan")
        self.infoplane("verify", "cut", code=3)
        result = self.infoplane("run", self.sweep, "--out", "cut", ranks=2)
        self.assertIn("its results are not all there: training it again", result.stderr)
        self.assert_equal_runs("run", "cut")

    def test_an_estimate_that_is_not_all_there(self):
        # As after a power cut: some pages of the file reached the disk, some did not.
        for number in ("pairwise/error_bits", "pairwise/sigma2_used", "distances/quantiles", "distances/rank_error"):
            with self.subTest(number):
                copy = self.copy_run(number.replace("/", "-"))
                with harness.results_being_written(copy / "results.nc") as file:
                    self.assertFalse((file[number][1, 2] != file[number][1, 2]).any(), "nothing is missing before")
                    file[number][1, 2, 0] = float("nan")
                result = self.infoplane("run", self.sweep, "--out", copy.name)
                self.assertIn("estimated 1 snapshot", result.stderr)
                self.assert_equal_runs("run", copy.name)

    def test_results_with_other_layers_than_the_plan(self):
        # As when the plugin of a trial that is done has got other layers since: indices would be those of others.
        copy = self.copy_run("other")
        with h5py.File(copy / "activations.h5", "r+") as file:
            file["ledger/state"][3] = 0
        with harness.results_being_written(copy / "results.nc") as file:
            file["trials/state"][3] = 0
            layers = file["pairwise/layer"]
            layers[0] = b"h9"
        result = self.expect(BAD_INPUT, "the trials of the sweep have other layers than other/results.nc", "run",
                             self.sweep, "--out", "other", ranks=2)
        self.assertIn("Bring these back", result.stderr)

    def test_estimating_without_activations(self):
        copy = self.copy_run("bare")
        (copy / "activations.h5").unlink()
        before = (copy / "results.nc").read_bytes()
        self.expect(BAD_INPUT, "there is nothing to estimate at other noise. The results stay", "estimate", "bare",
                    "--sigma2", "5", ranks=2)
        self.assertEqual((copy / "results.nc").read_bytes(), before)
        self.infoplane("estimate", "bare", "--sigma2", "0.1")  # is there
        self.infoplane("run", self.sweep, "--out", "bare")

    def test_no_run_is_begun_over_trained_trials(self):
        for gone in (["sweep.toml"], ["sweep.toml", "results.nc"], ["sweep.toml", "activations.h5"]):
            with self.subTest(gone=gone):
                copy = self.copy_run("without-" + "-".join(gone))
                for name in gone:
                    (copy / name).unlink()
                result = self.expect(BAD_INPUT, "has trials that were trained, and", "run", self.sweep, "--out",
                                     copy.name, "--set", "training.epochs=7", ranks=2)
                self.assertIn("no run is begun over them", result.stderr)

    def test_a_sweep_that_is_not_all_there(self):
        copy = self.copy_run("cut")
        text = (copy / "sweep.toml").read_text()
        (copy / "sweep.toml").write_text(text[:len(text) // 2])
        self.assertIn("cut/sweep.toml is not the sweep of results.nc",
                      self.infoplane("verify", "cut", code=3).stdout)

    def test_epochs_that_no_trial_reaches(self):
        for command in (["plan", self.sweep], ["run", self.sweep, "--out", "short"]):
            said = self.infoplane(*command, "--set", "training.epochs=3")
            self.assertIn("record.epochs has 6, and no trial is trained for more than 3 epochs: not recorded",
                          " ".join((said.stdout + said.stderr).split()))

    def test_a_run_that_is_being_looked_at(self):
        with harness.results_being_written(self.run_folder / "results.nc") as file:
            file["pairwise/error_bits"][0, 0, 0, 0] = float("nan")
        with h5py.File(self.run_folder / "results.nc", "r"):
            self.expect(BAD_INPUT, "another program has it open, which may be one that looks at it", "run", self.sweep,
                        "--out", "run", env=LOCKS)
            self.infoplane("run", self.sweep, "--out", "run")
        with h5py.File(self.run_folder / "results.nc", "r") as file:
            self.assertFalse(math.isnan(file["pairwise/error_bits"][0, 0, 0, 0]))

    def test_stopped_before_it_knows_what_is_left(self):
        stopped = self.infoplane("estimate", "run", "--sigma2", "0.7", "--time-budget", "1", ranks=2, code=75)
        self.assertIn("the time is up", stopped.stderr)
        self.infoplane("run", self.sweep, "--out", "run", "--time-budget", "1", ranks=2, code=75)
        self.infoplane("estimate", "run", "--sigma2", "0.7")

    def test_looking_at_a_run_that_is_being_written(self):
        copy = self.copy_run("written")
        with harness.results_being_written(copy / "results.nc") as file:
            file["pairwise/I_XT"][0, 0, 0, 0, 0] = float("nan")
            file.flush()
            self.infoplane("compare", "written")
            self.infoplane("plot", "written")
            said = self.infoplane("verify", "written", code=3).stdout
            self.assertIn("has no checksum yet: a job writes it", " ".join(said.split()))
        with h5py.File(self.run_folder / "results.nc", "r+"):
            for command in ("compare", "plot", "verify"):
                result = self.expect(BAD_INPUT, "run/results.nc is in use: a job writes it", command, "run", env=LOCKS)
                self.assertNotIn("damaged", result.stderr)

    def test_activations_of_another_run(self):
        self.infoplane("run", self.sweep, "--out", "larger", "--set", "grid.training.learning_rate=[1e-3, 2e-3, 4e-3]")
        copy = self.copy_run("mixed")
        shutil.copy(self.folder / "larger" / "activations.h5", copy / "activations.h5")
        for sigma2 in ("0.1", "7"):
            before = (copy / "results.nc").read_bytes()
            self.expect(BAD_INPUT, "activations.h5 belongs to another run", "estimate", "mixed", "--sigma2", sigma2,
                        ranks=2)
            self.assertEqual((copy / "results.nc").read_bytes(), before)

    def test_a_rank_alone_that_cannot_open_the_results(self):
        # One rank sees another file system, as on a cluster where a mount is missing on one node.
        self.need_mounts()
        hide = ('if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then exec unshare -m sh -c '
                '\'mount -t tmpfs none cut && exec "$@"\' sh "$@"; else exec "$@"; fi')
        self.copy_run("cut")
        command = self.command("estimate", "cut", "--sigma2", "3", ranks=2)
        at = command.index(harness.INFOPLANE)
        result = subprocess.run(command[:at] + ["sh", "-c", hide, "sh"] + command[at:], capture_output=True, text=True,
                                timeout=harness.TIMEOUT_S, cwd=self.folder)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("rank 1: no such file: cut/", result.stderr)

    def test_another_sweep(self):
        result = self.expect(USAGE, "run holds a run of another sweep", "run", self.sweep, "--out", "run", "--set",
                             "training.epochs=7", ranks=2)
        self.assertIn("- training.epochs = 6", result.stderr)
        self.assertIn("+ training.epochs = 7", result.stderr)
        result = self.expect(USAGE, "infoplane estimate run --sigma2", "run", self.sweep, "--out", "run", "--set",
                             "estimate.sigma2=[1]")
        self.need_cores(2)
        self.expect(USAGE, "made with 1 threads per rank, this job has 2", "run", self.sweep, "--out", "run",
                    "--threads", "2")

    def test_more_threads_than_cores(self):
        """The libraries would use fewer, and results get other bits without a word."""
        one_core = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
        for ranks in (0, 2):
            command = self.command("run", self.sweep, "--out", "bound", "--threads", "2", ranks=ranks)
            at = command.index(harness.INFOPLANE)
            result = subprocess.run(command[:at] + one_core + command[at:], capture_output=True, text=True,
                                    timeout=harness.TIMEOUT_S, cwd=self.folder)
            self.assertEqual(result.returncode, USAGE, result.stderr)
            self.assertEqual(result.stderr.count("may run on fewer cores"), 1, result.stderr)
            self.assertIn("--bind-to none", result.stderr)
        self.assertFalse((self.folder / "bound").exists())

    def test_not_a_run(self):
        for words in (["compare"], ["plot"], ["verify"], ["estimate", "--sigma2=1"]):
            self.expect(BAD_INPUT, "nowhere is not a run directory (no such folder)", words[0], "nowhere", *words[1:])
        (self.folder / "empty").mkdir()
        self.expect(BAD_INPUT, "empty is not a run directory (no sweep.toml in it)", "compare", "empty")

    def test_damaged_results(self):
        for name, damage in {
            "missing": lambda path: path.unlink(),
            "empty": lambda path: path.write_bytes(b""),
            "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
            "text": lambda path: path.write_text("this is no HDF5 file"),
        }.items():
            with self.subTest(name):
                copy = self.copy_run(name)
                damage(copy / "results.nc")
                part = "no such file: " if name == "missing" else "results.nc is damaged, or not a file of infoplane"
                self.expect(BAD_INPUT, part, "compare", name)
                self.expect(BAD_INPUT, part, "run", self.sweep, "--out", name, ranks=2)

    def test_damaged_activations(self):
        copy = self.copy_run("short")
        path = copy / "activations.h5"
        os.truncate(path, path.stat().st_size // 2)
        self.expect(BAD_INPUT, "activations.h5 is damaged, or not a file of infoplane", "estimate", "short", "--sigma2=9",
                    ranks=2)
        self.expect(BAD_INPUT, "activations.h5 is damaged, or not a file of infoplane", "verify", "short")

    def test_a_flipped_bit_is_found_and_the_trial_trained_again(self):
        copy = self.copy_run("flipped")
        path = copy / "activations.h5"
        with h5py.File(path, "r") as file:
            layer = next(iter(file["trials"].values()))["h1"]
            offset = layer.id.get_offset() + layer.id.get_storage_size() // 2
            trial = file["ledger/id"][:].tolist().index(next(iter(file["trials"])).encode())
        self.flip(path, offset)
        # Attempts of a training that had its end are no reason to put it in quarantine.
        with h5py.File(path, "r+") as file:
            file["ledger/attempts"][trial] = 9
        found = self.infoplane("verify", "flipped", code=3).stdout
        self.assertIn("do not have the checksum of the ledger", found)
        result = self.infoplane("run", self.sweep, "--out", "flipped", ranks=2)
        self.assertIn("its activations are damaged: training it again", result.stderr)
        self.assert_equal_runs("run", "flipped")
        with h5py.File(path, "r") as file:
            self.assertEqual(file["ledger/attempts"][trial], 1)

    def test_a_flipped_bit_in_a_packed_run(self):
        copy = self.copy_run("packed")
        self.infoplane("pack", "packed")
        path = copy / "activations.h5"
        with h5py.File(path, "r") as file:
            chunk = next(iter(file["trials"].values()))["h1"].id.get_chunk_info(1)
        self.flip(path, chunk.byte_offset + chunk.size // 2)
        self.assertIn("do not have the checksum of the ledger", self.infoplane("verify", "packed", code=3).stdout)
        self.expect(BAD_INPUT, "infoplane pack --undo packed comes first", "run", self.sweep, "--out", "packed", ranks=2)
        unpacked = self.infoplane("pack", "--undo", "packed")
        self.assertNotIn("checksums hold", unpacked.stdout)
        self.assertIn("1 trial was damaged before and still is; infoplane run", unpacked.stderr)
        result = self.infoplane("run", self.sweep, "--out", "packed", ranks=2)
        self.assertIn("its activations are damaged: training it again", result.stderr)
        self.assert_equal_runs("run", "packed")

    def test_a_run_in_use(self):
        with open(self.run_folder / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.expect(BAD_INPUT, "run is being written by another job (process ", "run", self.sweep, "--out", "run",
                        ranks=2)

    def test_choices_that_are_not_there(self):
        self.expect(USAGE, "no estimates at sigma2 = 0.5 (there are: 0.001, 0.1)", "compare", "run", "--sigma2", "0.5")
        self.expect(USAGE, 'no bound "mine" in this run (there are: kl, bd)', "compare", "run", "--bound", "mine")
        self.expect(USAGE, 'cannot sort by "speed" (columns: test_accuracy', "compare", "run", "--sort", "speed")
        self.expect(USAGE, 'no trial "zzz" in this run', "plot", "run", "--trial", "zzz")


if __name__ == "__main__":
    harness.main()
