#!/usr/bin/env python3
"""Kills one rank of a job that writes activations.h5 and looks at what is left.

kill_writer.py MPIEXEC SLOW_WRITER SCRATCH [SEED]

In each round one rank of three gets SIGKILL after a random number of trials was reported as written.
The file must open, and every reported trial must be there with the right checksum.
"""

import os
import pathlib
import random
import select
import signal
import subprocess
import sys
import time

ROUNDS = 5
RANKS = 3
MOST_REPORTS = 60
PATIENCE_S = 30


def lines_of(pipe, job):
    """The whole lines that come through the pipe while the job runs."""
    pending = b""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        ended = job.poll() is not None
        if time.monotonic() > deadline:
            job.kill()
            sys.exit(f"mpirun did not end within {PATIENCE_S} s of its start")
        ready, _, _ = select.select([pipe], [], [], 0 if ended else 0.1)
        part = os.read(pipe, 65536) if ready else b""
        if ended and not part:
            return
        if not part:  # no rank has the pipe open
            time.sleep(0.01)
        *lines, pending = (pending + part).split(b"\n")
        yield from (line.decode() for line in lines)


def kill_one_rank(mpiexec, writer, file, victim, reports):
    """Runs the job until `reports` trials are reported, kills rank `victim`; returns the trials reported."""
    fifo = file.with_suffix(".reports")
    os.mkfifo(fifo)
    job = None
    try:
        pipe = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        job = subprocess.Popen([mpiexec, "--oversubscribe", "-n", str(RANKS), writer, "write", str(file), str(fifo)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        pids = {}
        written = []
        killed = False
        for line in lines_of(pipe, job):
            kind, *numbers = line.split()
            if kind == "pid":
                pids[int(numbers[0])] = int(numbers[1])
            elif kind == "written":
                written.append(int(numbers[0]))
            if not killed and len(pids) == RANKS and len(written) >= reports:
                os.kill(pids[victim], signal.SIGKILL)
                killed = True
        words = job.communicate()[1]
        if not killed or job.returncode == 0:
            sys.exit(f"mpirun ended with {job.returncode} after {len(written)} reports, before the kill:\n{words}")
        return written
    finally:
        if job and job.poll() is None:
            job.kill()
            job.wait()
        os.close(pipe)
        fifo.unlink()


def look(writer, file, written):
    """The checker's words; ends the test when it finds something wrong."""
    result = subprocess.run([writer, "check", str(file)] + [str(trial) for trial in written],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if result.returncode != 0:
        sys.exit(f"after the kill:\n{result.stdout}")
    return result.stdout.strip()


def main():
    mpiexec, writer, scratch = sys.argv[1:4]
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    print(f"seed {seed}", flush=True)
    choose = random.Random(seed)
    file = pathlib.Path(scratch) / f"killed-{os.getpid()}.h5"
    file.parent.mkdir(parents=True, exist_ok=True)
    rounds = 0
    too_late = 0
    try:
        while rounds < ROUNDS:
            victim = choose.randrange(RANKS)
            reports = choose.randint(1, MOST_REPORTS)
            file.unlink(missing_ok=True)
            written = kill_one_rank(mpiexec, writer, file, victim, reports)
            found = look(writer, file, written)
            print(f"rank {victim} killed after {reports} reports ({len(written)} came): {found}", flush=True)
            done, total = int(found.split()[-3]), int(found.split()[-1])
            if done < total:
                rounds += 1
                continue
            # Everything was written before the kill came, which proves nothing.
            too_late += 1
            if too_late > ROUNDS:
                sys.exit("the kill always came too late: give slow_writer more trials")
    finally:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
