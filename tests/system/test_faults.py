#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A tile that hangs or reads an error in a full scenario, each tile in turn: the run goes on, and says what it cost.

usage: test_faults.py HILBERT SCENARIOS GROUP, GROUP being the name of a class below
"""

import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HILBERT = ""
SCENARIOS = pathlib.Path()


def hilbert(*args):
    return subprocess.run([HILBERT, *map(str, args)], capture_output=True, text=True, check=False)


class Case(unittest.TestCase):
    base = soc = duration = ""
    policies = ("fcfs", "dream")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.num_tiles = len(re.findall(r"(?m)^ *- \{name: \w+, model:", (SCENARIOS / "soc" / f"{self.soc}.yaml").read_text()))
        self.assertGreater(self.num_tiles, 1)

    def scenario(self, *faults):
        """The scenario with faults, each (tile, kind, time)."""
        source = SCENARIOS / f"{self.base}.yaml"

        def absolute(match):
            path = source.parent / match[2]
            return f"{match[1]}: {path.resolve() if path.exists() else match[2]}"

        text = re.sub(r"\b(model|soc|folder): ([^\s,}]+)", absolute, source.read_text())
        text = re.sub(r"(?m)^duration_ms: .*$", f"duration_ms: {self.duration.removesuffix('ms')}", text)
        text += "faults:\n" + "".join(f"  - {{tile: {t}, kind: {k}, time: {when}}}\n" for t, k, when in faults)
        path = self.folder / source.name
        path.write_text(text)
        return path

    def run_scenario(self, path, engine, policy, level="jobs"):
        out = self.folder / f"{engine}-{policy}"
        done = hilbert("run", path, "--engine", engine, "--policy", policy, "--soc", self.soc, "--duration", self.duration,
                       "--trace", level, "--progress", "never", "--out", out)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return out, done.stdout, json.loads((out / "metrics.json").read_text())

    def records(self, out, stream):
        done = hilbert("trace", "dump", out / "trace.hbt", "--stream", stream, "--csv")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return list(csv.DictReader(done.stdout.splitlines()))

    def check(self, out, text, metrics, tile, kind):
        """The tile's one fault: found, the tile reset, its job run again, the rest as ever."""
        name = metrics["tiles"][tile]["name"]
        self.assertIs(metrics["complete"], True)
        self.assertEqual(metrics["cycles"], metrics["planned_cycles"])
        injected, reset = self.records(out, "tile_event")
        self.assertEqual((injected["event"], injected["tile"]), (kind.upper(), name))
        self.assertEqual((reset["event"], reset["tile"]), ("RESET", name))
        resets = self.records(out, "tile_reset")
        self.assertEqual([(r["tile"], r["resets"]) for r in resets], [(name, "1")])
        lost = resets[0]["tag"]
        at = int(reset["cycle"])

        # The job it cost had its first chance before the reset and another one behind it.
        tried = [(int(d["cycle"]), d["tile"]) for d in self.records(out, "decision") if d["tag"] == lost]
        self.assertEqual(len(tried), 2)
        self.assertEqual(tried[0][1], name)
        self.assertLess(tried[0][0], at)
        self.assertGreater(tried[1][0], at)
        elsewhere = tried[1][1] != name
        layer = re.sub(r"#\d+", "", lost)
        able = {c["tile"] for c in self.records(out, "candidate") if re.sub(r"#\d+", "", c["tag"]) == layer}
        self.assertEqual(elsewhere, len(able) > 1)
        ended = [j for j in self.records(out, "job") if j["tag"] == lost and j["status"] == "OK"]
        self.assertEqual([j["tile"] for j in ended], [tried[1][1]])

        # Later frames are done, of its model too, and the tile works again.
        task = lost.split("#")[0]
        done = self.records(out, "frame_done")
        self.assertTrue(any(int(f["cycle"]) > at and f["model"] == task for f in done))
        self.assertTrue(any(int(j["start"]) > at and j["tile"] == name and j["status"] == "OK"
                            for j in self.records(out, "job")))

        # What it cost: from the lost job's start to the reset; a hang no more than the stated limit.
        failed = [int(j["start"]) for j in self.records(out, "job") if j["tag"] == lost and j["status"] != "OK"]
        start = failed[0] if kind == "error" else int(reset["start"])
        cost = at - start
        self.assertEqual(len(failed), 1 if kind == "error" else 0)
        faults = {"injected_hangs": int(kind == "hang"), "injected_errors": int(kind == "error"), "resets": 1,
                  "jobs_run_again": 1, "jobs_run_again_elsewhere": int(elsewhere), "frames_lost": 0, "tiles_retired": 0,
                  "lost_cycles": cost}
        self.assertGreater(cost, 0)
        self.assertEqual({k: metrics["faults"][k] for k in faults}, faults)
        self.assertEqual(metrics["tiles"][tile]["lost_cycles"], cost)
        self.assertEqual(sum(t["lost_cycles"] for t in metrics["tiles"]), cost)
        self.assertRegex(text, rf"(?m)^ +{name}: 1 resets cost it {cost} cycles \(")
        self.assertIn(f"fault {faults['injected_hangs']} hangs and {faults['injected_errors']} read errors injected, "
                      "1 resets of tiles\n", text)
        report = hilbert("report", out)
        self.assertEqual(report.returncode, 0, report.stderr)
        self.assertRegex((out / "report.html").read_text(), rf"Faults cost 0 frames and {cost} cycles of tiles")


