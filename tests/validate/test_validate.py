#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hilbert validate as a user meets it.

usage: test_validate.py HILBERT SCENARIOS
"""

import csv
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT = ""
SCENARIOS = pathlib.Path()

COSTS = ("roofline", "systolic", "maestro", "mapper", "user")


def hilbert(*args, env=None):
    return subprocess.run([HILBERT, *map(str, args)], capture_output=True, text=True, timeout=120,
                          env=env)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def validate(self, name, *args, soc="hetero-16", models="demo/models"):
        out = self.folder / name
        done = hilbert("validate", "--soc", soc, "--models", models, "--out", out, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, out

    def rows(self, out):
        with open(out / "validate.csv", newline="") as file:
            return list(csv.DictReader(file))


class Layers(Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.demo = cls.shared / "demo"
        done = hilbert("validate", "--soc", "hetero-16", "--models", "demo/models", "--out",
                       cls.demo, "--jobs", 1)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def test_rtl_measures_what_twins_do(self):
        twin = self.demo
        _, rtl = self.validate("rtl", "--engine", "rtl", "--jobs", 2)
        self.assertEqual((twin / "validate.csv").read_bytes(), (rtl / "validate.csv").read_bytes())
        self.assertEqual((twin / "validate.svg").read_bytes(), (rtl / "validate.svg").read_bytes())

    def test_every_layer_on_every_kind_that_runs_it(self):
        found = {(row["layer"], row["tile"]) for row in self.rows(self.demo)
                 if row["model"] == "residual"}
        text = (SCENARIOS / "demo/models/residual.yaml").read_text()
        layers = re.findall(r"name: (\w+), op: (\w+)", text)
        self.assertEqual(len(layers), 17)
        expected = set()
        for name, op in layers:
            if op == "conv":
                expected |= {(name, "ws16"), (name, "os16")}
            if op != "conv" or name == "depthwise":
                expected.add((name, "vec16"))
        self.assertEqual(found, expected)

    def test_a_job_takes_what_it_takes_in_a_run(self):
        _, out = self.validate("one", soc="quad-ws16", models="conv3x3-64")
        measured = int(self.rows(out)[0]["measured"])
        run = self.folder / "run"
        done = hilbert("run", "conv3x3-64", "--engine", "twin", "--out", run, "--duration", "3ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        dump = hilbert("trace", "dump", run / "trace.hbt").stdout
        job = re.search(r"^ *(\d+) +job .*? start=(\d+) ", dump, re.MULTILINE)
        self.assertIsNotNone(job, dump[:2000])
        # Tensors lie elsewhere in DRAM, and a refresh may come at another moment.
        self.assertLess(abs(int(job[1]) - int(job[2]) - measured), 100)

    def test_equal_layers_are_measured_once(self):
        model = self.folder / "twice.yaml"
        layer = "op: conv, in: [16, 8, 8], out_channels: 16, kernel: [1, 1]"
        model.write_text("model: twice\nlayers:\n"
                         f"  - {{name: a, {layer}}}\n"
                         "  - {name: b, op: conv, out_channels: 16, kernel: [1, 1]}\n"
                         "  - {name: c, op: conv, out_channels: 16, kernel: [3, 3]}\n")
        _, out = self.validate("twice", soc="mini-ws8", models=model)
        rows = self.rows(out)
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[0]["measured"], rows[1]["measured"])
        self.assertNotEqual(rows[0]["measured"], rows[2]["measured"])
        self.assertEqual(json.loads((out / "validate.json").read_text())["jobs_measured"], 2)

    def test_errors_are_those_of_the_table(self):
        out = self.demo
        rows = self.rows(out)
        report = json.loads((out / "validate.json").read_text())
        self.assertEqual(report["rows"], len(rows))
        seen = 0
        for entry in report["errors"]:
            mine = [row for row in rows if entry.get("model") in (None, row["model"])
                    and entry.get("tile") in (None, row["tile"])]
            told = [row for row in mine if row[entry["cost"]] != ""]
            self.assertEqual((entry["layers"], entry["not_described"]),
                             (len(told), len(mine) - len(told)))
            if not told:
                self.assertNotIn("mean", entry)
                continue
            seen += 1
            errors = [(int(row[entry["cost"]]) - int(row["measured"])) / int(row["measured"])
                      for row in told]
            size = sorted(map(abs, errors))
            self.assertAlmostEqual(entry["mean"], sum(size) / len(size), places=5)
            for key, percent in (("median", 50), ("p95", 95)):
                self.assertAlmostEqual(entry[key], size[math.ceil(len(size) * percent / 100) - 1],
                                       places=5)
            worst = max(errors, key=abs)
            self.assertAlmostEqual(entry["worst"], worst, places=5)
            row = told[[abs(e) for e in errors].index(abs(worst))]
            self.assertEqual((entry["worst_model"], entry["worst_layer"], entry["worst_tile"]),
                             (row["model"], row["layer"], row["tile"]))
            total = sum(int(row[entry["cost"]]) for row in told)
            measured = sum(int(row["measured"]) for row in told)
            self.assertAlmostEqual(entry["total"], total / measured - 1, places=5)
        self.assertGreater(seen, 40)

    def test_the_roofline_is_never_above(self):
        for row in self.rows(self.demo):
            self.assertLessEqual(int(row["roofline"]), int(row["measured"]), row)

    def test_the_mapper_is_near(self):
        for row in self.rows(self.demo):
            self.assertLess(abs(int(row["mapper"]) / int(row["measured"]) - 1), 0.2, row)

    def test_the_picture_has_a_panel_for_each_cost_model(self):
        _, out = self.validate("picture", soc="mini-ws8", models="tiny-matmul")
        svg = (out / "validate.svg").read_text()
        for cost in COSTS[:4]:
            self.assertIn(f">{cost}<", svg)
        self.assertNotIn(">user<", svg)

    def test_progress_is_shown_where_it_is_asked_for(self):
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-matmul", "--progress",
                       "always", "--out", self.folder / "p")
        self.assertRegex(done.stderr, r"2 of 2 layers, 0 failed, 0 running")


class Scenarios(Case):
    def test_engines_side_by_side(self):
        out = self.folder / "s"
        done = hilbert("validate", "--soc", "mini-ws8", "demo/tiny", "--policy", "edf", "--seed", 3,
                       "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(out)), ["scenarios.csv"])
        with open(out / "scenarios.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        engines = ["twin", *COSTS[:4]]
        self.assertEqual([(r["engine"], r["task"]) for r in rows],
                         [(e, t) for e in engines for t in ("conv", "head", "odd")])
        for engine in ("twin", "maestro"):
            args = ["--engine", "twin"] if engine == "twin" else \
                ["--engine", "analytical", "--cost", engine]
            run = hilbert("run", "demo/tiny", "--policy", "edf", "--seed", 3, "--out",
                          self.folder / engine, "--json", *args)
            metrics = json.loads(run.stdout)
            for model, row in zip(metrics["models"],
                                  [r for r in rows if r["engine"] == engine], strict=True):
                self.assertEqual(int(row["misses"]), model["deadline_misses"])
                self.assertEqual(int(row["frames"]), model["frames"])
                for key in ("p50", "p95", "p99", "max"):
                    self.assertAlmostEqual(float(row[f"{key}_ms"]), model["latency_ms"][key])
                self.assertAlmostEqual(float(row["real_time"]), model["scores"]["real_time"])
                for column, key in (("energy", "energy"), ("accuracy", "accuracy"), ("qoe", "qoe"),
                                    ("task_score", "model"),
                                    ("task_score_with_energy", "model_with_energy")):
                    self.assertAlmostEqual(float(row[column]), model["scores"][key], msg=column)
                self.assertAlmostEqual(float(row["score"]), metrics["scores"]["xrbench"])
                self.assertAlmostEqual(float(row["score_with_energy"]),
                                       metrics["scores"]["xrbench_with_energy"])
            self.assertLess(float(row["score_with_energy"]), float(row["score"]))
        for cost in engines:
            self.assertRegex(done.stdout, rf"{cost} +\d+ +\d+ +\d+ +\d+ +\d+\.\d\d")

    def test_both_at_once(self):
        out = self.folder / "both"
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-matmul", "demo/tiny",
                       "--out", out, "--engine", "rtl", "--duration", "3ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(out)), ["scenarios.csv", "validate.csv",
                                                   "validate.json", "validate.svg"])

    def test_bad_ones(self):
        done = hilbert("validate", "--soc", "mini-ws8", "nobody", "--out", self.folder / "o")
        self.assertEqual(done.returncode, 3)
        self.assertIn("nobody: no such scenario", done.stderr)
        done = hilbert("validate", "--soc", "mini-ws8", "mixed", "--out", self.folder / "p")
        self.assertEqual(done.returncode, 3)
        self.assertIn("does not fit", done.stderr)
        for args, expected in ((["--policy", "lucky"], "no policy is named lucky"),
                               (["--duration", "long"], "--duration: expected")):
            done = hilbert("validate", "--soc", "mini-ws8", "tiny", *args)
            self.assertEqual(done.returncode, 2)
            self.assertIn(expected, done.stderr)
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-conv", "--policy", "edf")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--policy is for scenarios, and none is named", done.stderr)


class Hardware(Case):
    def test_maestro_is_told_of_it(self):
        """MAESTRO's file of a tile changes what maestro predicts, and nothing else."""
        path = self.folder / "hw.m"
        rows = {}
        for bandwidth in (16, 1):
            path.write_text(f"num_pes: 64\nnoc_bw_cstr: {bandwidth}\noffchip_bw_cstr: 8\n")
            out = self.folder / str(bandwidth)
            done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-conv", "--out", out, "--cost-hardware", f"ws8={path}")
            self.assertEqual(done.returncode, 0, done.stderr)
            rows[bandwidth] = self.rows(out)
        _, out = self.validate("plain", soc="mini-ws8", models="tiny-conv")
        self.assertEqual(rows[16], self.rows(out))
        changed = {key for a, b in zip(rows[16], rows[1]) for key in a if a[key] != b[key]}
        self.assertEqual(changed, {"maestro"})
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-conv", "--out", self.folder / "o", "--cost-hardware", "ws8=no.m")
        self.assertEqual((done.returncode, done.stderr), (3, "no.m: No such file or directory\n"))
        done = hilbert("validate", "--soc", "mini-ws8", "tiny", "--duration", "2ms", "--engine", "twin", "--out", self.folder / "e",
                       "--cost-hardware", f"ws8={path}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Predictions(Case):
    HEAD = "model,layer,tile,cycles\n"

    def predict(self, text, code=3):
        path = self.folder / "mine.csv"
        path.write_text(text)
        out = self.folder / "predicted"
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-matmul", "--out", out,
                       "--predictions", path)
        self.assertEqual(done.returncode, code, done.stderr)
        if code != 0:
            self.assertFalse(out.exists())
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertTrue(done.stderr.startswith(f"{path}:"), done.stderr)
        return done.stderr[len(str(path)):], out

    def test_numbers_of_ones_own(self):
        _, out = self.validate("plain", soc="mini-ws8", models="tiny-matmul")
        rows = self.rows(out)
        text = self.HEAD + "".join(
            f"tiny-matmul,{row['layer']},ws8,{2 * int(row['measured'])}\n" for row in rows)
        _, out = self.predict(text, 0)
        for row in self.rows(out):
            self.assertEqual(int(row["user"]), 2 * int(row["measured"]))
        plain = self.rows(out)
        _, out = self.predict("\r\n".join(",".join(f'"{value}"' for value in line.split(",")) for line in text.split()), 0)
        self.assertEqual(self.rows(out), plain)
        mine = [e for e in json.loads((out / "validate.json").read_text())["errors"]
                if e["cost"] == "user"]
        self.assertEqual({e["mean"] for e in mine}, {1.0})
        self.assertIn(">user<", (out / "validate.svg").read_text())

    def test_bad_ones(self):
        good = "tiny-matmul,expand,ws8,100\n"
        for rows, expected in (
                (good + good, ":3:1: line 2 has model tiny-matmul, layer expand, tile ws8 already"),
                (good + "tiny,expand,ws8,1\n", ":3:1: model: expected a model that is asked for"),
                (good + "tiny-matmul,expond,ws8,1\n",
                 ":3:13: layer: expected a layer of model tiny-matmul, got expond"),
                (good + "tiny-matmul,project,ws16,1\n",
                 ":3:21: tile: expected a tile model of the SoC, got ws16"),
                (good + "tiny-matmul,project,ws8,0\n", ":3:25: cycles: "),
                (good + "tiny-matmul,project,ws8,-5\n", ":3:25: cycles: "),
                (good + "tiny-matmul,project,ws8,1.5\n", ":3:25: cycles: "),
                (good + "tiny-matmul,project,ws8,\n", ":3:25: cycles: "),
                (good + "tiny-matmul,project,ws8\n", ":3:")):
            with self.subTest(rows=rows):
                stderr, _ = self.predict(self.HEAD + rows)
                self.assertTrue(stderr.startswith(expected), stderr)

    def test_one_is_missing(self):
        """The layer that nobody predicted is named where it stands."""
        model = SCENARIOS / "demo/models/tiny-matmul.yaml"
        path = self.folder / "mine.csv"
        good = "tiny-matmul,expand,ws8,100\n"
        for rows, line in (("", "4:12: layers[0].name: expected a row of {} for model tiny-matmul, layer expand, tile ws8"),
                           (good, "5:12: layers[1].name: expected a row of {} for model tiny-matmul, layer project, tile ws8")):
            with self.subTest(rows=rows):
                path.write_text(self.HEAD + rows)
                done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-matmul", "--predictions", path)
                self.assertEqual((done.returncode, done.stderr), (3, f"{model}:{line.format(path)}\n"))

    LAYERS = {"tiny-conv": "stem body1 body2 pool", "tiny-matmul": "expand project",
              "tiny-odd": "wide tall raw"}

    def table(self, cycles=None, leave_out=(), more=""):
        path = self.folder / "tiny.csv"
        path.write_text(self.HEAD + "".join(
            f"{model},{layer},ws8,{cycles or 10 * len(model + layer)}\n"
            for model, layers in self.LAYERS.items() for layer in layers.split()
            if layer not in leave_out) + more)
        return path

    def end_to_end(self, table, *args, code=0, soc="mini-ws8"):
        out = self.folder / "scenarios"
        done = hilbert("validate", "--soc", soc, *args, "--out", out, "--predictions", table)
        self.assertEqual(done.returncode, code, done.stderr)
        if code != 0:
            return done.stderr
        with open(out / "scenarios.csv", newline="") as file:
            self.stdout = done.stdout
            return [row for row in csv.DictReader(file) if row["engine"] == "user"]

    def test_scenarios_too(self):
        """They are what the analytical engine makes of the same table, whatever else is in it."""
        other = self.folder / "other.yaml"
        other.write_text("scenario: other\nduration_ms: 10\nsensors:\n  - {name: s}\ntasks:\n  - {name: conv, "
                         f"model: {SCENARIOS / 'demo/models/tiny-conv.yaml'}, rate_hz: 200, sensor: s}}\n")
        slow = {}
        for cycles in (None, 60000):
            table = self.table(cycles)
            rows = self.end_to_end(table, "tiny", other)
            self.assertRegex(self.stdout, r"(?m)^ +user +\d+ ")
            run = hilbert("run", "tiny", "--engine", "analytical", "--cost", "table", "--cost-table",
                          table, "--json", "--out", self.folder / "run")
            self.assertEqual(run.returncode, 0, run.stderr)
            metrics = json.loads(run.stdout)
            mine = [row for row in rows if row["scenario"] == "tiny"]
            self.assertLess(len(mine), len(rows))
            for model, row in zip(metrics["models"], mine, strict=True):
                self.assertEqual(int(row["misses"]), model["deadline_misses"])
                self.assertAlmostEqual(float(row["p95_ms"]), model["latency_ms"]["p95"])
                self.assertAlmostEqual(float(row["task_score_with_energy"]),
                                       model["scores"]["model_with_energy"])
            slow[cycles] = float(mine[0]["p50_ms"])
        self.assertGreater(slow[60000], 10 * slow[None])

    def test_layers_and_scenarios_of_one_file(self):
        model = self.folder / "mine.yaml"
        model.write_text("model: mine\nlayers:\n  - {name: a, op: conv, in: [16, 8, 8], "
                         "out_channels: 16, kernel: [1, 1]}\n")
        table = self.table(more="mine,a,ws8,77\n")
        self.assertEqual(len(self.end_to_end(table, "--models", model, "tiny")), 3)
        with open(self.folder / "scenarios" / "validate.csv", newline="") as file:
            self.assertEqual([row["user"] for row in csv.DictReader(file)], ["77"])

    def test_bad_ones_of_scenarios(self):
        for args, expected in (
                ({"more": "mine,a,ws8,1\n"}, ":11:1: model: expected a model that is asked for"),
                ({"more": "tiny-odd,deep,ws8,1\n"},
                 ":11:10: layer: expected a layer of model tiny-odd, got deep"),
                ({"more": "tiny-odd,wide,os8,1\n"}, ":11:15: tile: expected a tile model of the SoC"),
                ({"more": "tiny-odd,raw,ws8,1\n"},
                 ":11:1: line 10 has model tiny-odd, layer raw, tile ws8 already")):
            with self.subTest(args=args):
                table = self.table(**args)
                stderr = self.end_to_end(table, "tiny", code=3)
                self.assertTrue(stderr.startswith(f"{table}{expected}"), stderr)
                self.assertEqual(stderr.count("\n"), 1)

    def test_layer_of_a_scenario_is_missing(self):
        """It is named where it stands."""
        table = self.table(leave_out=["body2"])
        self.assertEqual(self.end_to_end(table, "tiny", code=3),
                         f"{SCENARIOS}/demo/models/tiny-conv.yaml:7:12: layers[2].name: expected a row of {table} for model "
                         "tiny-conv, layer body2, tile ws8\n")

    def test_bad_columns(self):
        stderr, _ = self.predict("model,layer,cycles\n")
        self.assertIn("tile", stderr)


