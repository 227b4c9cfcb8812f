#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_stat.py HILBERT: `hilbert trace stat` against metrics.json, which the run counted by itself."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT = None


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Stat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        subprocess.run([HILBERT, "run", "tiny", "--soc=duo-ws8-os8", f"--out={cls.folder}/out"], check=True, stdout=subprocess.DEVNULL)
        cls.trace = os.path.join(cls.folder, "out", "trace.hbt")
        with open(os.path.join(cls.folder, "out", "metrics.json"), encoding="utf-8") as file:
            cls.metrics = json.load(file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def stat(self, *args):
        done = hilbert("trace", "stat", "--json", *args, self.trace)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_agrees_with_metrics(self):
        stat, metrics = self.stat(), self.metrics
        self.assertGreater(stat["decisions"], 20)
        rises = hilbert("trace", "dump", "--json", "--stream=irq", self.trace).stdout.count('"level":true')
        self.assertEqual(stat["interrupts"], rises)
        for mine, theirs in zip(stat["tiles"], metrics["tiles"], strict=True):
            self.assertEqual(mine["name"], theirs["name"])
            self.assertEqual((mine["jobs"], mine["failed"]), (theirs["jobs"], theirs["errors"]))
            # A job that is running at the end is in the run's own counters only.
            for key in ("busy_cycles", "array_cycles", "wait_load_cycles", "read_bytes", "write_bytes"):
                self.assertLessEqual(mine[key], theirs[key])
                self.assertGreater(mine[key], 0.98 * theirs[key])
        for mine, theirs in zip(stat["models"], metrics["models"], strict=True):
            self.assertEqual(mine["name"], theirs["name"])
            self.assertEqual(mine["arrived"], theirs["frames"])
            self.assertEqual(mine["done"], theirs["completed"])
            self.assertEqual(mine["late"], theirs["late"] - theirs["overdue"])
            self.assertEqual(mine["dropped"], theirs["dropped"])
            longest = mine["latency_max_cycles"] / metrics["clock_mhz"] / 1e3
            self.assertAlmostEqual(longest, theirs["latency_ms"]["max"], delta=1e-5)

    def test_models_and_tiles_share_the_jobs(self):
        stat = self.stat()
        for key in ("jobs", "busy_cycles"):
            self.assertEqual(sum(m[key] for m in stat["models"]), sum(t[key] for t in stat["tiles"]))

    def test_ranges_add_up(self):
        whole, cut = self.stat(), 400000
        parts = [self.stat(f"--to={cut}"), self.stat(f"--from={cut + 1}")]
        self.assertEqual(sum(p["decisions"] for p in parts), whole["decisions"])
        for i, tile in enumerate(whole["tiles"]):
            self.assertEqual(sum(p["tiles"][i]["busy_cycles"] for p in parts), tile["busy_cycles"])
        self.assertGreater(min(p["decisions"] for p in parts), 0)

    def test_text(self):
        stat = self.stat()
        text = hilbert("trace", "stat", self.trace).stdout
        for tile in stat["tiles"]:
            self.assertRegex(text, rf"(?m)^{tile['name']} +{tile['jobs']} +{tile['failed']} ")
        for model in stat["models"]:
            self.assertRegex(text, rf"(?m)^{model['name']} +{model['arrived']} +{model['started']} +{model['done']} ")

    def test_bad_input(self):
        cut = os.path.join(self.folder, "cut.hbt")
        with open(self.trace, "rb") as file, open(cut, "wb") as out:
            out.write(file.read()[:-200])
        for code, text, *args in (
                (2, "trace stat takes one file", self.trace, self.trace),
                (2, "trace stat has no --stream", "--stream=job", self.trace),
                (2, "the range of cycles is empty", "--from=2", "--to=1", self.trace), (3, "No such file", "/nonexistent"),
                (3, f"{cut}: ", cut), (3, "not a trace", __file__)):
            with self.subTest(text):
                done = hilbert("trace", "stat", *args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
