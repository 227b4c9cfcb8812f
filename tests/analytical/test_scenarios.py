#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hilbert run SCENARIO --engine analytical: the firmware on jobs that take what a cost model says.

usage: test_scenarios.py HILBERT SCENARIOS
"""

import csv
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT = ""
SCENARIOS = pathlib.Path()


def hilbert(*args):
    return subprocess.run([HILBERT, *map(str, args)], capture_output=True, text=True, timeout=120)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_it(self, name, scenario, *args, engine="analytical"):
        out = self.folder / name
        done = hilbert("run", scenario, "--engine", engine, "--out", out, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.stdout = done.stdout
        return out

    def metrics(self, out):
        return json.loads((out / "metrics.json").read_text())

    def records(self, out, kind):
        """[(cycle, {key: value})] of a kind of record."""
        found = []
        for line in hilbert("trace", "dump", out / "trace.hbt").stdout.splitlines():
            match = re.match(rf" *(\d+) +{kind} (.*)", line)
            if match:
                found.append((int(match[1]), dict(re.findall(r"(\w+)=(\S+)", match[2]))))
        self.assertTrue(found, kind)
        return found


LAYERS = {"tiny-conv": "stem body1 body2 pool", "tiny-matmul": "expand project",
          "tiny-odd": "wide tall raw"}


class Engine(Case):
    def test_jobs_take_what_the_table_says(self):
        table = self.folder / "table.csv"
        cycles = {}
        text = "model,layer,tile,cycles\n"
        for model, names in LAYERS.items():
            for name in names.split():
                cycles[name] = 1000 + 7 * len(cycles)
                text += f"{model},{name},ws8,{cycles[name]}\n"
        table.write_text(text)
        out = self.run_it("t", "tiny", "--cost", "table", "--cost-table", table)
        jobs = self.records(out, "job")
        self.assertGreater(len(jobs), 20)
        for cycle, job in jobs:
            layer = job["tag"].split("/")[1]
            self.assertEqual(cycle - int(job["start"]), cycles[layer], job)
            self.assertEqual(job["busy"], str(cycles[layer]))
        metrics = self.metrics(out)
        self.assertEqual(metrics["engine"], "analytical, table")
        self.assertEqual(metrics["tiles"][0]["jobs"], len(jobs))
        conv = metrics["models"][0]
        self.assertEqual(conv["name"], "conv")
        # Alone on the tile: its four layers one after the other, at the soonest.
        self.assertGreaterEqual(conv["latency_ms"]["max"] * 100_000, sum(
            cycles[layer] for layer in LAYERS["tiny-conv"].split()) - 2000)

    def test_a_tile_has_one_job_at_a_time(self):
        out = self.run_it("m", "mixed", "--cost", "maestro")
        busy = {}
        for cycle, job in sorted(self.records(out, "job")):
            self.assertGreaterEqual(int(job["start"]), busy.get(job["tile"], 0))
            busy[job["tile"]] = cycle
        self.assertEqual(len(busy), 3)

    def test_frames_are_those_of_the_machine(self):
        for seed in (1, 2):
            ours = self.records(self.run_it(f"a{seed}", "tiny", "--seed", seed), "frame_arrived")
            twin = self.records(self.run_it(f"t{seed}", "tiny", "--seed", seed, engine="twin"),
                                "frame_arrived")
            frames = {(r["model"], r["frame"]): (r["arrival"], r["deadline"]) for _, r in ours}
            theirs = {(r["model"], r["frame"]): (r["arrival"], r["deadline"]) for _, r in twin}
            self.assertGreater(len(theirs), 10)
            self.assertEqual(frames | theirs, frames)
            self.assertLessEqual(len(frames) - len(theirs), 3)  # came too late there

    def test_the_mapper_is_near_the_machine(self):
        args = ("conv3x3-64", "--trace", "off")
        ours = self.metrics(self.run_it("a", *args, "--cost", "mapper"))
        twin = self.metrics(self.run_it("t", *args, engine="twin"))
        a, b = (m["models"][0]["latency_ms"]["p50"] for m in (ours, twin))
        self.assertLess(abs(a / b - 1), 0.1)  # the machine boots first

    def test_policies_are_the_firmwares(self):
        table = self.folder / "table.csv"
        table.write_text("model,layer,tile,cycles\n" + "".join(
            f"{model},{name},ws8,20000\n" for model, names in LAYERS.items()
            for name in names.split()))
        decisions = {}
        for policy in ("fcfs", "edf"):
            out = self.run_it(policy, "tiny", "--policy", policy, "--cost", "table", "--cost-table",
                              table)
            decisions[policy] = [(c, r["tag"], r["tile"]) for c, r in self.records(out, "decision")]
            self.assertEqual(self.metrics(out)["policy"], policy)
        self.assertNotEqual(decisions["fcfs"], decisions["edf"])

    def test_candidates_are_recorded(self):
        out = self.run_it("c", "mixed")
        self.assertGreater(len(self.records(out, "candidate")), 10)

    def test_same_bytes(self):
        one = self.run_it("one", "tiny", "--seed", 7)
        two = self.run_it("two", "tiny", "--seed", 7)
        self.assertEqual((one / "trace.hbt").read_bytes(), (two / "trace.hbt").read_bytes())
        a, b = self.metrics(one), self.metrics(two)
        a.pop("wall_s"), b.pop("wall_s")
        self.assertEqual(a, b)

    def test_latencies_are_never_negative(self):
        out = self.run_it("n", "mixed", "--cost", "roofline")
        for model in self.metrics(out)["models"]:
            self.assertLess(model["latency_ms"]["max"], 10)

    def test_what_a_model_does_not_describe_is_said(self):
        self.run_it("s", "mixed", "--cost", "systolic")
        self.assertIn("cost  systolic does not describe 10 layers on their tiles: there, roofline",
                      self.stdout)
        self.run_it("r", "mixed", "--cost", "roofline")
        self.assertNotIn("does not describe", self.stdout)
        self.assertNotIn("noc ", self.stdout)

    def test_hardware_of_a_tile(self):
        """MAESTRO's file in place of what the SoC says: as much is the same, a narrower NoC is slower."""
        hardware = self.folder / "hw.m"
        times = {}
        for name, text in (("soc", None), ("same", "num_pes: 64\nnoc_bw_cstr: 16\noffchip_bw_cstr: 8\n"),
                           ("narrow", "num_pes: 64\nnoc_bw_cstr: 1\noffchip_bw_cstr: 8\n"),
                           ("small", "Accelerator {num_pes: 8 top_noc_bw: 16 col_noc_bw: 16 offchip_bw: 8}")):
            hardware.write_text(text or "")
            out = self.run_it(name, "tiny", "--cost", "maestro",
                              *(["--cost-hardware", f"ws8={hardware}"] if text else []))
            cycles = {}
            for _, job in self.records(out, "job"):
                cycles[job["tag"].split("/")[1]] = int(job["busy"])
            times[name] = cycles
            self.assertEqual(self.metrics(out)["engine"], "analytical, maestro" + (f", ws8={hardware}" if text else ""))
        self.assertEqual(times["same"], times["soc"])
        self.assertGreater(times["narrow"]["body1"], times["soc"]["body1"])
        self.assertGreater(times["small"]["body1"], times["soc"]["body1"])

    def test_json(self):
        self.run_it("j", "tiny", "--json")
        self.assertEqual(json.loads(self.stdout)["engine"], "analytical, systolic")


