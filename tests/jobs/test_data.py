"""infoplane data: what is found where, and whether it is intact."""

import gzip
import hashlib
import os
import shutil
import unittest

import harness


class Data(harness.ProgramTest):
    nowhere = {"HOME": "/nowhere", "XDG_CACHE_HOME": "", "INFOPLANE_DATA": ""}

    def idx(self, folder, images=3, labels=(0, 1, 9)):
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("train", "t10k"):
            (folder / f"{part}-images-idx3-ubyte").write_bytes(
                bytes([0, 0, 8, 3, 0, 0, 0, images, 0, 0, 0, 1, 0, 0, 0, 2]) + bytes(range(2 * images)))
            (folder / f"{part}-labels-idx1-ubyte").write_bytes(
                bytes([0, 0, 8, 1, 0, 0, 0, len(labels)]) + bytes(labels))

    def test_list_says_what_is_where_in_which_order(self):
        self.idx(self.folder / "named" / "mnist")
        self.idx(self.folder / "cache" / "infoplane" / "mnist")
        self.idx(self.folder / "cache" / "infoplane" / "fashion-mnist")
        env = {**self.nowhere, "INFOPLANE_DATA": str(self.folder / "named"),
               "XDG_CACHE_HOME": str(self.folder / "cache")}
        text = self.infoplane("data", "list", env=env).stdout
        self.assertLessEqual(max(map(len, text.splitlines())), 110)
        self.assertRegex(text, r"mnist +\S+/named/mnist\n")
        self.assertRegex(text, r"fashion-mnist +\S+/cache/infoplane/fashion-mnist\n")
        self.assertRegex(text, r"cora +not found; get it with: env/fetch-data.sh cora\n")
        self.assertRegex(text, r"INFOPLANE_DATA +\S+/named/SET\n")
        self.idx(self.folder / "first" / "mnist")
        text = self.infoplane("data", "list", "--root", "first", env=env).stdout
        self.assertRegex(text, r"mnist +first/mnist\n")

    def test_list_of_some_sets_only(self):
        self.idx(self.folder / "mnist")
        env = {**self.nowhere, "INFOPLANE_DATA": str(self.folder)}
        text = self.infoplane("data", "list", "mnist", "cora", env=env).stdout
        self.assertRegex(text, r"^mnist +\S+/mnist\ncora +not found; .*\n$")

    def test_one_set_is_not_taken_for_another_with_files_of_the_same_names(self):
        self.idx(self.folder / "fashion-mnist")
        for place in (self.folder, self.folder / "fashion-mnist"):
            text = self.infoplane("data", "list", env={**self.nowhere, "INFOPLANE_DATA": str(place)}).stdout
            self.assertRegex(text, r"\nmnist +not found")
            self.assertRegex(text, r"fashion-mnist +/\S+/fashion-mnist\n")

    def test_a_root_that_is_missing_is_not_passed_over(self):
        """Another place might hold other data under the same name."""
        env = {**self.nowhere, "INFOPLANE_DATA": str(self.folder)}
        self.idx(self.folder / "mnist")
        sweep = self.write_sweep('[data]\nset = "mnist"\nsplit = "published"\n')
        self.infoplane("plan", sweep, env=env)
        for words, given in ((["plan", sweep, "--set", "data.root=mnits"], "data.root"),
                             (["data", "check", "--root", "mnits"], "--root")):
            message = self.infoplane(*words, code=4, env=env).stderr
            self.assertIn(f'{given} "mnits": there is no such folder in {os.path.realpath(self.folder)}', message)
        self.infoplane("plan", sweep, "--set", "data.root=", env=env)

    def test_nothing_to_check_is_no_success(self):
        self.assertIn("no data set was found", self.infoplane("data", "check", code=4, env=self.nowhere).stderr)

    def test_check_tells_damaged_from_changed_from_missing(self):
        env = {**self.nowhere, "INFOPLANE_DATA": str(self.folder)}
        self.assertIn("was not found in", self.infoplane("data", "check", "mnist", code=4, env=env).stdout)
        self.idx(self.folder / "mnist")
        text = self.infoplane("data", "check", "mnist", code=4, env=env).stdout
        images = (self.folder / "mnist" / "train-images-idx3-ubyte").read_bytes()
        self.assertRegex(text, r"train-images-idx3-ubyte +NOT as published, its SHA-256 is\n +"
                         + hashlib.sha256(images).hexdigest())
        self.assertIn("6 rows of 1x1x2, 10 classes; published split 3 / 0 / 3", text)
        self.assertIn("env/fetch-data.sh mnist", text)
        self.idx(self.folder / "mnist", labels=(0, 1, 10))
        text = self.infoplane("data", "check", "mnist", code=4, env=env).stdout
        self.assertIn("train-labels-idx1-ubyte has the label 10 at byte 10: it must be below 10", text)

    def test_a_sweep_of_damaged_data_ends_with_4_and_says_where(self):
        env = {**self.nowhere, "INFOPLANE_DATA": str(self.folder)}
        self.idx(self.folder / "mnist")
        labels = self.folder / "mnist" / "t10k-labels-idx1-ubyte"
        packed = gzip.compress(labels.read_bytes())
        labels.unlink()
        labels.with_suffix(".gz").write_bytes(packed[:len(packed) // 2])
        sweep = self.write_sweep('[data]\nset = "mnist"\nsplit = "published"\n[training]\nepochs = 1\n')
        for ranks in (0, 2):
            error = self.infoplane("run", sweep, code=4, env=env, ranks=ranks).stderr
            self.assertIn("t10k-labels-idx1-ubyte.gz is damaged: the archive ends too early after", error)
        sweep = self.write_sweep('[data]\nset = "cora"\n[model]\nkind = "gcn"\n')
        self.assertIn("get it with: env/fetch-data.sh cora", self.infoplane("run", sweep, code=4, env=env).stderr)

    def test_every_damage_is_answered_with_file_and_place(self):
        cora = {"cora.content": "31\t1\t0\tB\n7\t0\t1\tA\n", "cora.cites": "31\t7\n"}
        names = {"English.txt": "Abel\n", "German.txt": "Zeiss\n"}
        images = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")
        for data, file, content, message in [
            ("cora", "cora.content", b"", "cora.content is empty"),
            ("cora", "cora.content", b"31 1 0 B\n7 0 A\n", "cora.content:2 has 1 word flags where the first line has 2"),
            ("cora", "cora.content", b"31 1 2 B\n", 'cora.content:1 word flag 2 is "2", must be 0 or 1'),
            ("cora", "cora.cites", b"31 7\n31 8\n", "cora.cites:2 names the id 8, which "),
            ("cora", "cora.split", b"31 train\n7 tset\n", 'cora.split:2 says "tset", must be train, val, test or none'),
            ("names", "German.txt", b"Abel\nM\xfcller\n", "German.txt:2 is no UTF-8 text"),
            ("names", "German.txt", b"", "German.txt has no names"),
            ("mnist", images[0], b"", "train-images-idx3-ubyte is no IDX file of 3 dimensions: byte 0 should begin"),
            ("mnist", images[0], b"\0\0\x08\3\0\0\0\3", "train-images-idx3-ubyte ends at byte 8 within its header of 16"),
            ("mnist", images[0], b"\0\0\x08\3" + b"\0\0\0\3" * 3 + b"x" * 26,
             "train-images-idx3-ubyte has 26 values from byte 16 on where its header says 3 x 3 x 3"),
            ("mnist", images[1], b"\0\0\x08\1\0\0\0\3abc", "t10k-images-idx3-ubyte is no IDX file of 3 dimensions"),
        ]:
            with self.subTest(file=file, message=message):
                folder = self.folder / data
                shutil.rmtree(folder, ignore_errors=True)
                self.idx(folder)
                for name, text in {**cora, **names}.items():
                    (folder / name).write_text(text)
                (folder / file).write_bytes(content)
                published = 'split = "published"\n' if data == "mnist" else "names_per_language = 1\n" * (data == "names")
                sweep = self.write_sweep(f'[data]\nset = "{data}"\n{published}')
                result = self.infoplane("plan", sweep, code=4, env={**self.nowhere, "INFOPLANE_DATA": str(self.folder)})
                self.assertIn(message, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1, "one sentence, no stack")

    def test_the_real_files_are_as_published(self):
        real = os.environ.get("INFOPLANE_DATA")
        if not real:
            self.skipTest("INFOPLANE_DATA names no folder with the data sets")
        text = self.infoplane("data", "check").stdout
        self.assertIn("as published", text)
        self.assertNotIn("NOT", text)
        self.assertRegex(text, "60000 / 0 / 10000")
        shutil.copytree(os.path.join(real, "cora"), self.folder / "cora")
        with open(self.folder / "cora" / "cora.cites", "a") as cites:
            cites.write("0\t1\n")
        text = self.infoplane("data", "check", "cora", "--root", ".", code=4).stdout
        self.assertRegex(text, r"cora\.content +as published\n  cora\.cites +NOT as published")


if __name__ == "__main__":
    harness.main()
