"""What a run will take before it starts, and what the machine will do to it."""

import os

import harness


def table(text):
    """ranks -> (time, core-hours, efficiency, idle) as printed, from the end of what plan says."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:2] == ["ranks", "time"])
    return {int(line.split()[0]): line for line in lines[start + 1:] if line.strip()}


class Foresee(harness.ProgramTest):
    def test_table_of_ranks_is_always_the_same_and_starts_nothing(self):
        sweep = self.write_sweep()
        first = self.infoplane("plan", sweep, "--ranks", "1,8,64,1024").stdout
        rows = table(first)
        self.assertEqual(list(rows), [1, 8, 64, 1024])
        self.assertIn("100 %", rows[1])
        self.assertLessEqual(max(len(line) for line in first.splitlines()), 80)
        self.assertEqual(first, self.infoplane("plan", sweep, "--ranks", "1,8,64,1024").stdout)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sweep.toml"])

    def test_without_ranks_there_is_no_table(self):
        self.assertNotIn("core-hours", self.infoplane("plan", self.write_sweep()).stdout)

    def test_calibration_measures_a_trial_of_each_network(self):
        sweep = self.write_sweep(harness.SMALL_SWEEP.replace(
            '"data.sampling_rate" = [0.2, 1.0]', '"model.hidden" = [[6, 4], [8]]'))
        for words in (["--calibrate", sweep], [sweep, "--calibrate", "1", "--ranks", "2"]):
            with self.subTest(words=words):
                result = self.infoplane("plan", *words)
                self.assertEqual(result.stderr.count(", measured"), 2, result.stderr)
                self.assertIn(2 if "2" in words else 1, table(result.stdout))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sweep.toml"])

    def test_threads_of_ranks_have_a_core_each(self):
        sweep = self.write_sweep()

        def core_hours(threads):
            text = self.infoplane("plan", sweep, "--ranks", "8", "--threads", threads).stdout
            self.assertIn("to estimate, on one core", " ".join(text.split()))  # which the cost model is of
            return float(table(text)[8].split()[-5])

        self.assertAlmostEqual(core_hours(4) / core_hours(1), 4, delta=0.05)
        threads = os.cpu_count() // 2 + 1  # so that there are cores for one rank
        text = self.infoplane("plan", sweep, "--calibrate", "0.5", "--threads", threads).stdout
        self.assertIn(f"on one rank of {threads} threads", " ".join(text.split()))
        self.assertEqual(list(table(text)), [1])

    def test_calibration_under_mpirun(self):
        result = self.infoplane("plan", self.write_sweep(), "--calibrate", "0.5", "--ranks", "1,2", ranks=2)
        self.assertEqual(list(table(result.stdout)), [1, 2])

    def test_calibration_of_gradients_and_noise_rules(self):
        sweep = self.write_sweep(harness.SMALL_SWEEP
                                 .replace("rows = 300", 'rows = 300\ngradients = "examples"')
                                 .replace("sigma2 = [1e-3, 1e-1]", 'sigma2 = ["p90/1000", "p90/1000@last", 0.1]'))
        self.assertIn(", measured", self.infoplane("plan", sweep, "--calibrate", "0.5").stderr)

    def test_nonsense_is_refused(self):
        sweep = self.write_sweep()
        for words in (["--ranks", "0"], ["--ranks", "many"], ["--calibrate", "0"], ["--threads", "0"]):
            with self.subTest(words=words):
                self.infoplane("plan", sweep, *words, code=2)


class Doctor(harness.ProgramTest):
    def test_says_what_is_there_in_80_columns(self):
        text = self.infoplane("doctor").stdout
        for word in ("MPI", "HDF5", "file locking", "threads", "cores and ranks", "free space", "limits", "LibTorch",
                     "CUDA", "nothing will break"):
            self.assertIn(word, text)
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_more_ranks_than_cores(self):
        ranks = len(os.sched_getaffinity(0)) + 1
        text = self.infoplane("doctor", ranks=ranks).stdout
        self.assertIn(f"{ranks} ranks on 1 host", text)
        self.assertIn("they take turns", text)
        self.assertNotIn("not looked at", text)

    def test_workaround_of_open_mpi_is_seen(self):
        text = self.infoplane("doctor", env={"OMPI_MCA_fs_ufs_lock_algorithm": "3"}).stdout
        self.assertNotIn("silently", text)

    def test_folder_that_cannot_be_written(self):
        text = self.infoplane("doctor", "/proc", code=4).stdout
        self.assertIn("nothing can be written there", " ".join(text.split()))
        self.assertIn("1 thing will break", text)


if __name__ == "__main__":
    harness.main()
