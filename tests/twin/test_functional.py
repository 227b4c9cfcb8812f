#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_functional.py HILBERT SCENARIOS CLASS: twins that compute leave in memory what RTL leaves, and change nothing else."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HILBERT = SCENARIOS = None

NETWORKS = """\
scenario: networks
suite: test
duration_ms: 20
sensors:
  - {{name: camera}}
tasks:
  - {{name: ES, model: {published}/es-ritnet.yaml, rate_hz: 1, sensor: camera}}
  - {{name: GE, model: {published}/ge-fbnet-c.yaml, rate_hz: 1, sensor: camera}}
  - {{name: KD, model: {published}/kd-res8-narrow.yaml, rate_hz: 1, sensor: camera}}
"""


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Base(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.temp = tempfile.TemporaryDirectory()
        self.addCleanup(self.temp.cleanup)
        self.folder = self.temp.name

    def run_one(self, name, *args):
        """Metrics, trace and dump of a run."""
        out = f"{self.folder}/{name}"
        done = hilbert("run", *args, f"--out={out}", f"--dump-dram={out}.dram")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(f"{out}/metrics.json", encoding="utf-8") as file:
            metrics = json.load(file)
        for key in ("engine", "wall_s"):
            metrics.pop(key)
        for tile in metrics["tiles"]:
            tile.pop("evals", None)
        return metrics, f"{out}/trace.hbt", f"{out}.dram"

    def differing_byte(self, a, b):
        """As cmp says it; "" if there is none."""
        return subprocess.run(["cmp", a, b], stdout=subprocess.PIPE, text=True, check=False).stdout

    def compare(self, *args, engine="twin"):
        rtl, rtl_trace, rtl_dram = self.run_one("rtl", *args)
        twin, twin_trace, twin_dram = self.run_one("twin", *args, f"--engine={engine}", "--functional")
        self.assertEqual(rtl, twin)
        diff = hilbert("trace", "diff", rtl_trace, twin_trace)
        self.assertEqual(diff.returncode, 0, diff.stdout)
        self.assertEqual(self.differing_byte(rtl_dram, twin_dram), "")
        return rtl

    def compare_networks(self, soc, duration, models):
        path = f"{self.folder}/networks.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(NETWORKS.format(published=f"{SCENARIOS}/xrbench/models/published"))
        metrics = self.compare(path, f"--soc={soc}", f"--duration={duration}")
        done = {model["name"] for model in metrics["models"] if model["completed"] > 0}
        self.assertEqual(done, models)


class Interface(Base):
    RUN = ("tiny", "--soc=mini-ws8")

    def test_functional_wants_a_twin(self):
        for engine in (), ("--engine=rtl",), ("--engine=twin,tile0=rtl",):
            done = hilbert("run", *self.RUN, *engine, "--functional", f"--out={self.folder}/out")
            self.assertEqual(done.returncode, 2)
            self.assertIn("--functional: RTL always computes its data; this is for twins, and --engine", done.stderr)
            self.assertFalse(os.path.exists(f"{self.folder}/out"))

    def test_a_twin_that_does_not_compute_leaves_other_bytes(self):
        """Else the other tests compare nothing."""
        _, _, rtl = self.run_one("rtl", *self.RUN)
        _, _, twin = self.run_one("twin", *self.RUN, "--engine=twin")
        self.assertIn("differ: byte", self.differing_byte(rtl, twin))

    def test_the_dump_is_the_memory(self):
        """All of it, constants and what was computed."""
        _, _, dram = self.run_one("rtl", *self.RUN)
        with open(dram, "rb") as file:
            self.assertTrue(any(file.read(1 << 20)))
        self.assertEqual(os.path.getsize(dram) % 4096, 0)

    def test_a_dump_that_cannot_be_written_bad(self):
        done = hilbert("run", *self.RUN, f"--out={self.folder}/out", f"--dump-dram={self.folder}/no/such")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no/such: No such file or directory", done.stderr)

    def test_a_waveform_shows_rtl(self):
        for engine in "twin", "rtl,tile0=twin":
            done = hilbert("run", "tiny", "--soc=duo-ws8-os8", f"--engine={engine}", "--functional",
                           f"--out={self.folder}/{engine}", "--wave=wave.fst", "--wave-from=1000", "--wave-to=1100")
            self.assertEqual(done.returncode, 0, done.stderr)


class Runs(Base):
    def test_ws8(self):
        self.compare("tiny", "--soc=mini-ws8", "--trace=boundary")

    def test_beside_rtl(self):
        self.compare("tiny", "--soc=duo-ws8-os8", "--policy=edf", "--trace=boundary", engine="rtl,tile0=twin")
        self.compare("tiny", "--soc=duo-ws8-os8", "--policy=edf", "--trace=boundary", engine="twin,tile0=rtl")

    def test_stalled(self):
        self.compare("tiny", "--soc=duo-ws8-os8", "--stall-ppm=200000", "--trace=boundary")

    def test_no_skip(self):
        self.compare("tiny", "--soc=duo-ws8-os8", "--no-skip")

    def test_vec_8(self):
        self.compare("bench/busy-xr", "--soc=hetero-8", "--duration=20ms", "--stall-ppm=100000")

    def test_mixed_16(self):
        self.compare("mixed", "--soc=hetero-16", "--duration=10ms")

    def test_mixed_32(self):
        self.compare("mixed", "--soc=xr-4k", "--duration=2ms")

    def test_paths(self):
        """Frames that skip blocks and leave early."""
        metrics = self.compare("paths", "--duration=5ms")
        self.assertGreater(metrics["models"][0]["completed"], 3)
        dump = hilbert("trace", "dump", "--stream=path", f"{self.folder}/twin/trace.hbt").stdout.splitlines()
        self.assertGreater(len({line.rsplit("path=", 1)[1] for line in dump}), 2, dump)

    def test_busy(self):
        self.compare("bench/busy-quad", "--duration=5ms")


class Networks(Base):
    def test_es_kd(self):
        self.compare_networks("quad-ws16", "19ms", {"ES", "KD"})


class NetworksElsewhere(Base):
    def test_es_ge_kd_32(self):
        self.compare_networks("xr-4k", "18ms", {"ES", "GE", "KD"})

    def test_es_kd_hetero(self):
        self.compare_networks("hetero-16", "47ms", {"ES", "KD"})


if __name__ == "__main__":
    HILBERT, SCENARIOS = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
