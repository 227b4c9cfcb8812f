#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/xrbench: scores of the benchmark, added up once more from the frames of its runs.

usage: test_benchmark.py HILBERT ROOT
"""

import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT = ""
ROOT = pathlib.Path()
SCENARIOS = ["social-interaction-b", "ar-gaming", "vr-gaming"]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Benchmark(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_it(self, *args, code=0):
        done = subprocess.run([ROOT / "scripts/xrbench", "--engine", "analytical", "--duration", "200ms", "--out", self.folder,
                               "-j", "2", *args], capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env={**os.environ, "HILBERT": HILBERT, "HILBERT_DATA": str(ROOT / "scenarios")})
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        self.stderr = done.stderr
        with open(self.folder / "scores.csv", newline="", encoding="utf-8") as file:
            return done.stdout, list(csv.DictReader(file))

    def scenario_from_frames(self, run):
        """Scores of a scenario by the formulas of host/score/README.md, from its frames alone."""
        with open(self.folder / run / "inferences.csv", newline="", encoding="utf-8") as file:
            frames = [frame for frame in csv.DictReader(file) if frame["outcome"] != "in_flight"]
        models = []
        for task in dict.fromkeys(frame["task"] for frame in frames):
            own = [frame for frame in frames if frame["task"] == task]
            done = [frame for frame in own if frame["outcome"] != "dropped"]
            qoe = len(done) / len(own)
            without = sum(float(frame["real_time"]) * float(frame["accuracy"]) for frame in done) / len(own) * qoe
            models.append({"real_time": mean(float(frame["real_time"]) for frame in done) if done else 0,
                           "energy": mean(float(frame["energy"]) for frame in done) if done else 0, "qoe": qoe,
                           "score": 100 * without,
                           "score_with_energy": 100 * sum(float(frame["score"]) for frame in own) / len(own) * qoe})
        return {key: mean(model[key] for model in models) for key in models[0]}

    def test_every_level_from_the_frames(self):
        stdout, rows = self.run_it("--soc", "hetero-16", "--models", "published", "--models", "corrected", *SCENARIOS)
        self.assertEqual([(row["models"], row["scenario"]) for row in rows],
                         [(models, name) for models in ("published", "corrected") for name in [*SCENARIOS, "mean of 3 scenarios"]])
        for models in ("published", "corrected"):
            own = [row for row in rows if row["models"] == models]
            scores = [self.scenario_from_frames(f"{name}-{models}-hetero-16-fcfs") for name in SCENARIOS]
            for row, expected in zip(own, scores):
                for key, value in expected.items():
                    self.assertAlmostEqual(float(row[key]), value, delta=1e-4 if key.startswith("score") else 2e-6, msg=(row, key))
            for key in scores[0]:
                self.assertAlmostEqual(float(own[-1][key]), mean(score[key] for score in scores),
                                       delta=1e-4 if key.startswith("score") else 2e-6)
            self.assertRegex(stdout, rf"(?m)^mean of 3 scenarios +{models} +hetero-16 +fcfs +{float(own[-1]['score']):.2f} ")
        self.assertTrue(0 < float(rows[-1]["score_with_energy"]) < float(rows[-1]["score"]) < 100)
        self.assertTrue(0 < float(rows[-1]["qoe"]) < 1)

    def test_no_score_of_a_benchmark_that_is_not_whole_bad(self):
        stdout, rows = self.run_it("--soc", "mini-ws8", "--soc", "hetero-16", "--models", "corrected", *SCENARIOS[:2], code=1)
        self.assertIn("failed with 3: ", stdout)
        self.assertEqual([(row["soc"], row["scenario"]) for row in rows],
                         [("hetero-16", name) for name in (*SCENARIOS[:2], "mean of 2 scenarios")])

    def test_all_seven_are_the_benchmark(self):
        stdout, rows = self.run_it("--soc", "hetero-16", "--models", "corrected")
        self.assertEqual((len(rows), rows[-1]["scenario"]), (8, "benchmark"))
        self.assertAlmostEqual(float(rows[-1]["score"]), mean(float(row["score"]) for row in rows[:7]), delta=2e-6)
        self.assertRegex(stdout, r"(?m)^benchmark +corrected ")

    def test_no_frame_no_score(self):
        stdout, rows = self.run_it("--soc", "hetero-16", "--models", "published", "--duration", "1us", *SCENARIOS)
        self.assertEqual([row["scenario"] for row in rows], SCENARIOS)
        for row in rows:
            self.assertEqual({row[key] for key in ("real_time", "energy", "accuracy", "qoe", "score", "score_with_energy")}, {""})
            self.assertRegex(stdout, rf"(?m)^{row['scenario']} +published +hetero-16 +fcfs +- +- ")
        self.assertNotIn("mean", stdout)

    def test_wrong_command_lines_bad(self):
        _, before = self.run_it("--soc", "hetero-16", "--models", "published", *SCENARIOS[:1])
        for args, line in ((["-j", "0"], "-j: expected 1 or more, got 0"),
                           (["--duration", "5msx"], "--duration: expected 1ps to 3600s, such as 34ms or 1.5s, got 5msx"),
                           (["--duration", "3601s"], "--duration: expected 1ps to 3600s, such as 34ms or 1.5s, got 3601s"),
                           (["--soc", "xr-4k", "--soc", "xr-4k"], "soc xr-4k is given twice"),
                           (["vr-gaming", "ar-gaming", "vr-gaming"], "scenario vr-gaming is given twice")):
            with self.subTest(args=args):
                stdout, rows = self.run_it(*args, code=2)
                self.assertEqual((stdout, rows), ("", before))
                self.assertIn(line, self.stderr)

    def test_failed_runs_leave_earlier_scores(self):
        _, before = self.run_it("--soc", "hetero-16", "--models", "published", *SCENARIOS[:1])
        _, rows = self.run_it("--soc", "mini-ws8", "--models", "corrected", *SCENARIOS[:1], code=1)
        self.assertEqual(rows, before)


if __name__ == "__main__":
    HILBERT, ROOT = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
