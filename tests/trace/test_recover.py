#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_recover.py HILBERT MAKE_TRACE RECOVER_CUTS [SEED]: `hilbert trace recover` keeps all that is whole, and only that.

What is whole is worked out here, from the places of the undamaged trace's members.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

import check_format

HILBERT = MAKE_TRACE = CUTS = None
SEED, CASES = 30, 3000


def trace(*args):
    return subprocess.run([HILBERT, "trace", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def load(path):
    with open(path, "rb") as file:
        return file.read()


class Recover(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.source = self.path("source.hbt")
        subprocess.run([MAKE_TRACE, "--quiet", "--fixture", self.source, "200"], check=True)
        self.whole = load(self.source)
        _, self.records, _ = check_format.read(self.source)
        # (where it ends, records up to its end, last cycle) of each window; the first is the schema.
        self.windows, self.members = [], []
        count = last = 0
        for kind, flags, _, records, cycles, at, payload in check_format.members(self.whole):
            self.members.append(at)
            count, last = count + records, max(last, cycles[1]) if kind == 2 else last
            size = int.from_bytes(self.whole[at + 20:at + 24], "little")
            if kind == 1 or (kind == 2 and flags & 1):
                self.windows.append((at + size, count, last))
        self.assertGreater(len(self.windows), 20)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def whole_of(self, bad):
        """What `bad` has in whole: its windows, as in self.windows; None if not even the schema."""
        same = next((i for i, (a, b) in enumerate(zip(bad, self.whole)) if a != b), min(len(bad), len(self.whole)))
        # An overwritten byte spoils its member from the start, a cut only what it cuts.
        return [window for window in self.windows if window[0] <= same]

    def test_every_cut_and_overwrite(self):
        done = subprocess.run([CUTS, self.source, self.folder, str(CASES), str(SEED)], check=True, stdout=subprocess.PIPE, text=True)
        reports = done.stdout.splitlines()
        self.assertEqual(len(reports), CASES)
        recovered, kept = [], set()
        for i, report in enumerate(reports):
            with self.subTest(seed=SEED, case=i, report=report):
                bad, out = load(self.path(f"{i}.bad")), self.path(f"{i}.hbt")
                expected = self.whole_of(bad)
                if not expected:
                    self.assertRegex(report, "status 6: ")
                    self.assertFalse(os.path.exists(out))
                    continue
                report = json.loads(report)
                if bad == self.whole:
                    self.assertEqual(report, {"damaged": False})
                    continue
                recovered.append(out)
                end, count, last = expected[-1]
                windows = len(expected) - 1
                kept.add(windows)
                self.assertEqual((report["damaged"], report["windows"], report["records"]), (True, windows, count))
                self.assertEqual((report["bytes_kept"], report["bytes_dropped"]), (end, len(bad) - end))
                self.assertEqual(report["whole_to"], last if windows else None)
                _, records, ending = check_format.read(out)
                self.assertEqual(records, self.records[:count])
                self.assertEqual((ending.complete, ending.reason), (False, "recovered: " + report["damage"]))
                self.assertEqual(load(out)[:end], self.whole[:end])
        self.assertGreater(len(recovered), CASES // 2)
        self.assertIn(0, kept)
        self.assertIn(len(self.windows) - 1, kept)
        for at in range(0, len(recovered), 500):
            subprocess.run(["gzip", "-t", *recovered[at:at + 500]], check=True)
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def test_command(self):
        end, count, last = self.windows[10]
        bad = self.write("bad.hbt", self.whole[:end + 5])
        done = trace("recover", bad, self.path("out.hbt"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, rf"(?m)^ +10 +{count} +{last} +{end} +5$")
        self.assertIn(f"{bad}: cut short: the file ends at byte {end + 5}, inside the member at byte {end}, ", done.stdout)
        self.assertEqual(trace("dump", self.path("out.hbt")).stdout, trace("dump", self.source, f"--to={last}").stdout)
        self.assertIn("ended      incomplete: recovered: cut short: ", trace("info", self.path("out.hbt")).stdout)
        done = trace("recover", "--json", bad, self.path("out.hbt"))
        self.assertEqual((json.loads(done.stdout)["records"], done.returncode), (count, 0))

    def test_an_undamaged_trace_is_left_alone(self):
        for name, data in (("whole.hbt", self.whole), ("recovered.hbt", None)):
            if data is None:
                trace("recover", self.write("bad.hbt", self.whole[:-1]), self.path(name))
            else:
                self.write(name, data)
            done = trace("recover", self.path(name), self.path("out.hbt"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("undamaged, there is nothing to recover", done.stdout)
            self.assertEqual(trace("recover", "--json", self.path(name), self.path("out.hbt")).stdout, '{"damaged":false}\n')
            self.assertFalse(os.path.exists(self.path("out.hbt")))

    def test_bytes_behind_the_end_are_dropped(self):
        done = trace("recover", "--json", self.write("bad.hbt", self.whole + self.whole), self.path("out.hbt"))
        self.assertEqual(json.loads(done.stdout)["records"], len(self.records))
        self.assertEqual(check_format.read(self.path("out.hbt"))[1], self.records)

    def test_a_window_that_turns_out_bad_while_it_is_read_is_left_out(self):
        """Every CRC is right, but the head of the window's last member is too short of time for its records."""
        tried = 0
        for number in range(1, len(self.windows)):
            at = max(m for m in self.members if m < self.windows[number][0])
            data = bytearray(self.whole)
            if data[at + 48:at + 56] == data[at + 40:at + 48]:
                continue  # all in one cycle
            tried += 1
            data[at + 48:at + 56] = data[at + 40:at + 48]  # last cycle: the first
            data[at + 68:at + 72] = struct.pack("<I", zlib.crc32(data[at:at + 68]))
            out = self.path("out.hbt")
            report = json.loads(trace("recover", "--json", self.write("bad.hbt", data), out).stdout)
            end, count, last = self.windows[number - 1]
            self.assertEqual((report["windows"], report["records"], report["bytes_kept"]), (number - 1, count, end))
            self.assertIn("a record is outside the member's time", report["damage"])
            if number > 1:
                self.assertIn(f"; records up to cycle {last} are whole", report["damage"])
            self.assertEqual(check_format.read(out)[1], self.records[:count])
        self.assertGreater(tried, 2)

    def test_refusals_bad(self):
        schema = self.write("schema.hbt", self.whole[:100])
        bad = self.write("bad.hbt", self.whole[:-1])
        for code, text, *args in (
                (3, "cut short: it ends at byte 100, inside its schema", schema, self.path("out.hbt")),
                (3, "not a trace", __file__, self.path("out.hbt")), (3, "No such file", self.path("none"), self.path("out.hbt")),
                (3, "no/out.hbt: No such file", bad, self.path("no/out.hbt")),
                (2, "is the trace that is read", bad, bad), (2, "no regular file", bad, "/dev/null"),
                (2, "trace recover takes two files", bad), (2, "trace recover has no --from", bad, self.path("out.hbt"), "--from=1")):
            with self.subTest(text):
                done = trace("recover", *args)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(text, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertFalse(os.path.exists(self.path("out.hbt")))


if __name__ == "__main__":
    if len(sys.argv) > 4 and sys.argv[4].isdigit():
        SEED = int(sys.argv.pop(4))
    CUTS = sys.argv.pop(3)
    MAKE_TRACE = sys.argv.pop(2)
    HILBERT = sys.argv.pop(1)
    print(f"seed {SEED}")
    unittest.main()
