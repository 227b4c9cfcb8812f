#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_formats.py HILBERT: old traces keep reading the same; newer ones are refused by name.

format1/ holds traces as they were written when format 1 was current; they are never written again. Beside each is what
`hilbert trace` prints of it; HB_UPDATE_GOLDEN=1 rewrites these texts, for a change of what is printed.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

import check_format

HILBERT = None
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "format1")
TEXTS = {"fixture": ("info", "dump"), "jobs": ("info", "dump"), "run": ("info", "dump", "stat")}


def trace(*args):
    return subprocess.run([HILBERT, "trace", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def load(path):
    with open(path, "rb") as file:
        return file.read()


def with_format(data, number, more=0):
    """The trace as if of another format, its heads `more` bytes longer. Only the first head is made right."""
    head = bytearray(data[:68])
    head[16] = number
    head[10:12], head[14:16] = struct.pack("<H", 60 + more), struct.pack("<H", 56 + more)
    head += bytes(range(more))
    return bytes(head) + struct.pack("<I", zlib.crc32(head)) + data[72:]


def with_schema(data, change):
    """The trace with another schema text: every place and CRC made right again, but for the index's."""
    out, before = b"", 0
    for kind, _, _, _, _, at, payload in check_format.members(data):
        size = struct.unpack_from("<I", data, at + 20)[0]
        head, body = bytearray(data[at:at + 68]), data[at + 72:at + size]
        if kind == 1:
            payload = change(payload.decode()).encode()
            deflate = zlib.compressobj(wbits=-15)
            body = deflate.compress(payload) + deflate.flush() + struct.pack("<2I", zlib.crc32(payload), len(payload))
        struct.pack_into("<2I", head, 20, 72 + len(body), len(payload))
        struct.pack_into("<I", head, 36, before)
        struct.pack_into("<Q", head, 56, len(out))
        struct.pack_into("<I", head, 64, zlib.crc32(body))
        before = 72 + len(body)
        out += bytes(head) + struct.pack("<I", zlib.crc32(head)) + body
    return out


class Formats(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file, self.out = (os.path.join(self.folder.name, name) for name in ("file.hbt", "out.hbt"))

    def write(self, data):
        with open(self.file, "wb") as file:
            file.write(data)
        return self.file

    def test_traces_of_format_1_read_as_ever(self):
        for name, commands in TEXTS.items():
            path = os.path.join(GOLDEN, name + ".hbt")
            self.assertLess(os.path.getsize(path), 10000)
            for command in commands:
                with self.subTest(name=name, command=command):
                    done = trace(command, path)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    text = os.path.join(GOLDEN, f"{name}.{command}.txt")
                    if os.environ.get("HB_UPDATE_GOLDEN") == "1":
                        with open(text, "w", encoding="utf-8") as file:
                            file.write(done.stdout)
                    self.assertEqual(done.stdout, load(text).decode())
            records = check_format.read(path)[1]
            dump = [json.loads(line) for line in trace("dump", "--json", path).stdout.splitlines()]
            self.assertEqual([record[0] for record in records], [record["stream"] for record in dump])
            self.assertGreater(len(records), 100)
            self.assertEqual(trace("slice", path, self.out).returncode, 0)
            self.assertEqual(trace("dump", self.out).stdout, trace("dump", path).stdout)

    def test_a_newer_format_is_refused_by_every_command_bad(self):
        good = os.path.join(GOLDEN, "run.hbt")
        for number, more in ((2, 0), (3, 8), (255, 200)):
            newer = self.write(with_format(load(good), number, more))
            for args in (("info", newer), ("dump", newer), ("stat", newer), ("diff", newer, good), ("diff", good, newer),
                         ("slice", newer, self.out), ("recover", newer, self.out)):
                with self.subTest(number=number, args=args):
                    done = trace(*args)
                    self.assertEqual((done.returncode, done.stdout), (3, ""))
                    self.assertEqual(done.stderr, f"{newer}: trace format {number} is newer than this program, which reads up to 1\n")
                    self.assertEqual(os.listdir(self.folder.name), ["file.hbt"])

    def test_there_is_no_format_0_bad(self):
        done = trace("info", self.write(with_format(load(os.path.join(GOLDEN, "run.hbt")), 0)))
        self.assertEqual((done.returncode, done.stderr), (3, f"{self.file}: the head of the schema at byte 0 is damaged\n"))

    def test_streams_and_types_to_come_are_read(self):
        """What a later program of format 1 may add: a type it can show better than we, a stream we know nothing of."""
        def change(text):
            self.assertIn("\nfield rest hex ", text)
            return text.replace("\nfield rest hex ", "\nfield rest furlong ").replace(" job\n", " haul\n")

        dump = trace("dump", "--json", os.path.join(GOLDEN, "fixture.hbt")).stdout
        later = self.write(with_schema(load(os.path.join(GOLDEN, "fixture.hbt")), change))
        done = trace("dump", "--json", later)
        # The index's places are no longer right, which whoever reads from the start does not notice.
        self.assertEqual((done.returncode, done.stdout), (0, dump.replace('"stream":"job"', '"stream":"haul"')))
        self.assertIn(" rest=", trace("dump", "--stream=haul", later).stdout)

    def test_a_coding_to_come_is_named_bad(self):
        later = with_schema(load(os.path.join(GOLDEN, "fixture.hbt")), lambda text: text.replace("like model ffffffff", "arithmetic 3"))
        done = trace("dump", self.write(later))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("field frame.frame: an unknown coding ('arithmetic 3')", done.stderr)


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
