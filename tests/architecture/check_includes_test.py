#!/usr/bin/env python3
"""Runs check_includes.py on small made-up trees, each wrong in one way, and expects it to say so."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("check_includes.py")


def link(room, *libraries):
    names = " ".join("infoplane::" + library for library in libraries)
    return f"infoplane_add_room({room} a.cpp)\ntarget_link_libraries(infoplane_{room} PUBLIC {names})\n"


# A tree with nothing wrong: the cases below change one file of it.
GOOD = {
    "src/core/CMakeLists.txt": "infoplane_add_room(core a.cpp)\ntarget_link_libraries(infoplane_core PUBLIC fmt::fmt)\n",
    "src/core/a.hpp": "#include <string>\n",
    "src/core/a.cpp": '#include "core/a.hpp"\n#include "detail/b.hpp"\n',
    "src/core/detail/b.hpp": "",
    "src/config/CMakeLists.txt": link("config", "core"),
    "src/config/a.cpp": '#include "core/a.hpp"\n#include <toml++/toml.h>\n',
    "src/sweep/CMakeLists.txt": link("sweep", "config"),
    "src/sweep/a.cpp": '#include "config/a.hpp"\n#include "core/a.hpp"\n',
    "src/comm/CMakeLists.txt": link("comm", "core", "options"),
    "src/comm/a.cpp": '#include <mpi.h>\n#include "core/a.hpp"\n',
    "src/store/CMakeLists.txt": link("store", "comm") + "target_link_libraries(infoplane_store PRIVATE infoplane::hdf5)\n",
    "src/store/a.cpp": "#include <hdf5.h>\n#include <mpi.h>\n#include <hdf5_hl.h>\n",
    "src/estimators/CMakeLists.txt": link("estimators", "core"),
    "src/estimators/neural/a.cpp": "#include <torch/torch.h>\n",
    "src/estimators/device/a.cpp": "#include <torch/torch.h>\n",
    "src/data/CMakeLists.txt": link("data", "core", "torch"),
    "src/data/a.cpp": "#include <ATen/ATen.h>\n",
    "src/pipeline/CMakeLists.txt": "target_link_libraries(infoplane_pipeline\n"
                                   "  PUBLIC infoplane::store # not infoplane::analysis\n"
                                   "  PRIVATE infoplane::sweep infoplane::estimators_neural)\n",
    "src/pipeline/a.cpp": '#include "config/a.hpp"\n#include "estimators/a.hpp"\n#include "comm/a.hpp"\n',
    "analysis/CMakeLists.txt": link("analysis", "store", "core"),
    "analysis/a.cpp": '#include "store/a.hpp"\n#include "comm/a.hpp"\n',
    "jobs/CMakeLists.txt": "target_link_libraries(infoplane PRIVATE infoplane::pipeline infoplane::analysis)\n",
    "jobs/a.cpp": '#include <CLI/CLI.hpp>\n#include "sweep/a.hpp"\n#include "analysis/a.hpp"\n',
}


def check(changes):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changes}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        run = subprocess.run([sys.executable, str(SCRIPT), folder], capture_output=True, text=True)
        return run.returncode, "".join(sorted(run.stdout.splitlines(True))) + run.stderr


class CheckIncludes(unittest.TestCase):
    def refuse(self, name, text, *messages):
        code, output = check({name: text})
        self.assertEqual(code, 1, output)
        self.assertEqual(output.splitlines(), sorted(messages))

    def test_good_tree_passes(self):
        code, output = check({})
        self.assertEqual(code, 0, output)
        self.assertIn("sweep        -> config, core", output)
        self.assertIn("core         -> -", output)

    def test_include_against_the_arrows(self):
        self.refuse("src/core/b.cpp", '#include "core/a.hpp"\n\n#include "config/a.hpp"\n',
                    'src/core/b.cpp:3: core must not include "config/a.hpp" (it links no other room)')

    def test_include_of_a_room_that_is_not_linked(self):
        self.refuse("src/estimators/a.hpp", '  #  include <store/a.hpp>\n',
                    'src/estimators/a.hpp:1: estimators must not include "store/a.hpp" (it links core)')

    def test_include_that_the_design_allows_but_cmake_does_not(self):
        self.refuse("src/pipeline/b.cpp", '#include "training/a.hpp"\n#include "data/a.hpp"\n',
                    'src/pipeline/b.cpp:2: pipeline must not include "data/a.hpp" (it links comm, config, core, '
                    'estimators, store, sweep)')

    def test_include_by_way_of_src(self):
        self.refuse("src/core/b.cpp", '#include "src/config/a.hpp"\n',
                    'src/core/b.cpp:1: core must not include "src/config/a.hpp" (it links no other room)')

    def test_include_that_climbs(self):
        self.refuse("src/core/b.cpp", '#include "../config/a.hpp"\n',
                    'src/core/b.cpp:1: "../config/a.hpp" climbs out of its folder (write "room/file.hpp")')

    def test_include_in_a_deeper_folder(self):
        self.refuse("src/core/detail/c.hpp", '#include "jobs/a.hpp"\n',
                    'src/core/detail/c.hpp:1: core must not include "jobs/a.hpp" (it links no other room)')

    def test_analysis_knows_only_store_and_core(self):
        self.refuse("analysis/b.cpp", '#include "estimators/a.hpp"\n',
                    'analysis/b.cpp:1: analysis must not include "estimators/a.hpp" (it links comm, core, store)')

    def test_rooms_do_not_know_jobs(self):
        self.refuse("src/sweep/b.cpp", '#include "jobs/a.hpp"\n',
                    'src/sweep/b.cpp:1: sweep must not include "jobs/a.hpp" (it links config, core)')

    def test_link_beyond_the_design(self):
        self.refuse("src/estimators/CMakeLists.txt",
                    "target_link_libraries(infoplane_estimators\n  PUBLIC infoplane::core\n  PRIVATE infoplane::comm)\n",
                    "src/estimators/CMakeLists.txt:3: estimators must not link comm (the design allows core)")

    def test_cycle(self):
        self.refuse("src/core/CMakeLists.txt", link("core", "sweep"),
                    "src/core/CMakeLists.txt:2: core must not link sweep (the design allows nothing)",
                    "src/core/CMakeLists.txt:2: cycle: core links sweep, which links core directly or not",
                    "src/config/CMakeLists.txt:2: cycle: config links core, which links config directly or not",
                    "src/sweep/CMakeLists.txt:2: cycle: sweep links config, which links sweep directly or not")

    def test_room_without_a_place(self):
        self.refuse("src/helpers/a.cpp", "",
                    "src/helpers:1: the room helpers has no place in the design: give it one in check_includes.py")

    def test_external_headers(self):
        for name, header, library, places in [
            ("src/core/b.cpp", "mpi.h", "MPI", "src/comm, src/store"),
            ("src/pipeline/b.cpp", "mpi.h", "MPI", "src/comm, src/store"),
            ("analysis/b.cpp", "hdf5.h", "HDF5", "src/store, src/data"),
            ("src/comm/b.cpp", "hdf5_hl.h", "HDF5", "src/store, src/data"),
            ("jobs/b.cpp", "H5public.h", "HDF5", "src/store, src/data"),
            ("src/estimators/b.cpp", "torch/torch.h", "LibTorch",
             "src/data, src/models, src/training, src/pipeline, src/estimators/neural, src/estimators/device"),
            ("src/store/b.cpp", "ATen/ATen.h", "LibTorch",
             "src/data, src/models, src/training, src/pipeline, src/estimators/neural, src/estimators/device"),
            ("src/sweep/b.cpp", "toml++/toml.h", "toml++", "src/config"),
            ("src/config/b.cpp", "CLI/CLI.hpp", "CLI11", "jobs"),
        ]:
            for text in (f"#include <{header}>\n", f'#include "{header}"\n'):
                with self.subTest(name=name, text=text):
                    self.refuse(name, text, f'{name}:1: "{header}" of {library} is for {places} only')

    def test_every_failure_is_reported(self):
        code, output = check({"src/core/b.cpp": '#include <mpi.h>\n#include "sweep/a.hpp"\n'})
        self.assertEqual(code, 1)
        self.assertEqual(len(output.splitlines()), 2, output)

    def test_root_without_rooms(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([sys.executable, str(SCRIPT), folder], capture_output=True, text=True)
            self.assertNotEqual(run.returncode, 0)


if __name__ == "__main__":
    unittest.main()
