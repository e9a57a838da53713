#!/usr/bin/env python3
"""More ranks: how much faster the estimate phase gets, and whether the bits stay the same.

usage: ranks.py [--ranks 1,2] [--repeats R] [--same-bits 1,2,3,4,7] [--epochs E] [--layer L] [--sigma2 S,S...]
                [--more-sigma2 S,S...]

Three pieces of work, estimated by the program in run directories that are made first and copied
for every measurement:

  szt-sampling   its three sampling rates, one seed, E epochs (default 200): many small snapshots
  mnist          one snapshot of 60,000 rows, layer L of the recorded activations (default 4)
  mnist          the same at --more-sigma2 (default: twelve, a factor of two apart)

Time is wall time of the estimate phase, as `estimate_once` says it: starting up and opening the files
are left out. Numbers of ranks alternate; medians. Needs as many idle cores as ranks. Then `infoplane verify` compares the results of the numbers of ranks of --same-bits.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import measure

INFOPLANE = measure.BENCH.parent / "infoplane"
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
# A noise so large that it costs nothing: what a run directory has before the measurement.
ELSEWHERE = "1e6"


def run(command):
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


def estimate(ranks, directory, sigma2):
    """Wall seconds of the phase."""
    crowded = ["--oversubscribe"] if ranks > len(os.sched_getaffinity(0)) else []
    said = run(["mpirun", *crowded, "-n", ranks, measure.program("estimate_once"), directory, sigma2])
    return json.loads(said.splitlines()[-1])["wall_s"]


def make_szt(directory, epochs):
    run([INFOPLANE, "run", measure.ROOT / "sweeps/szt-sampling.toml", "--out", directory,
         "--set", f"training.epochs={epochs}", "--set", "grid.training.seed=[1]",
         "--set", f"estimate.sigma2=[{ELSEWHERE}]"])


def make_mnist(directory, layer):
    h, labels = measure.activations(layer)
    run([measure.program("make_run"), directory, labels, f"layer{layer}={h}"])
    run([INFOPLANE, "estimate", directory, "--sigma2", ELSEWHERE])


def whole_numbers(text):
    return [int(word) for word in text.split(",")]


class Work:
    def __init__(self, folder, sigma2):
        self.folder, self.sigma2 = folder, sigma2

    def copy(self):
        target = self.folder / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / "run", target)
        return target

    def estimate_s(self, ranks):
        return estimate(ranks, self.copy(), self.sigma2)

    def same_bits(self, ranks):
        """Ends the program where the results of a number of ranks are not those of the first."""
        first = self.folder / "first"
        for count in ranks:
            directory = self.copy()
            estimate(count, directory, self.sigma2)
            if count == ranks[0]:
                directory.rename(first)
            else:
                run([INFOPLANE, "verify", first, directory])
        return f"{', '.join(map(str, ranks))} ranks: identical"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ranks", type=whole_numbers, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--same-bits", type=whole_numbers, default=[1, 2, 3, 4, 7])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--layer", type=int, default=4)
    parser.add_argument("--sigma2", default="0.001,0.01,0.1")
    parser.add_argument("--more-sigma2", default=",".join(str(0.001 * 2**k) for k in range(12)))
    arguments = parser.parse_args()
    table = measure.Table("work", "sigma2", *[f"{count} rank{'s' * (count > 1)}, s" for count in arguments.ranks],
                          "speed-up", "bits")
    szt = ("szt-sampling", lambda path: make_szt(path, arguments.epochs))
    mnist = ("mnist, N=60,000", lambda path: make_mnist(path, arguments.layer))
    for (name, make), sigma2 in ((szt, arguments.sigma2), (mnist, arguments.sigma2), (mnist, arguments.more_sigma2)):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder) / "run")
            work = Work(Path(folder), sigma2)
            took = {count: [] for count in arguments.ranks}
            for _ in range(arguments.repeats):
                for count in arguments.ranks:
                    took[count].append(work.estimate_s(count))
            medians = [measure.median(took[count]) for count in arguments.ranks]
            table.row(name, sigma2, *map(measure.seconds, medians),
                      f"{medians[0] / medians[-1]:.2f} x", work.same_bits(arguments.same_bits))


if __name__ == "__main__":
    main()