class Short(Case):
    """Both engines, and the certificate."""
    base, soc, duration = "demo/mixed", "hetero-16", "25ms"

    def test_each_tile_in_turn(self):
        for policy in self.policies:
            for kind in ("hang", "error"):
                for tile in range(self.num_tiles):
                    with self.subTest(policy=policy, kind=kind, tile=tile):
                        path = self.scenario((tile, kind, "6 ms"))
                        rtl, text, metrics = self.run_scenario(path, "rtl", policy, "boundary")
                        self.check(rtl, text, metrics, tile, kind)
                        twin, _, _ = self.run_scenario(path, "twin", policy, "boundary")
                        diff = hilbert("trace", "diff", rtl / "trace.hbt", twin / "trace.hbt")
                        self.assertEqual(diff.returncode, 0, diff.stdout)
                        certified = hilbert("certify", twin)
                        self.assertEqual(certified.returncode, 0, certified.stdout + certified.stderr)
                        found = json.loads((twin / "certificate.json").read_text())
                        self.assertEqual((found["verdict"], found["mismatches"]), ("certified", 0))

    def test_all_tiles_at_once(self):
        path = self.scenario(*((t, "hang", "6 ms") for t in range(self.num_tiles)))
        for policy in self.policies:
            out, _, metrics = self.run_scenario(path, "twin", policy)
            self.assertEqual([t["resets"] for t in metrics["tiles"]], [1] * self.num_tiles)
            last = max(int(r["cycle"]) for r in self.records(out, "tile_reset"))
            self.assertTrue(any(int(f["cycle"]) > last for f in self.records(out, "frame_done")))

    def test_a_hang_shorter_than_the_limit_is_not_seen(self):
        """Behind the tile's last job nobody notices, and nothing is reset."""
        path = self.scenario((0, "hang", "24.999 ms"))
        _, _, metrics = self.run_scenario(path, "twin", "fcfs")
        self.assertEqual((metrics["faults"]["injected_hangs"], metrics["faults"]["resets"]), (1, 0))


class Dream(Case):
    """DREAM's drone, on its SoC of three systolic tiles and a vector tile."""
    base, soc, duration = "dream/dream-drone-indoor", "dream-1ws2os", "40ms"

    def test_each_tile_hangs_in_turn(self):
        for tile in range(self.num_tiles):
            with self.subTest(tile=tile):
                out, text, metrics = self.run_scenario(self.scenario((tile, "hang", "3 ms")), "twin", "dream")
                self.check(out, text, metrics, tile, "hang")


class Long(Case):
    """XRBench's AR gaming, on six tiles."""
    base, soc, duration = "xrbench/ar-gaming", "xr-4k", "50ms"

    def test_each_tile_in_turn(self):
        for policy in self.policies:
            for kind in ("hang", "error"):
                for tile in range(self.num_tiles):
                    with self.subTest(policy=policy, kind=kind, tile=tile):
                        out, text, metrics = self.run_scenario(self.scenario((tile, kind, "15 ms")), "twin", policy)
                        self.check(out, text, metrics, tile, kind)


if __name__ == "__main__":
    HILBERT, SCENARIOS, group = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    unittest.main(argv=[sys.argv[0], group], verbosity=2)
