#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_diff.py HILBERT: `hilbert trace diff` against a comparison of the dumped records, written here again."""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import test_formats

HILBERT = None


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Diff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.traces = {}
        for name, *args in (("a",), ("again",), ("seed", "--seed=2"), ("stall", "--stall-ppm=20000"), ("edf", "--policy=edf"),
                            ("short", "--duration=1ms"), ("decisions", "--trace=decisions")):
            out = os.path.join(cls.folder, name)
            length = [] if name == "short" else ["--duration=3ms"]
            subprocess.run([HILBERT, "run", "tiny", f"--out={out}", *length, *args], check=True, stdout=subprocess.DEVNULL)
            cls.traces[name] = os.path.join(out, "trace.hbt")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def records(self, name):
        """By stream: the dumped records."""
        streams = collections.defaultdict(list)
        for line in hilbert("trace", "dump", "--json", self.traces[name]).stdout.splitlines():
            record = json.loads(line)
            streams[record.pop("stream")].append({k: v for k, v in record.items() if not k.endswith("_name")})
        return streams

    def expected(self, a, b, tolerance):
        """What the diff of two traces should say."""
        a, b = self.records(a), self.records(b)
        streams, first = {}, None
        for name in sorted(set(a) | set(b)):
            fields, different = collections.Counter(), 0
            for index in range(max(len(a[name]), len(b[name]))):
                pair = [side[name][index] if index < len(side[name]) else None for side in (a, b)]
                if None not in pair:
                    wrong = [key for key in pair[0] if abs(pair[0][key] - pair[1][key]) > tolerance.get(key, 0)]
                    fields.update(wrong)
                    if not wrong:
                        continue
                different += 1
                cycle = min(next(iter(record.values())) for record in pair if record)  # the first field is the time
                if different == 1 and (first is None or cycle < first["cycle"]):
                    first = {"cycle": cycle, "stream": name, "record": index + 1}
            streams[name] = {"records": [len(a[name]), len(b[name])], "different": different, "fields": dict(fields)}
        return streams, first

    def compare(self, a, b, **tolerance):
        args = [f"--tolerance={','.join(f'{k}={v}' for k, v in tolerance.items())}"] if tolerance else []
        done = hilbert("trace", "diff", "--json", *args, self.traces[a], self.traces[b])
        self.assertEqual(done.stderr, "")
        said = json.loads(done.stdout)
        streams, first = self.expected(a, b, tolerance)
        got = {s.pop("stream"): s for s in said["streams"]}
        self.assertEqual({k: v for k, v in got.items() if v["records"] != [0, 0]}, streams)
        self.assertEqual(said["same"], first is None)
        self.assertEqual(done.returncode, 0 if first is None else 1)
        if first is None:
            self.assertIsNone(said["first"])
        else:  # of streams that first differ in one cycle any may be named
            self.assertEqual(said["first"]["cycle"], first["cycle"])
        return said

    def test_same(self):
        self.assertTrue(self.compare("a", "again")["same"])
        self.assertTrue(hilbert("trace", "diff", self.traces["a"], self.traces["a"]).stdout.startswith("no difference\n"))

    def test_different(self):
        for other in ("seed", "stall", "edf", "short", "decisions"):
            with self.subTest(other):
                self.assertFalse(self.compare("a", other)["same"])
                self.compare(other, "a")

    def test_tolerance(self):
        loose = self.compare("a", "stall", cycle=1000000, busy=1000000, start=1000000)
        strict = self.compare("a", "stall")
        count = lambda said: sum(s["different"] for s in said["streams"])
        self.assertLess(count(loose), count(strict))
        # The tolerance itself is allowed: one of the differences there are, and one less.
        jobs = [[json.loads(line) for line in hilbert("trace", "dump", "--json", "--stream=job", self.traces[t]).stdout.splitlines()]
                for t in ("a", "stall")]
        most = max(abs(a["busy"] - b["busy"]) for a, b in zip(*jobs))
        self.assertGreater(most, 0)
        others = {key: 10**9 for key, value in jobs[0][0].items() if isinstance(value, int) and key not in ("busy", "tag", "tile")}
        allowed, beyond = (self.compare("a", "stall", busy=tolerance, **others) for tolerance in (most, most - 1))
        self.assertLess(count(allowed), count(beyond))

    def test_text_names_the_records(self):
        done = hilbert("trace", "diff", self.traces["a"], self.traces["stall"])
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^first difference at cycle \d+ \(\d+\.\d{6} ms\): record \d+ of \w+$")
        dumps = [hilbert("trace", "dump", self.traces[name]).stdout.splitlines() for name in ("a", "stall")]
        minus, plus = (next(line[2:] for line in lines if line.startswith(mark)) for mark in "-+")
        self.assertIn(minus, dumps[0])
        self.assertIn(plus, dumps[1])
        context = [line[2:] for line in lines[1:6]]
        at = dumps[0].index(context[0])
        self.assertEqual(dumps[0][at:at + 5], context)
        self.assertEqual(dumps[1][at:at + 5], context)

    def test_range_and_streams(self):
        cycle = self.compare("a", "stall")["first"]["cycle"]
        done = hilbert("trace", "diff", f"--to={cycle - 1}", self.traces["a"], self.traces["stall"])
        self.assertEqual(done.returncode, 0, done.stdout)
        done = hilbert("trace", "diff", "--json", "--stream=boot", self.traces["a"], self.traces["stall"])
        self.assertEqual([s["stream"] for s in json.loads(done.stdout)["streams"]], ["boot"])

    def test_bad_input(self):
        a = self.traces["a"]
        cut = os.path.join(self.folder, "cut.hbt")
        with open(a, "rb") as file, open(cut, "wb") as out:
            out.write(file.read()[:-200])
        for code, text, *args in (
                (2, "trace diff takes two files", a), (2, "no stream 'none' in the trace; it has", "--stream=none", a, a),
                (2, "--tolerance: expected FIELD=NUMBER, got 'cycle'", "--tolerance=cycle", a, a),
                (2, "--tolerance: expected FIELD=NUMBER, got 'cycle=-1'", "--tolerance=cycle=-1", a, a),
                (2, "--tolerance: no stream has a field 'moon'", "--tolerance=moon=3", a, a),
                (2, "the range of cycles is empty", "--from=2", "--to=1", a, a),
                (3, "No such file", a, "/nonexistent"), (3, f"{cut}: ", a, cut), (3, "not a trace", a, __file__)):
            with self.subTest(text):
                done = hilbert("trace", "diff", *args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)
        self.assertEqual(hilbert("trace", "dump", "--tolerance=cycle=1", a).returncode, 2)

    def test_numbers_without_text_in_a_field_of_texts(self):
        """No writer of ours leaves them, dump prints the numbers, and a trace is still the same as itself."""
        fixture = os.path.join(test_formats.GOLDEN, "fixture.hbt")
        odd = os.path.join(self.folder, "odd.hbt")
        changed = test_formats.with_schema(test_formats.load(fixture), lambda text: text.replace("field frame uint ", "field frame string "))
        with open(odd, "wb") as file:
            file.write(changed)
        dump = [hilbert("trace", "dump", path).stdout for path in (odd, fixture)]
        self.assertRegex(dump[0], r" frame=\d{5}")
        self.assertGreater(len(dump[0].splitlines()), 100)
        done = hilbert("trace", "diff", odd, odd)
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, "no difference"), done.stdout)


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
