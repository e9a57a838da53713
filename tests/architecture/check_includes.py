#!/usr/bin/env python3
"""Checks that the rooms of the project depend on each other the way the design says.

usage: check_includes.py [ROOT]

A room is a folder of src/, or analysis/ or jobs/. Its arrows are the infoplane:: libraries that the
target_link_libraries of its CMakeLists.txt name. Checked, each failure with file:line:

  * no room links a room that the design does not let it know (DESIGN below)
  * no room knows itself by a detour
  * every #include "room/..." is of the room itself or of one that it links, directly or not
  * no #include climbs out of its folder with ".."
  * headers of MPI, HDF5, LibTorch, toml++ and CLI11 stay where EXTERNAL allows them
"""

import re
import sys
from pathlib import Path

# The rooms each room may know; what those know is included.
DESIGN = {
    "core": [],
    "config": ["core"],
    "sweep": ["config"],
    "comm": ["core"],
    "store": ["comm"],
    "data": ["core"],
    "models": ["data"],
    "training": ["models", "data"],
    "estimators": ["core"],
    "pipeline": ["sweep", "config", "training", "models", "data", "store", "comm", "estimators", "core"],
    "analysis": ["store", "core"],
    "jobs": ["*"],
}

# Library, pattern of its headers, folders (from the root) that may include them.
EXTERNAL = [
    ("MPI", r"mpi\.h", ["src/comm", "src/store"]),
    ("HDF5", r"(hdf5|hdf5_hl|H5\w+)\.h", ["src/store", "src/data"]),
    ("LibTorch", r"(torch|ATen|c10)/.*",
     ["src/data", "src/models", "src/training", "src/pipeline", "src/estimators/neural", "src/estimators/device"]),
    ("toml++", r"(toml\+\+/.*|toml\.hpp)", ["src/config"]),
    ("CLI11", r"CLI/.*", ["jobs"]),
]

SOURCE_SUFFIXES = {".cpp", ".hpp", ".cc", ".hh", ".cxx", ".c", ".h", ".inl", ".ipp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
LIBRARY = re.compile(r"\binfoplane(?:::|_)(\w+)")


def closure(arrows, room):
    """Every room that can be reached from `room`, without it unless there is a cycle."""
    reached = set()
    waiting = list(arrows.get(room, ()))
    while waiting:
        other = waiting.pop()
        if other not in reached:
            reached.add(other)
            waiting.extend(arrows.get(other, ()))
    return reached


def allowed_by_design(room):
    if "*" in DESIGN.get(room, ()):
        return set(DESIGN)
    return closure(DESIGN, room)


def commands(path):
    """(line, name, arguments) of each command of a CMake file, comments taken out."""
    text = "\n".join(line.split("#", 1)[0] for line in path.read_text().split("\n"))
    for match in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield text.count("\n", 0, match.start()) + 1, match.group(1).lower(), text[match.end():end - 1]


class Tree:
    def __init__(self, root):
        self.root = root
        self.failures = []
        folders = [p for p in sorted((root / "src").iterdir()) if p.is_dir()]
        folders += [root / name for name in ("analysis", "jobs") if (root / name).is_dir()]
        self.rooms = {folder.name: folder for folder in folders}

    def fail(self, path, line, text):
        self.failures.append(f"{path.relative_to(self.root)}:{line}: {text}")

    def check(self):
        for room, folder in self.rooms.items():
            if room not in DESIGN:
                self.fail(folder, 1, f"the room {room} has no place in the design: give it one in {Path(__file__).name}")
        self.read_arrows()
        self.check_arrows()
        for room, folder in self.rooms.items():
            for path in sorted(folder.rglob("*")):
                if path.suffix in SOURCE_SUFFIXES and path.is_file():
                    self.check_includes(room, path)
        return self.failures

    def read_arrows(self):
        """self.arrows[room] = {linked room: (path, line)}."""
        self.arrows = {room: {} for room in self.rooms}
        for room, folder in self.rooms.items():
            for path in sorted(folder.rglob("CMakeLists.txt")):
                for line, name, arguments in commands(path):
                    if name != "target_link_libraries":
                        continue
                    # The first word is the target itself.
                    start = re.match(r"\s*\S+", arguments).end()
                    for word in LIBRARY.finditer(arguments, start):
                        linked = self.room_of_library(word.group(1))
                        if linked and linked != room:
                            at = line + arguments.count("\n", 0, word.start())
                            self.arrows[room].setdefault(linked, (path, at))

    def room_of_library(self, library):
        """infoplane::store is the room store, infoplane::estimators_neural a part of estimators; others
        (options, hdf5, torch) are no rooms."""
        for room in self.rooms:
            if library == room or library.startswith(room + "_"):
                return room
        return None

    def check_arrows(self):
        for room, linked in self.arrows.items():
            for other, (path, line) in linked.items():
                if other not in allowed_by_design(room):
                    allowed = ", ".join(sorted(allowed_by_design(room))) or "nothing"
                    self.fail(path, line, f"{room} must not link {other} (the design allows {allowed})")
                if room in closure(self.arrows, other) | {other}:
                    self.fail(path, line, f"cycle: {room} links {other}, which links {room} directly or not")

    def check_includes(self, room, path):
        known = closure(self.arrows, room) | {room}
        folder = path.relative_to(self.root).as_posix()
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(1) or match.group(2)
            parts = header.split("/")
            if ".." in parts:
                self.fail(path, number, f'"{header}" climbs out of its folder (write "room/file.hpp")')
                continue
            if parts[0] == "src":
                parts = parts[1:]
            # "detail/x.hpp" beside the file is no room of that name.
            beside = match.group(1) is not None and (path.parent / header).exists()
            if len(parts) > 1 and parts[0] in self.rooms and parts[0] not in known and not beside:
                self.fail(path, number, f'{room} must not include "{header}" (it links '
                                        f'{", ".join(sorted(known - {room})) or "no other room"})')
            for library, pattern, places in EXTERNAL:
                if re.fullmatch(pattern, header) and not any(folder.startswith(place + "/") for place in places):
                    self.fail(path, number, f'"{header}" of {library} is for {", ".join(places)} only')


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    if not (root / "src").is_dir():
        sys.exit(f"{root} has no folder src")
    tree = Tree(root)
    failures = tree.check()
    for failure in failures:
        print(failure)
    if failures:
        sys.exit(1)
    for room in tree.rooms:
        print(f"{room:<12} -> {', '.join(sorted(closure(tree.arrows, room))) or '-'}")


if __name__ == "__main__":
    main()
