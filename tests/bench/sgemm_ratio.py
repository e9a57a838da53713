#!/usr/bin/env python3
"""N=10,000, H=1024: the estimator against bare SGEMM calls, interleaved in one run.

usage: sgemm_ratio.py [--repeats R]

Runs pairwise_bench, whose sgemm-alone does the matrix products of the symmetric half in blocks of
256 rows and nothing else. The estimator runs at a sigma2 through which hardly two rows see each
other and at one that leaves no pair out, and once more in float32 and float64 (floats) as on a
machine without fast instructions for digits. Medians of processor time on one core.
"""

import argparse
import json
import os
import subprocess

import measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    measure.pin_to_one_core()
    done = subprocess.run(
        [measure.program("pairwise_bench"), "--benchmark_filter=H=1024", "--benchmark_format=json",
         f"--benchmark_repetitions={arguments.repeats}", "--benchmark_enable_random_interleaving=true"],
        stdout=subprocess.PIPE, check=True,
        env={**os.environ, "INFOPLANE_BENCH_ACTIVATIONS": str(measure.ACTIVATIONS)})
    medians = {entry["run_name"].split("/iterations")[0]: entry["cpu_time"] / 1e3
               for entry in json.loads(done.stdout)["benchmarks"]
               if entry.get("aggregate_name") == "median"}
    sgemm = next(time for name, time in medians.items() if name.startswith("sgemm"))
    table = measure.Table("snapshot", "SGEMM alone, s", "infoplane, s", "ratio")
    for name, time in sorted(medians.items()):
        if not name.startswith("sgemm"):
            table.row(name, measure.seconds(sgemm), measure.seconds(time), f"{time / sgemm:.2f} x")


if __name__ == "__main__":
    main()
