#!/usr/bin/env python3
"""Writes a folder of small inputs for each fuzz target: files that are right, and what is often wrong.

usage: seeds.py FOLDER
"""

import gzip
import struct
import sys
from pathlib import Path


def idx(shape, values):
    return bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + bytes(values)


def npy(descr, shape, values, order="False", version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + values


def seeds():
    images = idx((2, 2, 3), range(12))
    labels = idx((4,), (7, 0, 9, 1))
    packed = gzip.compress(labels, mtime=0)
    floats = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    content = b"31\t0\t1\tTheory\n7\t1\t0\tGenetic_Algorithms\n9\t1\t1\tTheory\n"
    cites = b"31\t7\n7\t9\n"
    return {
        "idx": [images, labels, idx((4,), (7, 0, 10, 1)), labels[:-1], images[:9], idx((0, 28, 28), ())],
        "gzip": [packed, packed[:-3], packed[:12], packed + packed, packed + b"tail", labels, packed[:-6] + b"\0" * 6,
                 gzip.compress(bytes(4096), mtime=0)],
        "cora": [content + b"\0\0" + cites + b"\0\0" + b"31\ttrain\n7\tval\n9\ttest\n",
                 content + b"\0\0" + cites + b"\0\0" + b"31\ttrain\n7\tnone\n",
                 content.replace(b"\n", b"\r\n") + b"\0\0" + cites + b"7\t31\n7\t7\n\0\0",
                 content + b"\0\0" + b"31\t8\n", content[:-10] + b"\0\0", b"\xef\xbb\xbf" + content],
        "names": ["Ślusàrski\nO'Néàl\n".encode(), "Нет\n각\nAbel".encode(), b"Abel\n\xff\n", b"A\r\nB\r\n",
                  "ﬃß Ẩ\n".encode(), b"1\n"],
        "npy": [npy("<f4", "(2, 3)", floats), npy("<f4", "(2, 3)", floats, "True", 2), npy("<f4", "(6,)", floats),
                npy("|u1", "(3,)", bytes((0, 1, 2))), npy(">i8", "(1, 1)", struct.pack(">q", -5)),
                npy("|b1", "()", b"\1"), npy("<f8", "(1, 1)", struct.pack("<d", float("nan"))),
                npy("<f8", "(0, 3)", b""), npy("<f4", "(2, 3)", floats[:-1])],
        # Here an input says which file to make.
        "hdf5": [bytes(range(0, 200, step)) * 2 for step in (1, 3, 7)] + [b"\xff" * 64, bytes(64)],
    }


def main():
    folder = Path(sys.argv[1])
    for target, inputs in seeds().items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(inputs):
            (folder / target / f"seed-{number}").write_bytes(content)


if __name__ == "__main__":
    main()