class Usage(Case):
    def test_wrong_command_lines(self):
        for args, expected in (
                ([], "--soc, and --models or scenarios"),
                (["--soc", "mini-ws8"], "--soc, and --models or scenarios"),
                (["--soc", "mini-ws8", "--models", "tiny-conv", "--engine", "fpga"],
                 "expected rtl or twin, got fpga"),
                (["--soc", "mini-ws8", "--models", "tiny-conv,,"], "separated by commas"),
                (["--soc", "mini-ws8", "--models", "tiny-conv,tiny-conv"], "both named tiny-conv"),
                (["--soc", "mini-ws8", "--models", "tiny-conv", "--jobs", "0"], "--jobs"),
                (["--soc", "mini-ws8", "--models", "tiny-conv", "--progress", "maybe"],
                 "expected auto, always or never")):
            with self.subTest(args=args):
                done = hilbert("validate", *args)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(expected, done.stderr)

    def test_bad_input(self):
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "nobody")
        self.assertEqual(done.returncode, 3)
        self.assertIn("nobody: no such model", done.stderr)
        model = self.folder / "adds.yaml"
        model.write_text("model: adds\nlayers:\n"
                         "  - {name: a, op: unary, in: [16, 8, 8], function: relu}\n")
        done = hilbert("validate", "--soc", "mini-ws8", "--models", model, "--out",
                       self.folder / "o")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no tile of mini-ws8 can run any of the layers", done.stderr)

    def test_a_layer_that_the_memory_is_too_small_for(self):
        soc = self.folder / "small.yaml"
        soc.write_text((SCENARIOS / "soc/mini-ws8.yaml").read_text().replace("size_mib: 256", "size_mib: 1"))
        out = self.folder / "o"
        done = hilbert("validate", "--soc", soc, "--models", "ge-fbnet-c", "--out", out,
                       env=dict(os.environ, HILBERT_DATA=str(SCENARIOS / "xrbench/models/corrected")))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, r"^hilbert: layer \w+ alone on ws8: layer needs \d+ bytes of DRAM, mini-ws8 has 1048576\n$")
        self.assertEqual(os.listdir(out), [])

    def test_interrupt(self):
        for args in (["--models", "conv3x3-64", "--engine", "rtl"],
                     ["busy-quad", "--duration", "1s"]):
            out = self.folder / args[0].strip("-")
            child = subprocess.Popen([HILBERT, "validate", "--soc", "quad-ws16", "--out", out, *args],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            while not out.exists() and child.poll() is None:
                time.sleep(0.01)
            time.sleep(0.1)
            child.send_signal(signal.SIGINT)
            _, stderr = child.communicate(timeout=60)
            self.assertEqual((child.returncode, stderr), (130, "hilbert: interrupted\n"))
            self.assertEqual(os.listdir(out), [])

    def test_firmware_that_is_none(self):
        env = dict(os.environ, HILBERT_FIRMWARE=str(SCENARIOS / "demo/tiny.yaml"))
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-conv", env=env)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    HILBERT = sys.argv[1]
    SCENARIOS = pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
