#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_slice.py HILBERT MAKE_TRACE: what `hilbert trace slice` writes is what dump prints with the same filters."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import check_format

HILBERT = MAKE_TRACE = None
LEVELS = ["decisions", "jobs", "packets"]
STREAMS = {"frame": 0, "job": 1, "irq": 1, "texts": 0, "flit": 2}
SEED = 20


def trace(*args, **more):
    return subprocess.run([HILBERT, "trace", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **more)


def peak_kib(*args):
    """Peak of a `hilbert trace` that must succeed."""
    child = subprocess.Popen([HILBERT, "trace", *args], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss


class Slice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.source = cls.path("source.hbt")
        subprocess.run([MAKE_TRACE, "--quiet", "--fixture", cls.source, "2000"], check=True)
        _, cls.records, cls.ending = check_format.read(cls.source)
        cls.last = cls.ending.last

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def tearDown(self):
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def bytes_of(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def slice(self, name, *args, source=None):
        done = trace("slice", source or self.source, self.path(name), *args)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        return self.path(name)

    def dump(self, path, *args):
        done = trace("dump", path, *args)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def assert_same_dump(self, path, *filters, source=None):
        for form in ((), ("--json",)):
            self.assertEqual(self.dump(path, *form), self.dump(source or self.source, *form, *filters), filters)

    def random_range(self, rng):
        cycles = sorted(rng.choice(self.records)[2][0] + rng.randint(-1, 1) for _ in range(2))
        return cycles[0], cycles[1]

    def test_a_slice_is_what_dump_prints(self):
        rng = random.Random(SEED)
        for i in range(30):
            first, last = self.random_range(rng)
            names = rng.sample(sorted(STREAMS), rng.randint(1, 5))
            filters = [f for f in (f"--from={first}", f"--to={last}", "--stream=" + ",".join(names)) if rng.random() < 0.7]
            with self.subTest(i=i, filters=filters):
                out = self.slice("out.hbt", *filters)
                self.assert_same_dump(out, *filters)
                _, records, ending = check_format.read(out)
                self.assertEqual((ending.complete, ending.reason), (True, self.ending.reason))
                self.assertLessEqual(ending.num_windows, self.ending.num_windows)
                ranged = [r for r in self.records if first <= r[2][0] <= last] if len(filters) == 3 else None
                if ranged is not None:
                    self.assertEqual(len(records), sum(r[0] in names for r in ranged))

    def test_a_time_is_the_cycle_at_it(self):
        self.slice("cycles.hbt", "--from=5000", "--to=30000000")
        khz = int(re.search(rb"clock_khz\s+(\d+)", trace("info", self.path("source.hbt")).stdout)[1])
        self.slice("times.hbt", f"--from={5000 * 10**9 // khz}ps", f"--to={30000000 * 10**9 // khz}ps")
        self.assertEqual(self.bytes_of("times.hbt"), self.bytes_of("cycles.hbt"))
        self.assertNotEqual(self.bytes_of("cycles.hbt"), self.bytes_of("source.hbt"))

    def test_a_slice_of_everything_is_the_trace(self):
        self.slice("out.hbt")
        self.assertEqual(self.bytes_of("out.hbt"), self.bytes_of("source.hbt"))

    def test_levels_are_lowered(self):
        for number, level in enumerate(LEVELS):
            out = self.slice("out.hbt", f"--level={level}")
            self.assert_same_dump(out, "--stream=" + ",".join(s for s, at in STREAMS.items() if at <= number))
            self.assertIn(f"level      {level}\n", trace("info", out).stdout.decode())
            self.assertEqual(trace("info", out).stdout.count(b"not recorded"), sum(at > number for at in STREAMS.values()))

    def test_schema_and_metadata_stay(self):
        def schema(path):
            with open(path, "rb") as file:
                return next(check_format.members(file.read()))[-1].decode().splitlines()

        out = self.slice("out.hbt", "--from=1000", "--to=30000000", "--stream=irq,frame", "--level=jobs")
        added = [line for line in schema(out) if line not in schema(self.source)]
        self.assertEqual(added, ["level jobs", "meta slice.from=1000", "meta slice.to=30000000", "meta slice.streams=frame,irq"])
        self.assertEqual([line for line in schema(self.source) if line not in schema(out)], ["level packets"])
        self.assertEqual([line for line in schema(self.slice("out.hbt", "--to=7")) if "slice." in line], ["meta slice.to=7"])

    def test_a_slice_of_a_slice_is_the_slice_of_both(self):
        rng = random.Random(SEED + 1)
        for i in range(10):
            (a, b), (c, d) = self.random_range(rng), self.random_range(rng)
            one, two = (rng.sample(sorted(STREAMS), 3) for _ in range(2))
            both = ",".join(s for s in one if s in two)
            with self.subTest(i=i):
                inner = self.slice("inner.hbt", f"--from={a}", f"--to={b}", "--stream=" + ",".join(one))
                out = self.slice("out.hbt", f"--from={c}", f"--to={d}", "--stream=" + ",".join(two), source=inner)
                check_format.read(out)
                if max(a, c) > min(b, d) or not both:
                    self.assertEqual(self.dump(out), b"")
                    continue
                self.slice("direct.hbt", f"--from={max(a, c)}", f"--to={min(b, d)}", f"--stream={both}")
                self.assertEqual(self.bytes_of("out.hbt"), self.bytes_of("direct.hbt"))

    def test_of_an_incomplete_trace(self):
        with open(self.path("cut.hbt"), "wb") as file:
            file.write(self.bytes_of("source.hbt")[:40000])
        self.assertEqual(trace("recover", self.path("cut.hbt"), self.path("incomplete.hbt")).returncode, 0)
        of = check_format.read(self.path("incomplete.hbt"))[2]
        out = self.slice("out.hbt", "--stream=job", source=self.path("incomplete.hbt"))
        ending = check_format.read(out)[2]
        self.assertEqual((ending.complete, ending.reason), (False, of.reason))
        # Cut behind the range: nothing is damaged that was asked for, but how the run ended is not known.
        out = self.slice("out.hbt", "--to=1000000", source=self.path("cut.hbt"))
        self.assert_same_dump(out, "--to=1000000")
        ending = check_format.read(out)[2]
        self.assertEqual((ending.complete, ending.reason), (False, "sliced from a trace without an end"))

    def test_of_a_damaged_trace_bad(self):
        rng = random.Random(SEED + 2)
        whole = self.bytes_of("source.hbt")
        behind_schema = list(check_format.members(whole))[1][5]  # where the first data member is
        for i in range(25):
            damaged = bytearray(whole)
            at = rng.randrange(behind_schema, len(whole))
            if i % 2:
                damaged[at] ^= 1 << rng.randrange(8)
            else:
                del damaged[at:]
            with open(self.path("damaged.hbt"), "wb") as file:
                file.write(damaged)
            filters = [] if i % 3 else ["--from=2000", "--stream=frame,flit"]
            with self.subTest(i=i, at=at):
                done = trace("slice", self.path("damaged.hbt"), self.path("out.hbt"), *filters)
                dump = trace("dump", self.path("damaged.hbt"), *filters)
                self.assertEqual(done.returncode, dump.returncode)
                self.assertEqual(self.dump(self.path("out.hbt")), dump.stdout)
                ending = check_format.read(self.path("out.hbt"))[2]
                if dump.returncode == 0:
                    continue  # the damage is in something that was not asked for
                self.assertEqual(done.returncode, 3)
                damage = dump.stderr.decode().strip()
                self.assertEqual(done.stderr.decode().strip(), f"{damage}; {self.path('out.hbt')} holds what could be read")
                reason = "sliced from a damaged trace: " + damage.split(": ", 1)[1]
                self.assertEqual((ending.complete, ending.reason), (False, reason))

    def test_refusals_bad(self):
        shutil.copy(self.source, self.path("mine.hbt"))
        os.link(self.path("mine.hbt"), self.path("hard.hbt"))
        os.symlink("mine.hbt", self.path("soft.hbt"))
        self.slice("low.hbt", "--level=jobs")
        before, out = self.bytes_of("mine.hbt"), self.path("never.hbt")
        mine = self.path("mine.hbt")
        for code, text, *args in (
                (2, "is the trace that is read", mine, mine), (2, "is the trace that is read", mine, self.path("hard.hbt")),
                (2, "is the trace that is read", mine, self.path("soft.hbt")), (2, "is the trace that is read", self.path("soft.hbt"), mine),
                (2, "no regular file", mine, self.folder), (2, "no regular file", mine, "/dev/null"),
                (2, "two files", mine), (2, "trace slice has no --json; ", mine, out, "--json"),
                (2, "trace dump has no --level; slice does", None),
                (2, "the range of cycles is empty", mine, out, "--from=2", "--to=1"), (2, "no stream 'x'", mine, out, "--stream=x"),
                (2, "--level: expected decisions, jobs, packets or boundary, got all", mine, out, "--level=all"),
                (2, "recorded at level jobs, so a slice cannot be of level packets", self.path("low.hbt"), out, "--level=packets"),
                (3, "never.hbt: No such file", out, self.path("other.hbt")), (3, "not a trace", __file__, out),
                (3, "no/dir/x.hbt: No such file", mine, self.path("no/dir/x.hbt"))):
            with self.subTest(text):
                done = trace("slice", *args) if args[0] else trace("dump", mine, "--level=jobs")
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)
                self.assertFalse(os.path.exists(out))
        self.assertEqual(self.bytes_of("mine.hbt"), before)

    def test_a_full_disk_leaves_what_was_there_bad(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))

        self.slice("out.hbt", "--to=1000000")
        before = self.bytes_of("out.hbt")
        done = trace("slice", self.source, self.path("out.hbt"), preexec_fn=limit)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{self.path('out.hbt')}: cannot write: File too large", done.stderr.decode())
        self.assertEqual(self.bytes_of("out.hbt"), before)

    def test_memory_does_not_grow_with_the_trace(self):
        peaks = []
        for jobs in ("30000", "300000"):
            subprocess.run([MAKE_TRACE, "--quiet", self.path("long.hbt"), jobs], check=True)
            peaks.append(peak_kib("slice", self.path("long.hbt"), self.path("out.hbt")))
        self.assertLess(peaks[1] - peaks[0], 2048, peaks)


if __name__ == "__main__":
    MAKE_TRACE = sys.argv.pop(2)
    HILBERT = sys.argv.pop(1)
    unittest.main()
