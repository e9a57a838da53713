#!/usr/bin/env python3
"""env/fetch-data.sh against a server on this machine that can lie, stall, hang up and forget."""

import contextlib
import gzip
import hashlib
import http.server
import io
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("INFOPLANE_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
SCRIPT = SOURCE / "env" / "fetch-data.sh"
TABLE = SOURCE / "env" / "data-files.txt"
TIMEOUT_S = 20

USAGE = 2
UNAVAILABLE = 4


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def noise(seed, size):
    """Bytes that no archive makes shorter, so that half a download is half a file."""
    return random.Random(seed).randbytes(size)


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tgz_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Serves `bodies` by path. `plans` has for a path how each further request goes; then all is well."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = {}
        self.plans = {}
        self.requests = []  # (path, Range header or None)
        self.released = threading.Event()  # ends "stall"
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def ranges(self, path):
        return [asked for requested, asked in self.requests if requested == path]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        plan = server.plans[self.path].pop(0) if server.plans.get(self.path) else "well"
        body = server.bodies.get(self.path)
        if body is None or plan == "missing":
            self.send_error(404)
            return
        if plan == "corrupt":
            body = body[:-20] + bytes(byte ^ 0x55 for byte in body[-20:])
        begin = 0
        if asked and plan != "no-range":
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            if begin >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        if plan in ("hang-up", "stall"):
            self.wfile.write(body[begin:begin + (len(body) - begin) // 2])
            self.wfile.flush()
            if plan == "stall":
                server.released.wait(TIMEOUT_S)
            self.close_connection = True
            return
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body[begin:])


# --- the sets of these tests

IMAGES = {"train.gz": noise(1, 400_000), "test.gz": noise(2, 3000)}
NAMES = {"Irish.txt": b"Brady\n", "English.txt": noise(3, 200_000)}
PAPERS = {"cora.content": noise(4, 5000), "cora.cites": b"1 2\n"}


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="infoplane-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = self.folder / "out"
        self.scratch = self.folder / "tmp"
        self.scratch.mkdir()
        self.scratch.chmod(0o777)
        self.server = Server()
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.released.set)
        for name, content in IMAGES.items():
            self.server.bodies[f"/images/{name}"] = gzip.compress(content, mtime=1)
        self.server.bodies["/names/data.zip"] = zip_of({f"data/names/{n}": c for n, c in NAMES.items()})
        self.server.bodies["/cora/cora.tgz"] = tgz_of({f"cora/{n}": c for n, c in PAPERS.items()})
        self.table = self.folder / "data-files.txt"
        self.write_table("http://unused.invalid/")

    def write_table(self, *bases):
        """bases: folders of the public servers, which the mirror takes the place of."""
        def urls(archive):
            return " ".join(base + archive for base in bases)
        rows = ["# a comment", ""]
        rows += [f"images {name} - {sha256(content)} {urls(name)}" for name, content in IMAGES.items()]
        rows += [f"names data.zip data/names/{name} {sha256(content)} {urls('data.zip')}"
                 for name, content in NAMES.items()]
        rows += [f"cora   cora.tgz cora/{name} {sha256(content)} {urls('cora.tgz')}  # ends here"
                 for name, content in PAPERS.items()]
        self.table.write_text("\n".join(rows) + "\n")

    def environment(self, **changes):
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy") and not name.startswith(("INFOPLANE_", "XDG_"))}
        env.update(HOME=str(self.folder), TMPDIR=str(self.scratch), INFOPLANE_DATA_FILES=str(self.table),
                   INFOPLANE_MIRROR=self.server.url)
        env.update(changes)
        return {name: value for name, value in env.items() if value is not None}

    def fetch(self, *words, code=0, script=SCRIPT, user=None, **environment):
        result = subprocess.run(
            [str(script), *map(str, words)], capture_output=True, text=True, timeout=TIMEOUT_S, user=user,
            env=self.environment(**environment), cwd=self.folder, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, code, f"--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}")
        if code != 0:
            self.assertEqual(result.stdout, "")
        return result

    def files(self, folder=None):
        folder = folder or self.out
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def assert_images(self, folder=None):
        folder = folder or self.out
        self.assertEqual(self.files(folder), sorted(IMAGES), "only the files of the set, nothing hidden")
        for name, content in IMAGES.items():
            self.assertEqual(gzip.decompress((folder / name).read_bytes()), content)

    def wait_until(self, holds, what):
        deadline = time.monotonic() + TIMEOUT_S
        while not holds():
            self.assertLess(time.monotonic(), deadline, "never happened: " + what)
            time.sleep(0.005)


class WhatArrives(FetchTest):
    def test_gzip_files_stay_as_they_are(self):
        self.assertEqual(self.fetch("images", self.out).stdout, f"{self.out}\n")
        self.assert_images()
        for name in IMAGES:
            self.assertEqual((self.out / name).read_bytes(), self.server.bodies[f"/images/{name}"])

    def test_it_does_not_matter_who_packed_it(self):
        body = gzip.compress(IMAGES["test.gz"], compresslevel=1, mtime=2)
        self.assertNotEqual(body, self.server.bodies["/images/test.gz"])
        self.server.bodies["/images/test.gz"] = body
        self.fetch("images", self.out)
        self.assert_images()

    def test_members_of_archives(self):
        for set_name, members in (("names", NAMES), ("cora", PAPERS)):
            with self.subTest(set_name):
                out = self.folder / set_name
                self.fetch(set_name, out)
                self.assertEqual(self.files(out), sorted(members))
                for name, content in members.items():
                    self.assertEqual((out / name).read_bytes(), content)

    def test_a_zip_without_python(self):
        if not any(map(shutil.which, ("unzip", "bsdtar"))):
            self.skipTest("needs unzip or bsdtar")
        self.fetch("names", self.out, PATH=self.path_without("python3"))
        self.assertEqual(self.files(), sorted(NAMES))

    def path_without(self, *absent):
        """A folder with the tools of the system but these."""
        tools = self.folder / "tools"
        tools.mkdir()
        for folder in ("/usr/bin", "/bin"):
            for tool in os.listdir(folder):
                if tool not in absent and not (tools / tool).is_symlink():
                    (tools / tool).symlink_to(os.path.join(folder, tool))
        return str(tools)

    def test_what_is_there_is_not_fetched_again(self):
        self.fetch("images", self.out)
        self.server.requests.clear()
        result = self.fetch("images", self.out)
        self.assertIn("already there", result.stderr)
        self.assertEqual(result.stdout, f"{self.out}\n")
        self.assertEqual(self.server.requests, [])
        (self.out / "test.gz").unlink()
        self.fetch("images", self.out)
        self.assertEqual([path for path, _ in self.server.requests], ["/images/test.gz"])
        self.assert_images()

    def test_an_unpacked_file_counts(self):
        self.out.mkdir()
        (self.out / "train").write_bytes(IMAGES["train.gz"])
        self.fetch("images", self.out)
        self.assertEqual(self.files(), ["test.gz", "train"])

    def test_several_editions(self):
        hashes = sha256(b"other") + "," + sha256(IMAGES["test.gz"])
        self.table.write_text(f"images test.gz - {hashes} http://unused.invalid/\n")
        self.fetch("images", self.out)
        self.assertEqual(self.files(), ["test.gz"])

    def test_wget_when_there_is_no_curl(self):
        if not shutil.which("wget"):
            self.skipTest("needs wget")
        path = self.path_without("curl")
        self.server.plans["/images/train.gz"] = ["hang-up", "no-range"]
        self.fetch("images", self.out, PATH=path)
        self.assert_images()
        ranges = self.server.ranges("/images/train.gz")
        self.assertEqual(len(ranges), 2, "what was there is kept")
        self.assertRegex(ranges[-1], r"^bytes=[1-9]\d*-$")
        for part in (b"?" * 1000, self.server.bodies["/images/train.gz"] + b"more"):
            (self.out / "train.gz").unlink()
            (self.out / ".train.gz.part").write_bytes(part)
            self.fetch("images", self.out, PATH=path)
            self.assert_images()
        del self.server.bodies["/images/train.gz"]
        result = self.fetch("images", self.folder / "other", code=UNAVAILABLE, PATH=path)
        self.assertIn("404", result.stderr)

    def test_no_tool_to_download_with(self):
        result = self.fetch("images", self.out, code=1, PATH=self.path_without("curl", "wget"))
        self.assertIn("needs curl or wget", result.stderr)


class WhereItGoes(FetchTest):
    def test_cache_folders(self):
        cache = self.folder / "cache"
        for expected, environment in [
            (self.folder / ".cache/infoplane/images", {}),
            (cache / "infoplane/images", {"XDG_CACHE_HOME": str(cache)}),
            (self.folder / "data/images", {"INFOPLANE_DATA": str(self.folder / "data")}),
        ]:
            with self.subTest(expected=expected):
                self.assertEqual(self.fetch("images", **environment).stdout, f"{expected}\n")
                self.assert_images(expected)
        result = self.fetch("images", code=USAGE, HOME=None)
        self.assertIn("name a folder", result.stderr)

    def test_infoplane_data_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        result = self.fetch("images", INFOPLANE_DATA=str(self.folder / "file"))
        self.assertEqual(result.stdout, f"{self.folder}/.cache/infoplane/images\n")
        self.assertIn("cannot be written", result.stderr)

    def test_a_read_only_folder(self):
        script = self.folder / "fetch-data.sh"
        shutil.copy(SCRIPT, script)
        script.chmod(0o755)
        self.folder.chmod(0o755)
        self.table.chmod(0o644)
        self.out.mkdir()
        self.out.chmod(0o555)
        nobody = 65534 if os.geteuid() == 0 else None  # root may write anywhere
        for folder, part in [(self.out, "cannot write to"), (self.out / "new", "cannot make the folder")]:
            result = self.fetch("images", folder, code=UNAVAILABLE, script=script, user=nobody)
            self.assertIn(f"{part} {folder}", result.stderr)
        self.assertEqual(self.server.requests, [])
        # What is complete needs no writing.
        data = self.folder / "data"
        self.fetch("images", data / "images")
        (data / "images").chmod(0o555)
        data.chmod(0o555)
        self.addCleanup(data.chmod, 0o755)
        self.addCleanup((data / "images").chmod, 0o755)
        result = self.fetch("images", script=script, user=nobody, INFOPLANE_DATA=str(data))
        self.assertEqual(result.stdout, f"{data}/images\n")

    def test_a_file_of_the_user_is_not_overwritten(self):
        self.out.mkdir()
        (self.out / "English.txt").write_text("mine")
        result = self.fetch("names", self.out, code=UNAVAILABLE)
        self.assertIn(f"{self.out}/English.txt is there", result.stderr)
        self.assertIn(sha256(b"mine"), result.stderr)
        self.assertIn("Move it away", result.stderr)
        self.assertEqual((self.out / "English.txt").read_text(), "mine")
        self.assertEqual(self.server.requests, [])


class WhatGoesWrong(FetchTest):
    def test_a_lost_connection_is_resumed(self):
        self.server.plans["/images/train.gz"] = ["hang-up", "hang-up"]
        self.fetch("images", self.out)
        self.assert_images()
        half = len(self.server.bodies["/images/train.gz"]) // 2
        first, second, third = self.server.ranges("/images/train.gz")
        self.assertIsNone(first)
        self.assertEqual(second, f"bytes={half}-")
        self.assertGreater(int(third[6:-1]), half)

    def test_a_server_that_ignores_ranges(self):
        self.server.plans["/images/train.gz"] = ["hang-up", "no-range"]
        result = self.fetch("images", self.out)
        self.assert_images()
        self.assertIn("cannot resume there", result.stderr)
        self.assertEqual(self.server.ranges("/images/train.gz")[-1], None, "from the start")

    def test_a_corrupt_part_is_thrown_away(self):
        whole = self.server.bodies["/images/train.gz"]
        for what, part in [("wrong bytes", b"?" * 1000), ("longer than the file", whole + b"more"),
                           ("as long as the file", b"?" * len(whole))]:
            with self.subTest(what):
                shutil.rmtree(self.out, ignore_errors=True)
                self.out.mkdir()
                (self.out / ".train.gz.part").write_bytes(part)
                self.fetch("images", self.out)
                self.assert_images()
                self.assertIsNone(self.server.ranges("/images/train.gz")[-1], "from the start")

    def test_corrupt_once(self):
        self.server.plans["/images/train.gz"] = ["corrupt"]
        result = self.fetch("images", self.out)
        self.assertIn("once more from the start", result.stderr)
        self.assert_images()
        self.assertEqual(self.server.ranges("/images/train.gz"), [None, None])

    def test_always_corrupt(self):
        self.server.plans["/images/train.gz"] = ["corrupt"] * 9
        result = self.fetch("images", self.out, code=UNAVAILABLE)
        self.assertEqual(self.files(), [])
        self.assertEqual(len(self.server.requests), 2, "retried once")
        self.assertIn(f"{self.server.url}/images/train.gz: ", result.stderr)

    def test_other_content(self):
        other = {"train.gz": gzip.compress(b"other"), "data.zip": zip_of({"data/names/Irish.txt": b"other"}),
                 "cora.tgz": tgz_of({"cora/cora.content": b"other", "cora/cora.cites": PAPERS["cora.cites"]})}
        for set_name, archive, content in [("images", "train.gz", IMAGES["train.gz"]),
                                           ("names", "data.zip", NAMES["Irish.txt"]),
                                           ("cora", "cora.tgz", PAPERS["cora.content"])]:
            with self.subTest(set_name):
                self.server.bodies[f"/{set_name}/{archive}"] = other[archive]
                result = self.fetch(set_name, self.out, code=UNAVAILABLE)
                self.assertIn(f"SHA-256 {sha256(b'other')} where {sha256(content)} is expected", result.stderr)
                self.assertIn("INFOPLANE_MIRROR", result.stderr)
                self.assertEqual(self.files(), [])

    def test_an_error_page_instead_of_the_file(self):
        for set_name, archive in (("images", "train.gz"), ("names", "data.zip"), ("cora", "cora.tgz")):
            with self.subTest(set_name):
                self.server.bodies[f"/{set_name}/{archive}"] = b"<html>please log in</html>"
                result = self.fetch(set_name, self.out, code=UNAVAILABLE)
                self.assertRegex(result.stderr, "no whole gzip file|cannot be unpacked")
                self.assertEqual(self.files(), [])

    def test_a_member_that_is_missing(self):
        """Nothing of a set appears when one of its files is not right."""
        self.server.bodies["/names/data.zip"] = zip_of({"data/names/Irish.txt": NAMES["Irish.txt"]})
        result = self.fetch("names", self.out, code=UNAVAILABLE)
        self.assertIn("data/names/English.txt cannot be unpacked", result.stderr)
        self.assertEqual(self.files(), [])

    def test_missing(self):
        del self.server.bodies["/images/test.gz"]
        result = self.fetch("images", self.out, code=UNAVAILABLE)
        self.assertIn(f"{self.server.url}/images/test.gz: The requested URL returned error: 404", result.stderr)
        self.assertEqual(self.files(), ["train.gz"], "what was verified stays")

    def test_no_network(self):
        self.server.shutdown()
        self.server.server_close()
        result = self.fetch("images", self.out, code=UNAVAILABLE)
        self.assertRegex(result.stderr, f"{self.server.url}/images/train.gz: .*[Cc]onnect")
        self.assertIn("https_proxy", result.stderr)
        self.assertEqual(self.files(), [])

    def test_the_next_server(self):
        public = self.server.url
        for name in IMAGES:
            self.server.bodies[f"/second/{name}"] = self.server.bodies[f"/images/{name}"]
            self.server.bodies[f"/first/{name}"] = b"corrupt"
        self.write_table(f"{public}/none/", f"{public}/first/", f"{public}/second/", f"{public}/third/")
        self.fetch("images", self.out, INFOPLANE_MIRROR=None)
        self.assert_images()
        self.assertEqual([path for path, _ in self.server.requests if path.endswith("train.gz")],
                         ["/none/train.gz", "/first/train.gz", "/first/train.gz", "/second/train.gz"])
        self.write_table(f"{public}/none/", f"{public}/first/")
        result = self.fetch("images", self.folder / "other", code=UNAVAILABLE, INFOPLANE_MIRROR=None)
        for url in ("none", "first"):
            self.assertIn(f"{public}/{url}/train.gz: ", result.stderr)

    def test_the_mirror_is_asked_alone(self):
        public = self.server.url
        self.write_table(f"{public}/images/")
        result = self.fetch("images", self.out, code=UNAVAILABLE, INFOPLANE_MIRROR=public + "/mirror/")
        self.assertEqual(self.server.requests, [("/mirror/images/train.gz", None)])
        self.assertIn(f"{public}/mirror/images/train.gz: ", result.stderr)


class Interrupted(FetchTest):
    def start(self):
        """A call that has half of train.gz and waits for the rest."""
        self.server.plans["/images/train.gz"] = ["stall"]
        process = subprocess.Popen([str(SCRIPT), "images", str(self.out)], env=self.environment(), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        part = self.out / ".train.gz.part"
        self.wait_until(lambda: part.exists() and part.stat().st_size > 0, "a part of the file")
        return process

    def assert_resumes(self):
        self.assertEqual(self.files(), [".train.gz.part"], "no half file under its own name")
        self.fetch("images", self.out)
        self.assert_images()
        self.assertRegex(self.server.ranges("/images/train.gz")[-1], r"^bytes=[1-9]\d*-$")

    def test_signals(self):
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(sent.name):
                shutil.rmtree(self.out, ignore_errors=True)
                process = self.start()
                process.send_signal(sent)
                self.assertEqual(process.wait(TIMEOUT_S), 128 + sent)
                self.assert_resumes()  # while the server still waits to send the rest

    def test_kill(self):
        process = self.start()
        process.kill()
        self.assertEqual(process.wait(TIMEOUT_S), -signal.SIGKILL)
        self.server.released.set()  # what curl, now an orphan, waits for
        self.assert_resumes()

    def test_two_calls_at_once(self):
        if not shutil.which("flock"):
            self.skipTest("needs flock")
        first = self.start()
        second = subprocess.Popen([str(SCRIPT), "images", str(self.out)], env=self.environment(), cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(second.kill)
        self.assertIn("waiting", second.stderr.readline())
        self.server.released.set()
        self.assertEqual(first.wait(TIMEOUT_S), 0)
        second.communicate(timeout=TIMEOUT_S)
        self.assertEqual(second.returncode, 0)
        self.assert_images()
        self.assertEqual(len(self.server.ranges("/images/test.gz")), 1, "the second call found it there")


class CommandLine(FetchTest):
    def test_help(self):
        for word in ("--help", "-h", "help"):
            text = self.fetch(word).stdout
            for part in ("env/fetch-data.sh mnist", "fashion-mnist", "names", "cora", "INFOPLANE_MIRROR"):
                self.assertIn(part, text)
            self.assertNotIn("pipefail", text)

    def test_wrong_usage(self):
        for part, words in [
            ("which data set? images names cora", []),
            ("unknown data set 'minst'; the sets are: images names cora", ["minst"]),
            ("unknown option '--force'", ["images", "--force"]),
            ("one data set and one folder", ["images", "a", "b"]),
            ("the folder is empty", ["images", ""]),
        ]:
            with self.subTest(words=words):
                self.assertIn(part, self.fetch(*words, code=USAGE).stderr)
        self.assertEqual(self.server.requests, [])

    def test_no_table(self):
        result = self.fetch("images", code=UNAVAILABLE, INFOPLANE_DATA_FILES="/nowhere/table")
        self.assertIn("/nowhere/table", result.stderr)


class ShippedTable(unittest.TestCase):
    def rows(self):
        lines = (line.split("#")[0].split() for line in TABLE.read_text().splitlines())
        return [line for line in lines if line]

    def test_shape(self):
        counts = {}
        for set_name, archive, member, hashes, *urls in self.rows():
            counts[set_name] = counts.get(set_name, 0) + 1
            self.assertEqual(member == "-", archive.endswith(".gz"))
            self.assertRegex(hashes, r"^[0-9a-f]{64}(,[0-9a-f]{64})*$")
            self.assertTrue(urls)
            for url in urls:
                self.assertRegex(url, r"^https?://[\w.-]+/")
                self.assertEqual(url.split(".")[-1] in ("gz", "tgz"), archive.split(".")[-1] in ("gz", "tgz"), url)
        self.assertEqual(counts, {"mnist": 4, "fashion-mnist": 4, "names": 18, "cora": 2})

    def test_real_files(self):
        data = os.environ.get("INFOPLANE_DATA")
        if not data:
            self.skipTest("needs INFOPLANE_DATA")
        checked = 0
        for set_name, archive, member, hashes, *_ in self.rows():
            path = pathlib.Path(data, set_name, archive if member == "-" else os.path.basename(member))
            if set_name not in ("mnist", "names") or not path.exists():
                continue
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            self.assertIn(sha256(content), hashes.split(","), path)
            checked += 1
        if not checked:
            self.skipTest("INFOPLANE_DATA has neither mnist nor names")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
