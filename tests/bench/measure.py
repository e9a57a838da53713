"""What the benchmark scripts share: one core, one thread, processor time, medians, Markdown.

Import it before numpy: the thread numbers count only before the libraries load. Processor time of
one thread is the time on a quiet machine, and other people's work disturbs it least.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ.update(THREADS)

ROOT = Path(__file__).resolve().parents[2]
BENCH = Path(os.environ.get("INFOPLANE_BENCH_BUILD", ROOT / "build/release")) / "bench"
ACTIVATIONS = Path(os.environ.get("INFOPLANE_BENCH_ACTIVATIONS", BENCH / "activations"))
LAYERS = (2, 3, 4)
BOUNDS = ("kl_xt", "kl_ty", "bd_xt", "bd_ty")


def pin_to_one_core():
    """This process and what it starts. The last core: the first one serves most interrupts."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def program(name):
    path = BENCH / name
    if not path.exists():
        sys.exit(f"{path} is missing; tests/bench/run.sh builds it")
    return str(path)


def activations(layer):
    path = ACTIVATIONS / f"layer{layer}.npy"
    if not path.exists():
        sys.exit(f"{path} is missing; tests/bench/run.sh makes it, or set INFOPLANE_BENCH_ACTIVATIONS")
    return path, ACTIVATIONS / "labels.npy"


def once(h, labels, sigma2, rows=0, repeats=1, dense=False):
    """pairwise_once in a process of its own; its JSON as a dictionary."""
    command = [program("pairwise_once"), "--rows", str(rows), "--repeats", str(repeats)]
    command += ["--dense"] * dense + [str(h), str(labels), ",".join(repr(float(s)) for s in sigma2)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def values(result):
    """The estimates as a list over sigma2 of lists in the order of BOUNDS."""
    return [[estimate[bound] for bound in BOUNDS] for estimate in result["estimates"]]


def timed(function, *arguments):
    """(processor seconds, what it returned)."""
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


def median(numbers):
    return statistics.median(numbers)


def seconds(value):
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


class Table:
    """Rows of a Markdown table, each printed as soon as it is known."""

    def __init__(self, *columns):
        self.row(*columns)
        self.row(*["---"] * len(columns))

    @staticmethod
    def row(*cells):
        print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
