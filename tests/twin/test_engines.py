#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_engines.py HILBERT Engines | Windows[.test_RUN]: the same run with tiles of RTL and with their twins: the same to the cycle.

Everything is compared: every record of the trace down to the handshakes at the tiles' boundaries, and metrics.json but for the
engine's name and wall times.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HILBERT = None

# Every family of scenarios, every kind and size of tile, both policies, random back-pressure.
RUNS = {
    "tiny_ws8": ("tiny", "--soc=mini-ws8"),
    "tiny_edf": ("tiny", "--soc=duo-ws8-os8", "--policy=edf"),
    "tiny_stalled": ("tiny", "--soc=duo-ws8-os8", "--stall-ppm=200000"),
    "mixed_16": ("mixed", "--soc=hetero-16", "--duration=6ms"),
    "vec_8": ("bench/busy-xr", "--soc=hetero-8", "--duration=21ms", "--stall-ppm=100000"),
    "mixed_32": ("mixed", "--soc=xr-4k", "--duration=2ms"),
    "xrbench": ("social-interaction-b", "--models=published", "--soc=quad-ws16", "--duration=3ms"),
    "xrbench_os": ("vr-gaming", "--models=published", "--soc=quad-os16", "--duration=12ms", "--policy=edf"),
    "xrbench_a": ("social-interaction-a", "--models=published", "--soc=dream-1ws2os", "--duration=1ms"),
    "dream": ("bench/busy-xr", "--soc=dream-1os2ws", "--duration=1ms"),
    "conv": ("bench/conv3x3-64", "--duration=4ms"),
    "busy": ("bench/busy-quad", "--duration=5ms"),
}
# XRBench, every scenario with both sets of models; in ctest one by one (CMakeLists.txt).
# Milliseconds: the firmware's boot, which checks a table of every layer, and some jobs.
XRBENCH = {
    "corrected": {"social-interaction-a": 12, "social-interaction-b": 12, "outdoor-activity-a": 36, "outdoor-activity-b": 12,
                  "ar-assistant": 42, "ar-gaming": 14, "vr-gaming": 12},
    "published": {"social-interaction-a": 12, "social-interaction-b": 9, "outdoor-activity-a": 12, "outdoor-activity-b": 7,
                  "ar-assistant": 16, "ar-gaming": 13, "vr-gaming": 12},
}
WINDOWS = {f"{name}_{models}".replace("-", "_"): (name, f"--models={models}", "--soc=hetero-16", f"--duration={ms}ms")
           for models, names in XRBENCH.items() for name, ms in names.items()}
# And on xr-4k, at ten times the clock: microseconds, to eight jobs and more.
XR_4K = {
    "corrected": {"social-interaction-a": 2100, "social-interaction-b": 800, "outdoor-activity-a": 3250, "outdoor-activity-b": 1150,
                  "ar-assistant": 3750, "ar-gaming": 2400, "vr-gaming": 1800},
    "published": {"social-interaction-a": 1450, "social-interaction-b": 750, "outdoor-activity-a": 1150, "outdoor-activity-b": 550,
                  "ar-assistant": 1550, "ar-gaming": 1700, "vr-gaming": 1250},
}
WINDOWS.update({f"xr_4k_{name}_{models}".replace("-", "_"): (name, f"--models={models}", "--soc=xr-4k", f"--duration={us}us")
                for models, names in XR_4K.items() for name, us in names.items()})
# DREAM's, on its own SoC. Microseconds: boot, and half a millisecond more.
DREAM = {"vr-gaming": 2100, "ar-call": 1200, "ar-social": 2100, "drone-outdoor": 2300, "drone-indoor": 1100}
WINDOWS.update({f"dream_{name}".replace("-", "_"): (f"dream-{name}", f"--duration={us}us", "--policy=dream")
                for name, us in DREAM.items()})


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Case(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_engine(self, name, engine, *more):
        out = os.path.join(self.folder.name, f"{name}-{engine}")
        done = hilbert("run", *{**RUNS, **WINDOWS}[name], f"--engine={engine}", f"--out={out}", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(f"{out}/metrics.json", encoding="utf-8") as file:
            metrics = json.load(file)
        self.assertEqual(metrics.pop("engine"), engine)
        metrics.pop("wall_s")
        for tile in metrics["tiles"]:
            tile.pop("evals", None)  # effort, not machine
        return f"{out}/trace.hbt", metrics

    def compare(self, name, engine="twin"):
        rtl_trace, rtl = self.run_engine(name, "rtl", "--trace=boundary")
        twin_trace, twin = self.run_engine(name, engine, "--trace=boundary")
        diff = hilbert("trace", "diff", rtl_trace, twin_trace)
        self.assertEqual(diff.returncode, 0, diff.stdout)
        self.assertEqual(rtl, twin)
        info = [hilbert("trace", "info", trace).stdout.splitlines() for trace in (rtl_trace, twin_trace)]
        self.assertEqual(len(info[0]), len(info[1]))
        differ = [a for a, b in zip(*info) if a != b]
        self.assertTrue(all(line.startswith(("engine ", "trace ")) for line in differ), differ)
        self.assertGreater(len(hilbert("trace", "dump", "--stream=job", twin_trace).stdout.splitlines()), 0, "no job ended: a longer window")
        return rtl_trace


class Engines(Case):
    def test_single_tiles(self):
        """A twin beside RTL."""
        for engine in ("rtl,tile0=twin", "twin,tile0=rtl"):
            self.compare("tiny_edf", engine)

    def test_skipping_changes_nothing(self):
        for name in ("tiny_edf", "mixed_16"):
            skipped, _ = self.run_engine(name, "twin", "--trace=boundary")
            dump = hilbert("trace", "dump", skipped).stdout
            clocked, _ = self.run_engine(name, "twin", "--trace=boundary", "--no-skip")
            self.assertEqual(dump, hilbert("trace", "dump", clocked).stdout)

    def test_looking_ahead_changes_nothing(self):
        """Network and DRAM ahead of time against flit by flit, command by command."""
        for name in ("tiny_edf", "mixed_16"):
            ahead, metrics = self.run_engine(name, "twin", "--trace=boundary")
            dump = hilbert("trace", "dump", ahead).stdout
            plain, plain_metrics = self.run_engine(name, "twin", "--trace=boundary", "--exact-reference")
            self.assertEqual(dump, hilbert("trace", "dump", plain).stdout)
            self.assertEqual(metrics, plain_metrics)

    def test_a_waveform_shows_rtl(self):
        trace, _ = self.run_engine("tiny_ws8", "twin", "--wave=wave.fst", "--wave-from=1000", "--wave-to=1100")
        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(trace), "wave.fst")))

    def test_bad_input(self):
        for engine in ("fpga", "twin,tile9=rtl", "twin,tile0", "twin,tile0=", "twin,tile0=rtl,tile0=twin", "twin,,", ",twin", ""):
            done = hilbert("run", "tiny", "--soc=mini-ws8", f"--engine={engine}", f"--out={self.folder.name}/bad")
            self.assertEqual(done.returncode, 2, engine)
            self.assertIn("--engine: expected rtl or twin, then TILE=rtl or TILE=twin once for tiles of mini-ws8", done.stderr)
            self.assertFalse(os.path.exists(f"{self.folder.name}/bad"))


class Windows(Case):
    pass


def add_test(group, run):
    def test(self):
        self.compare(run)
    setattr(group, f"test_{run}", test)


for run_name in RUNS:
    add_test(Engines, run_name)
for run_name in WINDOWS:
    add_test(Windows, run_name)

if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
