#!/usr/bin/env python3
"""What pruning is worth on real activations: time against our own dense kernel, growth, memory, error.

usage: pruning.py [--repeats R] [--rows N] [--layers 2,3,4] [--sigma2 0.001,0.1] [--reference]

Per layer and sigma2, pruned and dense alternating, medians of processor time on one core:

  ratio         dense / pruned at N rows (default: all 60,000)
  exponent      log(time(N) / time(N/4)) / log 4, pruned
  difference    largest among I(X;T), I(T;Y) of KL and BD, in bits, pruned to dense
  certificate   the error in bits that the estimate itself says it may have
  memory        how far the call raised the memory of the process: beyond the snapshot
  to reference  the same difference to a float64 evaluation without any N x N matrix (--reference;
                minutes for each row of the table)
"""

import argparse
import math

import measure  # before numpy: it sets the number of threads
import numpy as np

from compare_numpy import largest_difference, reference_estimates


def numbers(text):
    return [float(word) for word in text.split(",")]


def reference(h, labels, sigma2, rows):
    return reference_estimates(np.load(h)[:rows], np.load(labels)[:rows], [sigma2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=60000)
    parser.add_argument("--layers", type=numbers, default=measure.LAYERS)
    parser.add_argument("--sigma2", type=numbers, default=[0.001, 0.1])
    parser.add_argument("--reference", action="store_true")
    arguments = parser.parse_args()
    measure.pin_to_one_core()
    few = arguments.rows // 4
    table = measure.Table("layer", "sigma2", "N", "dense, s", "pruned, s", "ratio",
                          f"pruned at N={few}, s", "exponent", "difference, bits", "certificate, bits",
                          "memory, MiB", "to reference, bits")
    for layer in map(int, arguments.layers):
        h, labels = measure.activations(layer)
        for sigma2 in arguments.sigma2:
            times = {"dense": [], "pruned": [], "few": []}
            for _ in range(arguments.repeats):
                pruned = measure.once(h, labels, [sigma2], arguments.rows)
                times["pruned"] += pruned["cpu_s"]
                times["few"] += measure.once(h, labels, [sigma2], few, repeats=3)["cpu_s"]
                dense = measure.once(h, labels, [sigma2], arguments.rows, dense=True)
                times["dense"] += dense["cpu_s"]
            dense_s, many_s, few_s = (measure.median(times[kind]) for kind in ("dense", "pruned", "few"))
            difference = largest_difference(measure.values(pruned), measure.values(dense))
            truth = "-"
            if arguments.reference:
                exact = reference(h, labels, sigma2, arguments.rows)
                truth = f"{largest_difference(measure.values(pruned), exact):.1e}"
            table.row(layer, f"{sigma2:g}", arguments.rows, measure.seconds(dense_s),
                      measure.seconds(many_s), f"{dense_s / many_s:.1f} x", measure.seconds(few_s),
                      f"{math.log(many_s / few_s) / math.log(4):.2f}", f"{difference:.1e}",
                      f"{pruned['estimates'][0]['error_bits']:.1e}",
                      f"{pruned['peak_bytes'] / 2**20:.0f}", truth)


if __name__ == "__main__":
    main()
