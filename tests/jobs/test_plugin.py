"""The worked example of a plugin is built as its README says, and its networks train beside our own."""

import os
import pathlib
import subprocess
import unittest

import harness

EXAMPLE = harness.SWEEPS.parent / "plugins" / "two_paths"


class Plugin(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.built = pathlib.Path(os.environ["INFOPLANE_TEST_SCRATCH"]) / "two_paths"
        for words in (["cmake", "-S", EXAMPLE, "-B", cls.built], ["cmake", "--build", cls.built]):
            # Ninja builds the program as well; make is not everywhere.
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                                  env={**os.environ, "CMAKE_GENERATOR": "Ninja"})
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr)
        cls.library = cls.built / "libtwo_paths.so"

    def test_its_networks_run_beside_ours_on_any_number_of_ranks(self):
        short = ["--set", "training.epochs=3", "--set", "record.rows=200", "--plugin", self.library]
        sweep = EXAMPLE / "two-paths.toml"
        plan = self.infoplane("plan", sweep, "--plugin", self.library).stdout
        self.assertRegex(plan, r"recorded layers +10-2-12-2; 8-8-4-2; 10-4-2\n")
        self.infoplane("run", sweep, "--out", "one", *short)
        self.infoplane("run", sweep, "--out", "three", *short, ranks=3)
        self.infoplane("verify", "one")
        self.assert_equal_runs("one", "three")
        table = self.infoplane("compare", "one").stdout
        for kind in ("two-paths", "funnel", "fcn"):
            self.assertIn(kind, table)

    def test_layers_are_recorded_under_their_names(self):
        import xarray
        self.infoplane("run", EXAMPLE / "two-paths.toml", "--out", "run", "--plugin", self.library,
                       "--set", "training.epochs=2", "--set", "record.rows=200")
        with xarray.open_dataset(self.folder / "run" / "results.nc", group="layers") as layers:
            names = {name: [str(layer) for layer in layers.layer.values[layers.position.values[t] >= 0]]
                     for t, name in enumerate(str(model) for model in layers.param_model.values)}
            follows = layers.follows.values
            kinds = layers.kind.values
        self.assertIn(["wide", "narrow", "joined", "output"], [sorted(n, key=["wide", "narrow", "joined", "output"].index)
                                                              for m, n in names.items() if "two-paths" in m])
        self.assertTrue(any(set(n) == {"first", "bend", "second", "output"} for n in names.values()), names)
        self.assertIn("joined", kinds)
        self.assertIn(0, follows[:, :])
        with xarray.open_dataset(self.folder / "run" / "results.nc") as root:
            self.assertRegex(root.attrs["plugins"], r"^libtwo_paths\.so [0-9a-f]{16}$")

    def test_what_is_wrong_is_said(self):
        sweep = EXAMPLE / "two-paths.toml"
        error = self.infoplane("plan", sweep, code=2).stderr
        self.assertIn('model.kind = "two-paths" at', error)
        self.assertIn("(--plugin brings more)", error)
        error = self.infoplane("plan", sweep, "--plugin", "nowhere.so", code=4).stderr
        self.assertIn("the plugin nowhere.so is no file", error)
        (self.folder / "text.so").write_text("no library\n" * 100)
        error = self.infoplane("run", sweep, "--plugin", "text.so", code=4, ranks=2).stderr
        self.assertIn("the plugin text.so cannot be loaded: ", error)
        other = "/lib/x86_64-linux-gnu/libz.so.1"
        if pathlib.Path(other).exists():
            error = self.infoplane("plan", sweep, "--plugin", other, code=4).stderr
            self.assertIn("has no infoplane_plugin_interface()", error)
        error = self.infoplane("plan", sweep, "--plugin", self.library, "--plugin", self.library, code=2).stderr
        self.assertIn('two networks want to be model.kind = "two-paths"', error)

    def of_kind(self, kind):
        return self.write_sweep(harness.SMALL_SWEEP.replace("hidden = [6, 4]", f'kind = "{kind}"\nhidden = [6]'))

    def test_networks_that_are_none_are_refused_at_their_place_in_the_sweep(self):
        for kind, why in {
                "nothing": "what was registered for it returned no network",
                "constructor": "making it failed: no such weights",
                "forward": "its forward() failed: no such path",
                "other-exception": "its forward() failed: it threw something that is no std::exception",
                "shapes": "its forward() failed: ",
                "no-tensor": "layer extra has to be [row][...] for 1 row, and is no tensor",
                "number": "layer extra has to be [row][...] for 1 row, and is a single number",
                "slash": 'a layer cannot be called "a/b"',
                "twice": "two of its layers are called h1",
                "classes": "it gives 3 scores for each row, and szt has 2 classes",
                "no-output": "its forward() does not end with output(logits)",
                "flat-output": "output() takes scores, [row][class]"}.items():
            on_ranks = [(("run", "--out", "run"), 2)] if kind in ("nothing", "shapes", "other-exception") else []
            for words, ranks in [(("plan",), 0), *on_ranks]:
                with self.subTest(kind=kind, ranks=ranks):
                    error = self.infoplane(*words, self.of_kind(kind), "--plugin", os.environ["INFOPLANE_TROUBLE"],
                                           code=2, ranks=ranks).stderr
                    self.assertIn(f'model.kind = "{kind}" at', error)
                    self.assertIn(why, error)
                    self.assertNotIn("frame #", error)
                    self.assertNotIn("terminate called", error)

    def test_what_goes_wrong_while_it_is_measured_is_said_of_the_network(self):
        for kind, why in {"other-size-later": "layer extra changed its size", "fails-later": "no std::exception"}.items():
            error = self.infoplane("plan", self.of_kind(kind), "--plugin", os.environ["INFOPLANE_TROUBLE"],
                                   "--calibrate=1", code=2).stderr
            self.assertIn(f'model.kind = "{kind}"', error)
            self.assertIn(why, error)

    def test_what_goes_wrong_later_fails_its_trials_alone(self):
        for kind, why in {"other-name-later": "layer late came where it was not before",
                          "other-size-later": "layer extra changed its size from 12 to 2 numbers a row",
                          "fails-later": "no std::exception"}.items():
            with self.subTest(kind=kind):
                self.infoplane("run", self.of_kind(kind), "--plugin", os.environ["INFOPLANE_TROUBLE"], "--out", kind,
                               code=3, ranks=2)
                self.assertEqual(self.infoplane("compare", kind).stdout.count(why), 4)

    def test_a_run_with_a_plugin_is_estimated_without_it(self):
        self.infoplane("run", self.of_kind("slow"), "--plugin", os.environ["INFOPLANE_TROUBLE"], "--out", "run")
        self.assertNotIn("plugins", self.infoplane("estimate", "run", "--sigma2", "0.5").stderr)

    def test_a_plugin_of_another_interface_is_refused(self):
        source = self.folder / "old.cpp"
        source.write_text('extern "C" const char* infoplane_plugin_interface() { return "infoplane plugin 0"; }\n')
        subprocess.run(["g++", "-shared", "-fPIC", "-o", self.folder / "old.so", source], check=True)
        error = self.infoplane("plan", EXAMPLE / "two-paths.toml", "--plugin", "old.so", code=4).stderr
        self.assertIn('the plugin old.so was built for "infoplane plugin 0", this is "infoplane plugin ', error)


if __name__ == "__main__":
    harness.main()
