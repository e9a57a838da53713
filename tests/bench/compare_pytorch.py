#!/usr/bin/env python3
"""Our training loop against the same job in PyTorch, alternating in one run.

usage: compare_pytorch.py [--repeats R] [--short]

Both sides train in float32 on one core with one thread, from the same data in memory, in mini-batches of
a new order every epoch: the 12-10-7-5-4-3-2 tanh network of the 12-bit data (3276 rows, batches of
512, Adam 4e-4) and LeNet on MNIST (batches of 64, Adam 1e-3). PyTorch's side is the plain loop:
index a permuted batch, forward, cross-entropy, zero_grad(set_to_none=True), backward, step; no
DataLoader, no copies. Ours is what the trial takes, as results.nc has it, less a trial of no epochs,
which reads the data and evaluates and records once as well. Shown are medians of wall time for a step.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure  # before torch: it sets the number of threads
import h5py
import numpy as np
import torch

INFOPLANE = Path(os.environ.get("INFOPLANE_BENCH_BUILD", measure.ROOT / "build/release")) / "infoplane"


def idx(path):
    data = gzip.open(path).read()
    dimensions = data[3]
    shape = [int.from_bytes(data[4 + 4 * d:8 + 4 * d], "big") for d in range(dimensions)]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape).copy())


class Job:
    """One network: the sweep that trains it here, and the module that is it in PyTorch."""

    def __init__(self, name, sweep, module, inputs, labels, batch, rate, epochs):
        self.name, self.sweep, self.module = name, sweep, module
        self.inputs, self.labels = inputs, labels
        self.batch, self.rate, self.epochs = batch, rate, epochs
        self.steps = epochs * -(-len(labels) // batch)

    def ours(self):
        return self.trial_s([]) - self.trial_s(["--set", "training.epochs=0", "--set", "record.epochs=[0]"])

    def trial_s(self, options):
        with tempfile.TemporaryDirectory() as folder:
            sweep = Path(folder) / "sweep.toml"
            sweep.write_text(self.sweep)
            subprocess.run([INFOPLANE, "run", sweep, "--out", Path(folder) / "run", *options], check=True,
                           stderr=subprocess.DEVNULL)
            with h5py.File(Path(folder) / "run" / "results.nc") as results:
                return float(results["trials/seconds"][0])

    def pytorch(self):
        torch.manual_seed(1)
        network = self.module()
        optimizer = torch.optim.Adam(network.parameters(), self.rate)
        network.train()
        start = time.perf_counter()
        for _ in range(self.epochs):
            order = torch.randperm(len(self.labels))
            for begin in range(0, len(order), self.batch):
                rows = order[begin:begin + self.batch]
                loss = torch.nn.functional.cross_entropy(network(self.inputs[rows]), self.labels[rows])
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
        return time.perf_counter() - start


def szt(epochs):
    widths = [12, 10, 7, 5, 4, 3]

    def module():
        layers = []
        for before, after in zip(widths, widths[1:]):
            layers += [torch.nn.Linear(before, after), torch.nn.Tanh()]
        return torch.nn.Sequential(*layers, torch.nn.Linear(3, 2))

    bits = (torch.arange(4096)[:, None] >> torch.arange(11, -1, -1)) & 1
    return Job("12-10-7-5-4-3-2", f"""
[data]
train_fraction = 0.8
[training]
epochs = {epochs}
[record]
epochs = [{epochs}]
rows = 64
gradients = false
[estimate]
sigma2 = [0.1]
""", module, bits.float()[:3276], (bits.sum(1) > 5).long()[:3276], 512, 4e-4, epochs)


def lenet(folder, rows, epochs):
    def module():
        return torch.nn.Sequential(
            torch.nn.Conv2d(1, 10, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU(),
            torch.nn.Conv2d(10, 20, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU(), torch.nn.Flatten(),
            torch.nn.Linear(320, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))

    images = idx(folder / "train-images-idx3-ubyte.gz")[:rows, None].float() / 255
    labels = idx(folder / "train-labels-idx1-ubyte.gz")[:rows].long()
    return Job("LeNet", f"""
[data]
set = "mnist"
rows = {rows}
train_fraction = 1.0
[model]
kind = "lenet"
[training]
learning_rate = 1e-3
batch = 64
epochs = {epochs}
[record]
epochs = [{epochs}]
rows = 64
gradients = false
[estimate]
sigma2 = [0.1]
""", module, images, labels, 64, 1e-3, epochs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="a tenth of the epochs")
    options = parser.parse_args()
    if not INFOPLANE.exists():
        sys.exit(f"{INFOPLANE} is missing; tests/bench/run.sh builds it")
    mnist = Path(os.environ.get("INFOPLANE_DATA", "")) / "mnist"
    if not mnist.exists():
        sys.exit("MNIST is needed in INFOPLANE_DATA/mnist; env/fetch-data.sh mnist gets it")
    torch.set_num_threads(1)
    measure.pin_to_one_core()
    print(f"PyTorch {torch.__version__}, one core, one thread, {options.repeats} repeats\n")
    table = measure.Table("network", "steps", "PyTorch, us a step", "infoplane, us a step", "PyTorch / infoplane")
    for job in (szt(60 if options.short else 600), lenet(mnist, 6400, 1 if options.short else 4)):
        pairs = [(job.pytorch(), job.ours()) for _ in range(options.repeats)]
        theirs, ours = (1e6 * measure.median(side) / job.steps for side in zip(*pairs))
        ratio = measure.median([a / b for a, b in pairs])
        table.row(job.name, job.steps, f"{theirs:.0f}", f"{ours:.0f}", f"{ratio:.2f}")


if __name__ == "__main__":
    main()
