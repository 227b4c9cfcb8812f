#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_study.py STUDY_DREAM HILBERT: the study's arithmetic, on numbers worked out by hand; with HILBERT on a run of it."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

STUDY, HILBERT = None, None


def load():
    loader = importlib.machinery.SourceFileLoader("study_dream", STUDY)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("study_dream", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Arithmetic(unittest.TestCase):
    def cells(self, costs):
        """costs: {policy: [UXCost of a on s, b on s, a on t, b on t]}"""
        places = [("dream-a", "s"), ("dream-b", "s"), ("dream-a", "t"), ("dream-b", "t")]
        rest = {"accuracy": 1, "frames": 10, "deadline_misses": 2, "dropped": 1, "decision_p50_cycles": 800, "decision_p99_cycles": 900,
                "scheduler_percent": 0.5, "xrbench_with_energy": 50}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"seeds": 2, "duration": "1s", "cells": [
                {"policy": policy, "scenario": scenario, "soc": soc, "ux_cost": cost, **rest}
                for policy, row in costs.items() for (scenario, soc), cost in zip(places, row)]}, file)
            file.flush()
            return load().Cells(file.name)

    def test_savings(self):
        cells = self.cells({"fcfs": [2, 8, 1, 1], "dream": [1, 4, 1, 4], "mapscore": [2, 8, 2, 8], "veltair": [4, None, 1, 1]})
        self.assertAlmostEqual(cells.geomean("fcfs", "s"), 4)
        self.assertAlmostEqual(cells.geomean("fcfs"), 2)
        self.assertAlmostEqual(cells.saved("dream", "fcfs", "s"), 50)
        self.assertAlmostEqual(cells.saved("dream", "fcfs", "t"), -100)
        self.assertAlmostEqual(cells.saved("dream", "fcfs"), 0)
        self.assertAlmostEqual(cells.most_saved("dream", "fcfs"), 50)
        self.assertIsNone(cells.saved("dream", "veltair", "s"))
        self.assertAlmostEqual(cells.saved("dream", "veltair", "t"), -100)
        self.assertIsNone(cells.most_saved("dream", "veltair"))
        text = "\n".join(load().sweep_tables(cells))
        self.assertIn("| dream | 1.000 | 4.000 | 2.000 | -50.0 % |", text)
        self.assertIn("| fcfs | 50.0 % | -100.0 % | 0.0 % | 50.0 % |", text)
        self.assertIn("| veltair | 4.000 | - | - | - |", text)
        self.assertIn("| mapscore (`drop=off,supernet=off,tune=off`) | 4.000 | 4.000 | +100.0 % | 1.0000 | 20.0 % | 10.0 % |", text)

    def test_loads(self):
        levels = {1000: self.cells({"fcfs": [1, 1, 1, 1], "dream": [1, 1, 1, 1]}), 250: self.cells({"fcfs": [4, 4, 4, 4], "dream": [1, 1, 1, 4]})}
        text = "\n".join(load().load_tables(levels))
        self.assertIn("| 250 MHz | 4.000 | 1.414 | 20.0 % | 20.0 % |", text)
        self.assertIn("| fcfs | 0.0 % | 64.6 % | 40.5 % | 75.0 % |", text)

    def test_order(self):
        study = load()
        self.assertEqual(study.ranks([3, 1, 2, 1]), [4, 1.5, 3, 1.5])
        self.assertIsNone(study.ranks([3, None]))
        self.assertAlmostEqual(study.spearman([1, 2, 3], [3, 2, 1]), -1)
        self.assertAlmostEqual(study.spearman([1, 2, 3, 4], [1, 3, 2, 4]), 0.8)

    def test_clocks(self):
        study = load()
        with tempfile.TemporaryDirectory() as folder:
            path = study.soc_at(type("Args", (), {"out": folder}), "dream-1os2ws", 123)
            done = subprocess.run([HILBERT, "check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("123 MHz", done.stdout)
        for bad in ("0", "500,500", "x", "500,"):
            with self.assertRaises(ValueError):
                study.clocks(bad)
        self.assertEqual(study.clocks("500,250"), [500, 250])
        for bad in ("1", "s", "1.s", "0ms", "1 s"):
            with self.assertRaises(ValueError):
                study.time(bad)

    def test_searches(self):
        def records(*rows):
            return [dict(zip(("ms", "state", "step", "alpha", "beta", "ux_cost"), row)) for row in rows]

        first = records((100, "PROBING", 0.5, 1.5, 1, 3), (200, "PROBING", 0.5, 0.5, 1, 2), (300, "PROBING", 0.25, 0.75, 1, 4),
                        (400, "SETTLED", 0.03, 0.5, 1, 1), (500, "SETTLED", 0.03, 0.5, 1, 0.5))
        second = records((600, "RESTARTED", 0.5, 0.5, 1, 9), (700, "PROBING", 0.5, 1, 1, 8))
        study = load()
        self.assertEqual(study.searches(first + second), [first, second])
        self.assertEqual(study.describe(first), ["100 ms", "400 ms", "settled", "4", "2", "0.500", "1.000", "2.000", "0.500"])
        flat = records((100, "PROBING", 0.5, 1.5, 1, 3), (200, "FLAT", 0.25, 1, 1, 2))
        self.assertEqual(study.describe(flat), ["100 ms", "200 ms", "flat", "2", "1", "1.000", "1.000", "2.000", "2.000"])
        self.assertEqual(study.describe(second), ["600 ms", "-", "does not end", "2", "1", "1.000", "1.000", "8.000", "8.000"])

    def test_changing_load(self):
        study = load()
        args = type("Args", (), {"tune_duration": "3s"})
        with tempfile.TemporaryDirectory() as folder:
            path = study.changing(args, pathlib.Path(folder))
            self.assertIn("start_ms: 1000.000, stop_ms: 2000.000", path.read_text(encoding="utf-8"))
            done = subprocess.run([HILBERT, "check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)


class Run(unittest.TestCase):
    def study(self, folder, *args, code=0):
        done = subprocess.run([STUDY, "--soc=dream-1ws2os", f"--out={folder}", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, env={**os.environ, "HILBERT": HILBERT})
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_analytical(self):
        with tempfile.TemporaryDirectory() as folder:
            args = ["--clocks=500,250", "--duration=100ms", "--seeds=1", "--scenarios=dream-drone-outdoor", "--policies=fcfs,dream",
                    "--tune-duration=300ms", "--tune-interval=10", f"--pictures={folder}/pictures", "sweep", "tuning"]
            text = self.study(folder, *args).stdout
            for line in ("| fcfs | ", "| dream | ", "| mapscore (", "| 500 MHz | ", "| load-change | ", "| drone-outdoor: navigation | ",
                         "### 250 MHz"):
                self.assertIn(f"\n{line}", text)
            self.assertRegex(text, r"UXCost of the whole run: [\d.]+, with `tune=off` [\d.]+")
            self.assertRegex(text, r"`dream-vr-gaming`, alpha and beta by window: [\d.]+:[\d.]+/[\d.]+")
            self.assertIn("<svg", pathlib.Path(folder, "pictures", "tuning-vr-gaming.svg").read_text(encoding="utf-8"))
            self.assertIn("<svg", pathlib.Path(folder, "pictures", "loads.svg").read_text(encoding="utf-8"))
            # What was printed is what the runs left.
            run = pathlib.Path(folder, "sweep-250", "runs", "dream-1ws2os-250mhz", "dream-drone-outdoor", "dream", "seed-1", "metrics.json")
            metrics = json.loads(run.read_text(encoding="utf-8"))
            self.assertEqual((metrics["engine"], metrics["clock_mhz"]), ("analytical, mapper", 250))
            self.assertIn(f"| dream | {metrics['ux']['cost']:.3f} | ", text)

    def test_usage_bad(self):
        for args in (["--clocks=0"], ["--clocks=500,500"], ["--duration=1"], ["--engine=guess"], ["all"]):
            with tempfile.TemporaryDirectory() as folder:
                self.study(folder, *args, code=2)


class Twin(unittest.TestCase):
    def test_sample(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([STUDY, "--soc=dream-1ws2os", f"--out={folder}", "--twin-duration=40ms", "--twin-clock=100",
                                   "--twin-scenarios=dream-drone-outdoor", "twin"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  check=False, env={**os.environ, "HILBERT": HILBERT})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\n\| dream \| [\d.]+ \| ")
            self.assertRegex(done.stdout, r"Rank correlation \(Spearman\): -?[\d.]+")

    def test_certify(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [STUDY, "--soc=dream-1ws2os", f"--out={folder}", "--twin-duration=10ms", "--twin-clock=100", "--policies=dream", "certify"]
            environment = {**os.environ, "HILBERT": HILBERT}
            done = subprocess.run([*command, "--certify-sample=5%"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                                  env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\n\| dream \| ar-call \| \w+ \| [1-9]\d* of \d+ \| [1-9]\d* \| 0 \| ")
            done = subprocess.run([*command, "--certify-sample=none"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                                  env=environment)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"\n\| dream \| ar-call \| certify .*: exit code 2 \| - ")


if __name__ == "__main__":
    HILBERT = sys.argv.pop(2)
    STUDY = sys.argv.pop(1)
    unittest.main()