SCORED = """\
scenario: scored
soc: {soc}
duration_ms: 10
score_constants: {constants}
sensors:
  - {{name: camera}}
tasks:
  - {{name: conv, model: {models}/tiny-conv.yaml, rate_hz: 400, sensor: camera}}
"""


class Constants(Case):
    def scenario(self, constants):
        path = self.folder / "scored.yaml"
        path.write_text(SCORED.format(soc=SCENARIOS / "soc/mini-ws8.yaml", constants=constants,
                                      models=SCENARIOS / "demo/models"))
        return path

    def test_scores_use_them(self):
        """Frames end in time; at k = 0 that is worth a half, and nothing is left of a tiny budget."""
        for engine, cost in (("analytical", ["--cost", "mapper"]), ("twin", [])):
            path = self.scenario("{k_per_ms: 0, energy_max_mj: 3000}")
            metrics = self.metrics(self.run_it(f"{engine}0", path, *cost, engine=engine))
            self.assertEqual(metrics["score_constants"], {"k_per_ms": 0, "energy_max_mj": 3000})
            model = metrics["models"][0]
            self.assertEqual(model["scores"]["real_time"], 0.5)
            self.assertAlmostEqual(model["scores"]["energy"], 1 - model["frame_energy_mj"] / 3000,
                                   places=5)
            path = self.scenario("{energy_max_mj: 0.001}")
            metrics = self.metrics(self.run_it(f"{engine}1", path, *cost, engine=engine))
            self.assertEqual(metrics["score_constants"], {"k_per_ms": 15, "energy_max_mj": 0.001})
            self.assertEqual(metrics["models"][0]["scores"]["real_time"], 1)
            self.assertAlmostEqual(metrics["models"][0]["scores"]["energy"],
                                   1 - model["frame_energy_mj"] / 0.001, delta=0.01)

    def test_score_option(self):
        """It changes what it names, of the scenario's constants."""
        path = self.scenario("{k_per_ms: 0, energy_max_mj: 3000}")
        for engine, cost in (("analytical", ["--cost", "mapper"]), ("twin", [])):
            out = self.run_it(f"{engine}-score", path, *cost, "--score", "energy_max_mj=0.5", engine=engine)
            self.assertEqual(self.metrics(out)["score_constants"], {"k_per_ms": 0, "energy_max_mj": 0.5})
            self.assertEqual(self.metrics(out)["models"][0]["scores"]["real_time"], 0.5)
            out = self.run_it(f"{engine}-both", path, *cost, "--score", "k_per_ms=15,energy_max_mj=1", engine=engine)
            model = self.metrics(out)["models"][0]
            self.assertEqual(model["scores"]["real_time"], 1)
            self.assertAlmostEqual(model["scores"]["energy"], 1 - model["frame_energy_mj"], places=4)

    def test_inferences_are_what_the_means_are_of(self):
        path = self.scenario("{k_per_ms: 0.5, energy_max_mj: 0.004}")
        path.write_text(path.read_text().replace("sensor: camera}", "sensor: camera,\n     "
                                                 "accuracy: {measured: 3, target: 4, better: higher}}"))
        out = self.run_it("i", path, "--cost", "mapper")
        with open(out / "inferences.csv", newline="") as file:
            frames = list(csv.DictReader(file))
        self.assertEqual([int(frame["frame"]) for frame in frames], list(range(len(frames))))
        done = [frame for frame in frames if frame["outcome"] == "completed"]
        self.assertGreaterEqual(len(done), 3)
        model = self.metrics(out)["models"][0]
        self.assertEqual(model["completed"], len(done))
        self.assertEqual(model["in_flight"], len(frames) - len(done))
        expected = []
        for frame in done:
            early = (int(frame["deadline_cycle"]) - int(frame["ended_cycle"])) / 100_000  # 100 MHz
            real_time = 1 / (1 + math.exp(-0.5 * early))
            self.assertTrue(0.5 < real_time < 0.9, real_time)
            self.assertAlmostEqual(float(frame["real_time"]), real_time, delta=1e-6)
            self.assertEqual(frame["accuracy"], "0.750000")
            energy = 1 - float(frame["energy_mj"]) / 0.004
            self.assertAlmostEqual(float(frame["energy"]), energy, delta=2e-4)
            expected.append(real_time * float(frame["energy"]) * 0.75)
            self.assertAlmostEqual(float(frame["score"]), expected[-1], delta=2e-6)
        self.assertAlmostEqual(model["scores"]["model_with_energy"], sum(expected) / len(done),
                               delta=2e-6)
        self.assertEqual(model["scores"]["accuracy"], 0.75)

    def test_bad_ones(self):
        for constants, expected in (
                ("{k: 1}", ":4:19: score_constants.k: unknown key"),
                ("{k_per_ms: -1}", ":4:29: score_constants.k_per_ms: "),
                ("{k_per_ms: 1000001}", ":4:29: score_constants.k_per_ms: expected 0 .. 1000000"),
                ("{energy_max_mj: 0}", ":4:34: score_constants.energy_max_mj: expected 0.000001"),
                ("{energy_max_mj: much}", ":4:34: score_constants.energy_max_mj: ")):
            with self.subTest(constants=constants):
                path = self.scenario(constants)
                done = hilbert("check", path)
                self.assertEqual(done.returncode, 3)
                self.assertTrue(done.stderr.startswith(f"{path}{expected}"), done.stderr)


