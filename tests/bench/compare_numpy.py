#!/usr/bin/env python3
"""The estimator against a plain NumPy evaluation of the same formulas, alternating in one run.

usage: compare_numpy.py [--repeats R] [--rows N] [--random]

NumPy does what the well-known public codes do: all distances as one N x N float64 matrix, for each
sigma2 a log-sum-exp over it for KL and one for BD, and the same once more inside every class. Both
sides run on one core with one thread; shown are medians of processor time, ours of the estimator
alone without reading the file.

One sigma2 is the middle of the grid, then its largest, which on layers where distances differ much
sees many times the pairs of the middle one, as all twelve together do.

The last columns are the largest differences in bits, over all sigma2, both bounds, I(X;T) and
I(T;Y): to NumPy, whose distances suffer cancellation, and to a float64 reference whose distances
are sums of squared differences.

Rows are the first N of layer 4 of the recorded activations; --random takes tanh of normal numbers,
N x 20, instead.
"""

import argparse
import tempfile
from pathlib import Path

import measure  # before numpy: it sets the number of threads
import numpy as np
import scipy.spatial.distance

GRID = [1e-3 * 2**k for k in range(12)]
MIDDLE, LARGEST = [GRID[7]], [GRID[-1]]  # 0.128, 2.048


def log_sum_exp(a):
    largest = a.max(axis=1, keepdims=True)
    return np.log(np.exp(a - largest).sum(axis=1)) + largest[:, 0]


def squared_distances(x):
    norms = (x * x).sum(axis=1)
    return norms[:, None] + norms - 2 * (x @ x.T)


def information_bits(distances, scale):
    """-mean_i log2 mean_j exp(-d_ij / scale)"""
    return np.log2(len(distances)) - log_sum_exp(distances / -scale).mean() / np.log(2)


def numpy_estimates(h, labels, sigma2):
    """[sigma2][KL I(X;T), KL I(T;Y), BD I(X;T), BD I(T;Y)]"""
    x = h.astype(np.float64)
    distances = squared_distances(x)
    rows = [labels == label for label in np.unique(labels)]
    inside = [squared_distances(x[of_class]) for of_class in rows]
    estimates = []
    for s in sigma2:
        estimate = []
        for scale in (2 * s, 8 * s):
            xt = information_bits(distances, scale)
            given = sum(len(d) / len(x) * information_bits(d, scale) for d in inside)
            estimate += [xt, xt - given]
        estimates.append(estimate)
    return estimates


def reference_estimates(h, labels, sigma2, block=500):
    """The same in blocks of rows, from differences: no cancellation, no N x N matrix."""
    order = np.argsort(labels, kind="stable")
    x = h[order].astype(np.float64)
    labels = labels[order]
    n = len(x)
    first = np.searchsorted(labels, labels, side="left")
    last = np.searchsorted(labels, labels, side="right")
    log_all = np.zeros((len(sigma2), 2))
    log_share = np.zeros((len(sigma2), 2))
    for begin in range(0, n, block):
        distances = scipy.spatial.distance.cdist(x[begin:begin + block], x, "sqeuclidean")
        for k, s in enumerate(sigma2):
            for b, scale in enumerate((2 * s, 8 * s)):
                kernel = np.exp(distances / -scale)
                for i, row in enumerate(kernel, begin):
                    everything = row.sum()
                    log_all[k, b] += np.log2(everything)
                    log_share[k, b] += np.log2(row[first[i]:last[i]].sum() / everything)
    p = np.unique(labels, return_counts=True)[1] / n
    entropy = -(p * np.log2(p)).sum()
    xt = np.log2(n) - log_all / n
    ty = entropy + log_share / n
    return [[xt[k, 0], ty[k, 0], xt[k, 1], ty[k, 1]] for k in range(len(sigma2))]


def snapshot(arguments, folder):
    """The files to read and their contents."""
    if not arguments.random:
        h, labels = measure.activations(4)
        return h, labels, np.load(h)[:arguments.rows], np.load(labels)[:arguments.rows]
    random = np.random.default_rng(1)
    values = np.tanh(random.standard_normal((arguments.rows, 20))).astype(np.float32)
    classes = random.integers(0, 10, arguments.rows).astype(np.int32)
    h, labels = Path(folder) / "random.npy", Path(folder) / "labels.npy"
    np.save(h, values)
    np.save(labels, classes)
    return h, labels, values, classes


def largest_difference(a, b):
    return np.abs(np.array(a) - np.array(b)).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10000)
    parser.add_argument("--random", action="store_true")
    arguments = parser.parse_args()
    measure.pin_to_one_core()
    with tempfile.TemporaryDirectory() as folder:
        h, labels, values, classes = snapshot(arguments, folder)
        table = measure.Table("N", "H", "sigma2", "NumPy, s", "infoplane, s", "ratio",
                              "to the middle", "to the largest", "difference to NumPy, bits",
                              "to the reference, bits")
        # The first touch of gigabytes costs a virtual machine seconds that are not NumPy's.
        numpy_estimates(values, classes, MIDDLE)
        ours_alone = []
        for sigma2 in (MIDDLE, LARGEST, GRID):
            numpy_s, ours_s = [], []
            for _ in range(arguments.repeats):
                # Three calls, of which the median: alone they last too short to be timed once.
                ours = measure.once(h, labels, sigma2, arguments.rows, repeats=3)
                ours_s.append(measure.median(ours["cpu_s"]))
                took, theirs = measure.timed(numpy_estimates, values, classes, sigma2)
                numpy_s.append(took)
            reference = reference_estimates(values, classes, sigma2)
            mine, other = measure.median(ours_s), measure.median(numpy_s)
            ours_alone.append(mine)
            to_one = [f"{mine / alone:.2f} x" for alone in ours_alone[:2]]
            table.row(len(values), values.shape[1],
                      f"{sigma2[0]:.4g}" if len(sigma2) == 1 else f"{len(sigma2)} values",
                      measure.seconds(other), measure.seconds(mine), f"{other / mine:.0f} x",
                      *to_one, *[""] * (2 - len(to_one)),
                      f"{largest_difference(measure.values(ours), theirs):.1e}",
                      f"{largest_difference(measure.values(ours), reference):.1e}")


if __name__ == "__main__":
    main()
