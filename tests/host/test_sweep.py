#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_sweep.py HILBERT SCENARIOS: `hilbert sweep` does each run once, whatever the order, and adds up what they left."""

import csv
import json
import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT, SCENARIOS = None, None
FILES = ("sweep.csv", "summary.csv", "sweep.json", "sweep.svg")


class Sweep(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.out = os.path.join(self.folder, "out")
        shutil.copytree(os.path.join(SCENARIOS, "demo"), os.path.join(self.folder, "data", "demo"))
        for file in os.listdir(os.path.join(self.folder, "data", "demo")):
            if file.endswith(".yaml") and file not in ("mixed.yaml", "tiny.yaml"):
                os.unlink(os.path.join(self.folder, "data", "demo", file))
        shutil.copytree(os.path.join(SCENARIOS, "soc"), os.path.join(self.folder, "data", "soc"))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def sweep(self, *args, code=0, out=None):
        command = [HILBERT, "sweep", "--policies=fcfs,edf", f"--out={out or self.out}", *args]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def demo(self, *args, **kwargs):
        return self.sweep(f"--scenarios={self.folder}/data/demo/*", "--seeds=2", "--duration=5ms", *args, **kwargs)

    def read(self, name, out=None):
        with open(os.path.join(out or self.out, name), encoding="utf-8", newline="") as file:
            return file.read()

    def rows(self, name):
        return list(csv.DictReader(self.read(name).splitlines()))

    def times(self):
        """When each run's results were written."""
        found = {}
        for folder, _, files in os.walk(os.path.join(self.out, "runs")):
            if "metrics.json" in files:
                found[os.path.relpath(folder, os.path.join(self.out, "runs"))] = os.stat(os.path.join(folder, "metrics.json")).st_mtime_ns
        return found

    def test_score_constants_reach_the_runs(self):
        for score in ("k_per_ms=0", "k_per_ms=0,energy_max_mj=2"):  # other ones are other runs
            self.sweep("tiny", "--duration=2ms", "--engine=analytical", f"--score={score}")
            for folder in self.times():
                with open(os.path.join(self.out, "runs", folder, "metrics.json"), encoding="utf-8") as file:
                    constants = json.load(file)["score_constants"]
                self.assertEqual(constants, {"k_per_ms": 0, "energy_max_mj": 2 if "=2" in score else 1500})

    def test_numbers_are_those_of_the_runs(self):
        text = self.demo("--baseline=edf").stdout
        runs = self.rows("sweep.csv")
        self.assertEqual([(run["scenario"], run["soc"], run["policy"], run["seed"]) for run in runs],
                         [(scenario, soc, policy, seed) for scenario, soc in (("mixed", "hetero-16"), ("tiny", "mini-ws8"))
                          for policy in ("fcfs", "edf") for seed in ("1", "2")])
        costs = {}
        for run in runs:
            with open(os.path.join(self.out, "runs", run["soc"], run["scenario"], run["policy"], f'seed-{run["seed"]}', "metrics.json"),
                      encoding="utf-8") as file:
                metrics = json.load(file)
            self.assertEqual((metrics["policy"], metrics["seed"], metrics["engine"]), (run["policy"], int(run["seed"]), "twin"))
            self.assertEqual((run["good"], run["why"]), ("1", ""))
            self.assertEqual(float(run["ux_cost"]), metrics["ux"]["cost"])
            self.assertEqual(float(run["xrbench_with_energy"]), metrics["scores"]["xrbench_with_energy"])
            self.assertEqual(int(run["frames"]), sum(model["frames"] for model in metrics["models"]))
            self.assertEqual(int(run["switches"]), sum(tile["switches"] for tile in metrics["tiles"]))
            costs.setdefault((run["scenario"], run["policy"]), []).append(metrics["ux"]["cost"])
        cells = {(row["scenario"], row["soc"], row["policy"]): row for row in self.rows("summary.csv")}
        self.assertEqual(len(cells), 4 + 2 * 3)
        for (scenario, policy), values in costs.items():
            soc = "hetero-16" if scenario == "mixed" else "mini-ws8"
            mean = sum(values) / 2
            self.assertAlmostEqual(float(cells[scenario, soc, policy]["ux_cost"]), mean, delta=1e-8)
            self.assertAlmostEqual(float(cells[scenario, soc, policy]["reduction_percent"]),
                                   100 * (1 - mean / (sum(costs[scenario, "edf"]) / 2)), delta=1e-6)
            self.assertIn(f"{mean:.4f}", text)
        for policy in ("fcfs", "edf"):
            both = math.sqrt(math.prod(sum(costs[scenario, policy]) / 2 for scenario in ("mixed", "tiny")))
            self.assertAlmostEqual(float(cells["*", "*", policy]["ux_cost"]), both, delta=1e-8)
        means = {(mean["soc"], mean["policy"]): mean for mean in json.loads(self.read("sweep.json"))["geometric_means"]}
        self.assertAlmostEqual(means["*", "fcfs"]["ux_cost"], float(cells["*", "*", "fcfs"]["ux_cost"]), delta=1e-8)
        self.assertNotEqual(means["hetero-16", "fcfs"]["reduction_percent"], 0)
        self.assertEqual(means["hetero-16", "edf"]["reduction_percent"], 0)
        self.assertIn("<svg", self.read("sweep.svg"))

    def test_same_bytes_in_any_order(self):
        one = self.demo("--jobs=1").stdout
        other = os.path.join(self.folder, "other")
        four = self.demo("--jobs=4", out=other).stdout
        self.assertEqual(one.replace(self.out, ""), four.replace(other, ""))
        for name in FILES:
            self.assertEqual(self.read(name), self.read(name, other), name)

    def test_done_runs_are_not_done_again(self):
        self.demo()
        files = {name: self.read(name) for name in FILES}
        before = self.times()
        self.assertEqual(len(before), 8)
        self.demo()
        self.assertEqual(self.times(), before)
        self.assertEqual({name: self.read(name) for name in FILES}, files)

        def redone():
            """Those that the next sweep does once more."""
            old = self.times()
            self.demo()
            return {run for run, at in self.times().items() if old.get(run) != at}

        # One that lacks its results, one whose results are others.
        os.remove(os.path.join(self.out, "runs", "mini-ws8", "tiny", "edf", "seed-2", "metrics.json"))
        with open(os.path.join(self.out, "runs", "mini-ws8", "tiny", "fcfs", "seed-1", "metrics.json"), "a", encoding="utf-8") as file:
            file.write(" ")
        self.assertEqual(redone(), {"mini-ws8/tiny/edf/seed-2", "mini-ws8/tiny/fcfs/seed-1"})
        # A model of one of the scenarios, a SoC.
        for path, runs in (("demo/models/tiny-odd.yaml", "mini-ws8/tiny/"), ("soc/hetero-16.yaml", "hetero-16/mixed/")):
            with open(os.path.join(self.folder, "data", path), "a", encoding="utf-8") as file:
                file.write("# changed\n")
            self.assertEqual(redone(), {run for run in before if run.startswith(runs)})
        self.assertEqual({name: self.read(name) for name in FILES}, files)
        # Options of the runs.
        self.demo("--ux-window=2ms")
        self.assertFalse(set(self.times().values()) & set(before.values()))

    def test_failed_runs_are_told(self):
        # mixed has layers that mini-ws8 cannot run.
        done = self.demo("--soc=mini-ws8", code=1)
        self.assertIn("4 of 8 runs failed", done.stdout)
        self.assertRegex(done.stdout, r"mixed on mini-ws8, edf, seed 2: exit code 3: .*scenario mixed does not fit")
        self.assertRegex(done.stdout, r"\nfcfs +- +[0-9.]+ +- +- +-\n")
        runs = self.rows("sweep.csv")
        self.assertEqual([run["good"] for run in runs], ["0"] * 4 + ["1"] * 4)
        self.assertEqual({run["ux_cost"] for run in runs[:4]}, {""})
        self.assertRegex(runs[0]["why"], "does not fit")
        cells = json.loads(self.read("sweep.json"))
        self.assertEqual((cells["failed"], cells["cells"][0]["ux_cost"]), (4, None))
        self.assertEqual([row["ux_cost"] for row in self.rows("summary.csv") if row["scenario"] == "*"], ["", ""])
        before = self.times()
        self.demo("--soc=mini-ws8", code=1)
        self.assertEqual(self.times(), before)  # of those that were good

    def test_all_failed(self):
        self.assertIn("2 of 2 runs failed", self.sweep("mixed", "--soc=mini-ws8", code=1).stdout)
        self.assertIn("no good runs", self.read("sweep.svg"))

    def test_interrupted_goes_on(self):
        args = ["--seeds=3", "--duration=60ms", "--jobs=1", "tiny", "mixed"]
        process = subprocess.Popen([HILBERT, "sweep", "--policies=fcfs,edf", f"--out={self.out}", *args],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not self.times() and time.monotonic() < deadline:
            time.sleep(0.02)
        busy = self.sweep(*args, code=3)
        self.assertIn("another sweep runs in it", busy.stderr)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
        self.assertEqual((process.returncode, told),
                         (130, "hilbert: interrupted; the same command goes on from the runs that have ended\n"))
        self.assertFalse(os.path.exists(os.path.join(self.out, "sweep.csv")))
        whole = {run: at for run, at in self.times().items() if os.path.exists(os.path.join(self.out, "runs", run + ".inputs"))}
        self.assertTrue(0 < len(whole) < 12, whole)
        self.sweep(*args)
        self.assertEqual({run: at for run, at in self.times().items() if run in whole}, whole)
        self.assertEqual(len(self.rows("sweep.csv")), 12)

    def test_files_that_change_meanwhile(self):
        args = [f"{self.folder}/data/demo/tiny.yaml", "--duration=100ms", "--jobs=1"]
        process = subprocess.Popen([HILBERT, "sweep", "--policies=fcfs,edf", f"--out={self.out}", *args], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        log = os.path.join(self.out, "runs", "mini-ws8", "tiny", "fcfs", "seed-1.log")
        deadline = time.monotonic() + 60
        while not os.path.exists(log) and time.monotonic() < deadline:
            time.sleep(0.005)
        with open(os.path.join(self.folder, "data", "demo", "models", "tiny-odd.yaml"), "a", encoding="utf-8") as file:
            file.write("# changed\n")
        told, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("tiny on mini-ws8, fcfs, seed 1: a file that it is made of changed meanwhile\n", told)
        self.assertFalse(os.path.exists(log.replace(".log", ".inputs")))
        self.sweep(*args)

    def test_progress(self):
        lines = self.sweep("tiny", "--duration=1ms", "--seeds=2", "--jobs=1", "--progress=always").stderr.splitlines()
        self.assertRegex(lines[0], r"^0 of 4 runs, 0 failed, 0 running, 0s gone$")
        self.assertRegex(lines[2], r"^2 of 4 runs, 0 failed, 0 running, \d+s gone, about \d+s left$")
        self.assertEqual(len(lines), 5)
        lines = self.sweep("tiny", "--duration=1ms", "--seeds=3", "--progress=always").stderr.splitlines()
        self.assertEqual(lines[0], "4 of 6 runs were done before")

    def test_patterns_of_names(self):
        text = self.sweep("--scenarios=demo/t*", "--soc=mini-ws8", "--soc=duo-ws8-os8", "--duration=1ms").stdout
        self.assertIn("on all SoCs", text)
        self.assertEqual({(run["scenario"], run["soc"]) for run in self.rows("sweep.csv")}, {("tiny", "mini-ws8"), ("tiny", "duo-ws8-os8")})

    def test_engine_of_cost_models(self):
        def costs(cost):
            out = os.path.join(self.folder, cost)
            self.demo("--engine=analytical", f"--cost={cost}", out=out)
            told = json.loads(self.read("sweep.json", out))
            self.assertEqual((told["engine"], told["cost"]), ("analytical", cost))
            with open(os.path.join(out, "runs", "mini-ws8", "tiny", "fcfs", "seed-1", "metrics.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["engine"], f"analytical, {cost}")
            return [(cell["ux_cost"], cell["xrbench"]) for cell in told["cells"]]

        self.assertNotEqual(costs("mapper"), costs("roofline"))

    def test_no_frame_no_ux_cost(self):
        text = self.sweep("tiny", "--duration=0.1ms", "--engine=analytical").stdout
        self.assertEqual(re.findall(r"^(?:fcfs|edf) .*", text, re.M)[0].split()[:4], ["fcfs", "-", "-", "-"], text)
        runs = self.rows("sweep.csv")
        self.assertEqual([(run["good"], run["ux_cost"], run["dlv"], run["norm_energy"]) for run in runs], 2 * [("1", "", "", "")])
        told = json.loads(self.read("sweep.json"))
        self.assertEqual((told["failed"], told["cells"][0]["ux_cost"], told["geometric_means"][0]["ux_cost"]), (0, None, None))
        self.assertEqual({row["ux_cost"] for row in self.rows("summary.csv")}, {""})

    def test_examples_of_the_readme(self):
        root = os.path.dirname(os.path.abspath(SCENARIOS))
        with open(os.path.join(root, "host", "sweep", "README.md"), encoding="utf-8") as file:
            examples = re.findall(r"^    (hilbert sweep (?:(?! {3}).)*)", file.read(), re.M)
        self.assertGreater(len(examples), 4)
        for example in examples:
            with self.subTest(example):
                args = shlex.split(example)[2:]
                del args[args.index("--out"):args.index("--out") + 2]
                short = [f"--out={self.out}", "--engine=analytical", "--duration=1ms", "--seeds=1"]
                short += ["--policies=fcfs,edf"] if "--policies" not in args or "all" in args else []
                done = subprocess.run([HILBERT, "sweep", *args, *short], cwd=root, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                shutil.rmtree(self.out)

    def test_usage_bad(self):
        for args, code, text in (
                (["tiny", "--cost=mapper"], 2, "--cost: only for --engine analytical"),
                (["tiny", "--engine=analytical", "--firmware=f"], 2, "--firmware: not for --engine analytical"),
                (["tiny", "--engine=analytical", "--cost=guess"], 2, "--cost: expected one of those of `hilbert run --engine analytical` but table"),
                (["tiny", "--engine=analytical", "--cost=table"], 2, "--cost: expected one of those of"),
                (["tiny", "--policies=fcfs,best"], 2, "--policies: no policy is named 'best'; expected all, or some of"),
                (["tiny", "--policies=fcfs,fcfs"], 2, "fcfs is named twice"),
                (["tiny", "--policies="], 2, "--policies: no policy is named ''"),
                ([], 2, "no scenarios; name some, or give --scenarios PATTERN"),
                (["--scenarios=nothing/*"], 3, "--scenarios: 'nothing/*' matches no scenario"),
                (["tiny", "--seeds=0"], 2, "--seeds: expected a whole number from 1 to 10000, got 0"),
                (["tiny", "--seeds=many"], 2, "--seeds: expected a whole number from 1 to 10000, got many"),
                (["tiny", "--jobs=0"], 2, "--jobs: expected a whole number from 1 to 1024, got 0"),
                (["tiny", "--duration=0ms"], 2, "--duration: expected 1ps to 3600s"),
                (["tiny", "--baseline=none"], 2, "--baseline: expected one of the policies or settings of the sweep, got none"),
                (["tiny", "--engine=nope"], 2, "--engine: expected rtl, twin or analytical, got nope"),
                (["tiny", "--score=k=1"], 2, "--score: unknown key k, expected one of k_per_ms, energy_max_mj"),
                (["tiny", "--sched=x y=1"], 2, "--sched: expected [NAME:]key=value"),
                (["tiny", "--sched=few:drop=of"], 2, "--sched: "),
                (["tiny", "--soc=nowhere"], 3, "nowhere: no such soc"),
                (["nowhere"], 3, "nowhere: no such scenario"),
                ([f"{self.folder}/data/demo/tiny.yaml", "tiny"], 3, "there are two scenarios tiny on mini-ws8"),
                (["tiny", "--firmware=nowhere"], 3, "nowhere: No such file or directory")):
            with self.subTest(args):
                done = self.sweep(*args, code=code)
                self.assertIn(text, done.stderr)
                self.assertEqual(done.stdout, "")
        with open(os.path.join(self.folder, "data", "demo", "wrong.yaml"), "w", encoding="utf-8") as file:
            file.write("scenario: wrong\ntasks: 3\n")
        self.assertRegex(self.demo(code=3).stderr, r"wrong\.yaml:2:\d+: tasks")
        self.assertEqual(os.listdir(self.out) if os.path.exists(self.out) else [], ["lock"])

    def test_directory_of_others_bad(self):
        os.mkdir(self.out)
        for name in ("notes.txt", "runs"):
            with open(os.path.join(self.out, name), "w", encoding="utf-8"):
                pass
            done = self.sweep("tiny", code=3)
            self.assertIn("which no sweep wrote; give another directory with --out or move it away", done.stderr)
            os.remove(os.path.join(self.out, name))
        done = subprocess.run([HILBERT, "sweep", "tiny"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, "hilbert: --out DIR is needed\n"))
        done = self.sweep("tiny", out=os.path.join(self.folder, "data", "demo", "tiny.yaml"), code=3)
        self.assertIn("tiny.yaml: ", done.stderr)


if __name__ == "__main__":
    SCENARIOS = sys.argv.pop(2)
    HILBERT = sys.argv.pop(1)
    unittest.main()