class Bad(Case):
    def refused(self, code, expected, *args):
        done = hilbert("run", *args, "--engine", "analytical", "--out", self.folder / "o")
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(expected, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertFalse((self.folder / "o").exists())

    def test_a_table_without_a_layer(self):
        table = self.folder / "t.csv"
        for rows, expected in (
                ("", f"{SCENARIOS}/demo/models/tiny-conv.yaml:5:12: layers[0].name: expected a row of "
                     f"{table} for model tiny-conv, layer stem, tile ws8"),
                ("tiny-conv,stem,ws8,0\n", f"{table}:2:20: cycles: expected a decimal from 1"),
                ("tiny-conv,stem,ws8,1\nno,stem,ws8,1\n", f"{table}:3:1: model: expected a model"),
                ("tiny-conv,stern,ws8,1\n", f"{table}:2:11: layer: expected a layer of"),
                ("tiny-conv,stem,os8,1\n", f"{table}:2:16: tile: expected a tile model"),
                ("tiny-conv,stem,ws8,many\n", f"{table}:2:20: cycles: ")):
            with self.subTest(rows=rows):
                table.write_text("model,layer,tile,cycles\n" + rows)
                self.refused(3, expected, "tiny", "--cost", "table", "--cost-table", table)
        self.refused(3, "No such file", "tiny", "--cost", "table", "--cost-table", "/nowhere.csv")

    def test_hardware(self):
        path = self.folder / "hw.m"
        for item, text, expected in (
                (f"ws8={path}", "num_pes: 7\nnoc_bw_cstr: 16\noffchip_bw_cstr: 8\n",
                 f"{path}:1:10: num_pes: expected 8 or more, a cluster of the mapping of ws8, got 7"),
                (f"ws8={path}", "num_pes: 64\nnoc_bw: 16\n", f"{path}:2:1: unknown key noc_bw, expected one of num_pes"),
                (f"ws8={path}", None, f"{path}: No such file or directory")):
            with self.subTest(item=item, text=text):
                path.write_text(text or "")
                if text is None:
                    path.unlink()
                self.refused(3, expected, "tiny", "--cost", "maestro", "--cost-hardware", item)

    def test_hardware_options(self):
        for item, soc, expected in (
                ("ws16=a.m", "mini-ws8", "expected a tile model of SoC mini-ws8 (ws8), got 'ws16'"),
                ("os16=a.m,ws8=b.m", "hetero-16", "expected a tile model of SoC hetero-16 (ws16, os16, vec16), got 'ws8'"),
                ("=a.m", "mini-ws8", "expected a tile model of SoC mini-ws8 (ws8), got ''"),
                ("ws8", "mini-ws8", "expected TILE=FILE.m, got 'ws8' without ="),
                ("ws8=a.m,", "mini-ws8", "expected TILE=FILE.m, got '' without ="),
                ("", "mini-ws8", "expected TILE=FILE.m, got '' without ="),
                ("ws8=", "mini-ws8", "expected a file name behind ws8="),
                ("ws8=" + 2000 * "x", "mini-ws8", "the file name of ws8 is longer than"),
                ("ws8=a,ws8=b", "mini-ws8", "ws8 is given twice")):
            with self.subTest(item=item[:20]):
                self.refused(2, f"hilbert: --cost-hardware: {expected}", "tiny", "--soc", soc, "--cost", "maestro", "--cost-hardware", item)
        done = hilbert("validate", "--soc", "mini-ws8", "--models", "tiny-conv", "--cost-hardware", "ws8=", "--out", self.folder / "v")
        self.assertEqual((done.returncode, done.stderr), (2, "hilbert: --cost-hardware: expected a file name behind ws8=\n"))

    def test_options(self):
        for args, expected in (
                (["--cost", "magic"], "--cost: expected one of roofline, systolic, maestro, mapper,"
                                      " table, got magic"),
                (["--cost", "table"], "--cost table and --cost-table FILE go together"),
                (["--cost-table", "x.csv"], "--cost table and --cost-table FILE go together"),
                (["--cost-hardware", "ws8=x.m"], "--cost-hardware: only for --cost maestro"),
                (["--firmware", "x"], "--firmware: not for --engine analytical"),
                (["--stall-ppm", "1"], "--stall-ppm: not for"),
                (["--wave", "x.fst"], "--wave: not for"),
                (["--no-skip"], "--no-skip: not for"),
                (["--dump-dram", "x"], "--dump-dram: not for"),
                (["--seeds", "2"], "--seeds: only with --rules"),
                (["--trace", "packets"], "expected decisions, jobs or off")):
            with self.subTest(args=args):
                self.refused(2, expected, "tiny", *args)

    def test_only_for_this_engine(self):
        for option in ("--cost", "--cost-table", "--cost-hardware", "--rules", "--seeds"):
            done = hilbert("run", "tiny", option, "1")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{option}: only for --engine analytical", done.stderr)


if __name__ == "__main__":
    HILBERT = sys.argv[1]
    SCENARIOS = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
