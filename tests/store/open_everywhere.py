#!/usr/bin/env python3
"""results.nc as other programs see it: xarray with both engines, netCDF4, h5py, ncdump.

open_everywhere.py EXAMPLE_RESULTS SCRATCH

EXAMPLE_RESULTS writes two trials: the first done at epochs 0, 1, 10 with layer1 and output, the second
stopped after its first epoch. What it writes where is said in example_results.cpp.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import h5py
import netCDF4
import numpy
import xarray

PROGRAM, SCRATCH = sys.argv[1:3]
FILE = pathlib.Path(SCRATCH) / f"open-everywhere-{os.getpid()}.nc"

TRIALS = ["0a1b2c3d4e5f", "beefbeefbeef"]
EPOCHS = [0, 1, 5, 10]
LAYERS = ["layer1", "layer2", "output"]
SIGMA2 = [1e-3, 1e-1, numpy.nan, numpy.nan]  # the last two are rules
NOISE = ["0.001", "0.1", "median", "p90/1000@last"]
PERCENTS = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100]
BOUNDS = ["kl", "bd"]
ACTIVATIONS = ["tanh", "sigm\u00f8id"]
GROUPS = {
    "trials": ("trial",),
    "layers": ("trial", "layer"),
    "metrics": ("trial", "epoch"),
    "gradients": ("trial", "epoch", "layer"),
    "pairwise": ("trial", "epoch", "layer", "sigma2", "bound"),
    "distances": ("trial", "epoch", "layer", "quantile", "bin"),
}
# Variables that do not have all dimensions of their group.
NARROW = {
    "sigma2_used": ("trial", "epoch", "layer", "sigma2"),
    "error_bits": ("trial", "epoch", "layer", "sigma2"),
    "quantiles": ("trial", "epoch", "layer", "quantile"),
    "histogram": ("trial", "epoch", "layer", "bin"),
    "mean": ("trial", "epoch", "layer"),
    "rank_error": ("trial", "epoch", "layer"),
}


def expected_i_xt():
    """[trial][epoch][layer][sigma2][bound], NaN where nothing was estimated."""
    values = numpy.full((2, 4, 3, 4, 2), numpy.nan)
    for e in (0, 1, 3):
        for layer in (0, 2):
            for s in range(4):
                for b in range(2):
                    values[0, e, layer, s, b] = EPOCHS[e] + 0.25 * layer + 0.125 * s + 0.0625 * b
    return values


def same(found, expected):
    """Equal, and NaN at the same places."""
    return numpy.array_equal(numpy.asarray(found, dtype=float), expected, equal_nan=True)


class Xarray:
    """Cases for each engine of xarray."""

    ENGINE = ""

    def open(self, group):
        data = xarray.open_dataset(FILE, group=group, engine=self.ENGINE)
        self.addCleanup(data.close)
        return data

    def test_dimensions_have_names(self):
        for group, dims in GROUPS.items():
            data = self.open(group)
            self.assertEqual(set(data.sizes), set(dims))
            self.assertGreater(len(data.data_vars), 0)
            for name, variable in data.data_vars.items():
                self.assertEqual(variable.dims, NARROW.get(name, dims), f"{group}/{name}")

    def test_axes(self):
        data = self.open("pairwise")
        self.assertEqual(list(data.trial.values), TRIALS)
        self.assertEqual(list(data.epoch.values), EPOCHS)
        self.assertEqual(list(data.layer.values), LAYERS)
        self.assertTrue(same(data.sigma2.values, numpy.array(SIGMA2)))
        self.assertEqual(data.noise.dims, ("sigma2",))
        self.assertEqual(list(data.noise.values), NOISE)
        self.assertEqual(list(data.bound.values), BOUNDS)

    def test_hyperparameters_are_coordinates_of_the_trials(self):
        for group in GROUPS:
            data = self.open(group)
            self.assertEqual(
                {name for name in data.coords if name.startswith("param_")},
                {"param_training_learning_rate", "param_training_seed", "param_model_activation"}, group)
            self.assertEqual(data.param_training_learning_rate.dims, ("trial",))
            self.assertEqual(list(data.param_training_learning_rate.values), [0.5, 4e-4])
            self.assertEqual(data.param_training_learning_rate.attrs["key"], "training.learning_rate")
            self.assertEqual(list(data.param_training_seed.values), [1, -2])
            self.assertEqual(data.param_training_seed.dtype.kind, "i")
            self.assertEqual(list(data.param_model_activation.values), ACTIVATIONS)

    def test_estimates(self):
        data = self.open("pairwise")
        self.assertTrue(same(data.I_XT.values, expected_i_xt()))
        self.assertTrue(same(data.I_TY.values, -expected_i_xt()))
        self.assertEqual(data.I_XT.attrs["units"], "bits")
        one = data.I_XT.sel(trial=TRIALS[0], epoch=10, layer="output", sigma2=0.1, bound="bd")
        self.assertEqual(float(one), 10 + 0.5 + 0.125 + 0.0625)
        self.assertTrue(numpy.isnan(data.I_XT.sel(trial=TRIALS[1])).all(), "unfinished")

    def test_noise(self):
        data = self.open("pairwise")
        self.assertIn("noise", data.I_XT.coords)
        self.assertTrue(same(data.sigma2_used.values, expected_i_xt()[..., 0] / 100))
        self.assertEqual(data.sigma2_used.attrs["units"], "1")
        self.assertEqual(data.error_bits.attrs["units"], "bits")
        errors = data.error_bits.values
        self.assertTrue((errors[~numpy.isnan(errors)] == 1e-9).all())
        picked = data.where(data.noise == "p90/1000@last", drop=True)
        self.assertEqual(picked.sizes["sigma2"], 1)
        one = picked.I_XT.sel(trial=TRIALS[0], epoch=10, layer="output", bound="kl")
        self.assertEqual(one.values.tolist(), [10 + 0.5 + 3 * 0.125])

    def test_distances(self):
        data = self.open("distances")
        self.assertEqual(list(data["quantile"].values), PERCENTS)
        self.assertEqual(data["quantile"].attrs["units"], "percent")
        edges = data.bin.values
        self.assertEqual(edges[0], 0)
        self.assertEqual(list(edges[1:63]), [2.0 ** (b - 39) for b in range(1, 63)])
        self.assertEqual(edges[63], numpy.inf)
        quantiles = data.quantiles.sel(trial=TRIALS[0], layer="output")
        self.assertTrue(same(quantiles.sel(quantile=50).values, numpy.array([0, 1, numpy.nan, 10])))
        self.assertEqual(data.histogram.dtype.kind, "f")
        self.assertEqual(float(data.histogram.sel(trial=TRIALS[0], epoch=1, layer="layer1").sum()), 1)
        self.assertTrue(numpy.isnan(data.histogram.sel(trial=TRIALS[1])).all())
        self.assertTrue(same(data["mean"].sel(trial=TRIALS[0], layer="layer1").values,
                             numpy.array([1, 2, numpy.nan, 11])))
        self.assertEqual(float(data.rank_error.sel(trial=TRIALS[0], epoch=0, layer="layer1")), 0.005)
        for name in ("quantiles", "histogram", "mean", "rank_error"):
            self.assertTrue(data[name].attrs["long_name"], name)
            self.assertEqual(data[name].attrs["units"], "1")

    def test_metrics(self):
        data = self.open("metrics")
        nan = numpy.nan
        expected = {
            "train_loss": [[1, 1 / 2, nan, 1 / 11], [0.75, nan, nan, nan]],
            "train_accuracy": [[0, 1 / 16, nan, 10 / 16], [0.5, nan, nan, nan]],
            "validation_loss": [[3, 3, nan, 3], [nan] * 4],
            "validation_accuracy": [[0.25, 0.25, nan, 0.25], [nan] * 4],
            "test_loss": [[2, 1, nan, 2 / 11], [0.25, nan, nan, nan]],
            "test_accuracy": [[nan] * 4, [0.125, nan, nan, nan]],
        }
        self.assertEqual(set(data.data_vars), set(expected))
        for name, values in expected.items():
            self.assertTrue(same(data[name].values, numpy.array(values)), name)

    def test_gradients(self):
        data = self.open("gradients")
        self.assertTrue(same(data["mean"].sel(trial=TRIALS[0], layer="output").values,
                             numpy.array([0, 1, numpy.nan, 10])))
        self.assertEqual(float(data["std"].sel(trial=TRIALS[0], layer="output", epoch=10)), 20)
        self.assertEqual(float(data["weight_norm"].sel(trial=TRIALS[0], layer="output", epoch=10)), 4)
        self.assertEqual(float(data["count"].sel(trial=TRIALS[0], layer="output", epoch=10)), 7)
        self.assertTrue(numpy.isnan(data["mean"].sel(trial=TRIALS[1])).all())

    def test_trials(self):
        data = self.open("trials")
        self.assertEqual(list(data.state.values), [2, 1])
        self.assertEqual(list(data.state.attrs["flag_values"]), [0, 1, 2, 3, 4])
        self.assertEqual(data.state.attrs["flag_meanings"].split(),
                         ["pending", "running", "done", "failed", "quarantined"])
        self.assertEqual(list(data.attempts.values), [2, 1])
        self.assertEqual(data.seconds.dtype.kind, "f", "a number, not turned into a time difference")
        self.assertEqual(list(data.seconds.values), [12.5, 0])
        self.assertEqual(list(data.trained_epochs.values), [10, 0])
        self.assertEqual(list(data.recorded_rows.values), [4, 4])
        self.assertEqual(list(data.H_Y.values), [1.0, 1.0])
        self.assertEqual(list(data.failure.values), ["", ""])

    def test_layers(self):
        data = self.open("layers")
        self.assertEqual(data.position.values.tolist(), [[0, -1, 1], [0, 1, 2]])
        self.assertEqual(data.features.values.tolist(), [[4, 0, 2], [6, 3, 2]])
        self.assertEqual(data.kind.values.tolist(), [["conv", "", "output"], ["rnn", "linear", "output"]])
        self.assertEqual(data["shape"].values.tolist(), [["2x2x1", "", "2"], ["6", "3", "2"]])
        self.assertEqual(data.follows.values.tolist(), [[1, 0, 1], [0, 1, 1]])

    def test_provenance_is_in_the_root(self):
        data = self.open(None)
        self.assertEqual(data.attrs["sweep_name"], "ex\u00e4mple")
        self.assertEqual(data.attrs["ranks"], 3)
        self.assertEqual(data.attrs["title"], "infoplane results")
        self.assertEqual(data.attrs["format_version"], 1)

    def test_selects_by_hyperparameter(self):
        data = self.open("pairwise")
        picked = data.I_XT.where(data.param_model_activation == "tanh", drop=True)
        self.assertEqual(list(picked.trial.values), TRIALS[:1])


class XarrayNetcdf4(Xarray, unittest.TestCase):
    ENGINE = "netcdf4"


class XarrayH5netcdf(Xarray, unittest.TestCase):
    ENGINE = "h5netcdf"


class OtherReaders(unittest.TestCase):
    def test_netcdf4(self):
        with netCDF4.Dataset(FILE) as data:
            self.assertEqual(data.data_model, "NETCDF4")
            self.assertEqual(set(data.groups), set(GROUPS))
            for group, dims in GROUPS.items():
                self.assertEqual(set(data[group].dimensions), set(dims))
            self.assertTrue(numpy.isnan(data["pairwise/I_XT"]._FillValue))
            self.assertTrue(numpy.isnan(data["distances/histogram"]._FillValue))
            self.assertEqual(data["distances/histogram"].dtype, numpy.float32)

    def test_h5py(self):
        with h5py.File(FILE, "r") as data:
            self.assertTrue(same(data["pairwise/I_XT"][...], expected_i_xt()))
            self.assertEqual([name.decode() for name in data["pairwise/trial"][...]], TRIALS)
            for axis, dim in enumerate(GROUPS["pairwise"]):
                self.assertEqual(list(data["pairwise/I_XT"].dims[axis].keys()), [dim])
                self.assertEqual(data["pairwise/I_XT"].dims[axis][0], data["pairwise"][dim])

    def test_ncdump(self):
        ncdump = shutil.which("ncdump")
        self.assertIsNotNone(ncdump, "install netcdf-bin")
        for options in (["-h"], []):
            result = subprocess.run([ncdump, *options, str(FILE)], capture_output=True, text=True, timeout=30)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("double I_XT(trial, epoch, layer, sigma2, bound)", result.stdout)
            self.assertIn("string noise(sigma2)", result.stdout)
            self.assertIn("float histogram(trial, epoch, layer, bin)", result.stdout)


def setUpModule():
    FILE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([PROGRAM, str(FILE)], check=True, timeout=30)


def tearDownModule():
    FILE.unlink(missing_ok=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
