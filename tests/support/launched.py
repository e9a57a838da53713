"""What mpiexec has started."""

import os
import pathlib


def ranks_of(mpiexec_pid, program):
    """Process ids of the ranks below a launcher that run `program`, or what it becomes; increasing: as a rule in the
    order of ranks."""
    name = os.path.basename(program)
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(entry.name)] = int(fields[1])
            except (OSError, IndexError):
                pass
    below = {mpiexec_pid}
    for _ in range(4):
        below |= {pid for pid, parent in parents.items() if parent in below}
    found = []
    for pid in below:
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) in (name, f"{name}-torch"):
                found.append(pid)
        except OSError:
            pass
    return sorted(found)
