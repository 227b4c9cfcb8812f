#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_metrics.py HILBERT SCENARIOS: what metrics.json says is what the trace of the run says, counted once more here."""

import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT, SCENARIOS = None, None
# The layer of test_energy.py: on either tile 40 accesses of IFM, 48 of WGT, 24 of parameters, and of sums 128 on ws8, 64 on os8,
# which keeps them in the array: written once, read by STORE.
MODEL = "model: m\nlayers:\n  - {name: a, op: conv, in: [16, 1, 8], out_channels: 16, kernel: [1, 1]}\n"
ACCESSES = {"tile0": 40 + 48 + 24 + 128, "tile1": 40 + 48 + 24 + 64}
ENERGY = {key: 0 for key in ("mac_pj", "sram_8kib_pj", "sram_32kib_pj", "sram_1mib_pj", "flit_hop_pj", "dram_activate_pj",
                             "dram_read_pj", "dram_write_pj", "dram_refresh_pj", "tile_static_mw", "dram_static_mw")}
MAX_MJ = 0.002  # so that a job of half a microjoule shows
SRAM = {"sram_8kib_pj": 1000, "sram_32kib_pj": 1000, "sram_1mib_pj": 1000}
# C waits for A. The host takes about 8 us a decision, of 33 us that a frame of B or D has.
SCENARIO = """scenario: t
duration_ms: 6
soc: soc.yaml
score_constants: {energy_max_mj: 0.002}
sensors:
  - {name: s, jitter_us: 3}
tasks:
  - {name: A, model: m.yaml, rate_hz: 4000, sensor: s, probability: 0.7, accuracy: {measured: 0.72, target: 0.9, better: higher}}
  - {name: B, model: m.yaml, rate_hz: 30000, sensor: s, accuracy: {measured: 10, target: 5, better: lower}}
  - {name: C, model: m.yaml, rate_hz: 4000, sensor: s, depends_on: A}
  - {name: D, model: m.yaml, rate_hz: 30000, sensor: s, slots: 2}
"""


def nearest(values, percent):
    return sorted(values)[(len(values) * percent + 99) // 100 - 1]


def six(value):
    return float(f"{value:.6f}")


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        with open(os.path.join(SCENARIOS, "soc", "duo-ws8-os8.yaml"), encoding="utf-8") as file:
            soc = file.read() + "energy:\n" + "".join(f"  {key}: {value}\n" for key, value in {**ENERGY, **SRAM}.items())
        for name, text in (("m.yaml", MODEL), ("t.yaml", SCENARIO), ("soc.yaml", soc)):
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        out = os.path.join(cls.folder, "out")
        done = cls.hilbert("run", os.path.join(cls.folder, "t.yaml"), "--json", "--engine=twin", "--ux-window=1ms", f"--out={out}")
        cls.metrics = json.loads(done.stdout)
        dump = cls.hilbert("trace", "dump", "--json", os.path.join(out, "trace.hbt"))
        cls.records = [json.loads(line) for line in dump.stdout.splitlines()]
        cls.khz, cls.end = cls.metrics["clock_mhz"] * 1000, cls.metrics["cycles"]
        cls.frames = cls.read_frames()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @staticmethod
    def hilbert(*args, code=0):
        done = subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != code:
            raise AssertionError(f"{args}: exit code {done.returncode}\n{done.stderr}")
        return done

    @classmethod
    def stream(cls, name):
        return [record for record in cls.records if record["stream"] == name]

    @classmethod
    def read_frames(cls):
        """Of each model its frames that have an outcome: (cycle, missed, reason or None, latency or None)."""
        frames, out = {}, {model["name"]: [] for model in cls.metrics["models"]}
        for record in cls.records:
            key = (record.get("model_name"), record.get("frame"))
            if record["stream"] == "frame_arrived":
                frames[key] = record
            elif record["stream"] == "frame_done":
                arrived = frames.pop(key)
                out[key[0]].append((record["cycle"], record["cycle"] > arrived["deadline"], None, record["cycle"] - arrived["arrival"]))
            elif record["stream"] == "frame_dropped":
                frames.pop(key)
                out[key[0]].append((record["cycle"], True, record["reason_name"].lower(), None))
        for (model, _), arrived in frames.items():
            if arrived["deadline"] <= cls.end:
                out[model].append((min(arrived["deadline"], cls.end - 1), True, None, None))
        return out

    def jobs(self, model, tiles=("tile0", "tile1")):
        return [record for record in self.stream("job")
                if record["tag_name"].startswith(model + "#") and record["tile_name"] in tiles]

    def ux(self, first, last):
        """UXCost of the frames and jobs that end in cycles first .. last."""
        dlv, norm = [], []
        for model, frames in self.frames.items():
            inside = [missed for cycle, missed, _, _ in frames if first <= cycle <= last]
            if not inside:
                continue
            dlv.append(sum(inside) / len(inside) if any(inside) else 0.5 / len(inside))
            counts = {tile: sum(first <= job["end"] <= last for job in self.jobs(model, (tile,))) for tile in ACCESSES}
            worst = sum(counts.values()) * max(ACCESSES.values())
            norm.append(sum(counts[tile] * ACCESSES[tile] for tile in ACCESSES) / worst if worst else 1.0)
        return {"models": len(dlv), "dlv": sum(dlv), "norm_energy": sum(norm), "cost": sum(dlv) * sum(norm)}

    def assert_ux(self, said, counted):
        self.assertEqual(said["models"], counted["models"])
        for key in ("dlv", "norm_energy", "cost"):
            self.assertAlmostEqual(said[key], counted[key], delta=1.01e-6, msg=key)

    def test_run_is_worth_it(self):
        """Both tiles work, frames are late, dropped for each cause, and in time."""
        reasons = {reason for frames in self.frames.values() for _, _, reason, _ in frames}
        self.assertLessEqual({"late", "overrun", "dependency", None}, reasons)
        missed = {missed for frames in self.frames.values() for _, missed, _, _ in frames}
        self.assertEqual(missed, {False, True})
        for tile in ACCESSES:
            self.assertGreater(len([job for job in self.stream("job") if job["tile_name"] == tile]), 20)

    def test_models(self):
        for model in self.metrics["models"]:
            frames = self.frames[model["name"]]
            with self.subTest(model["name"]):
                missed = sum(missed for _, missed, _, _ in frames)
                self.assertEqual(model["deadline_misses"], missed)
                self.assertEqual(model["deadline_violation_rate"], six(missed / len(frames)))
                latencies = [latency for _, _, _, latency in frames if latency is not None]
                for key, percent in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
                    self.assertEqual(model["latency_ms"][key], six(nearest(latencies, percent) / self.khz), key)
                counted = {key: sum(reason == key for _, _, reason, _ in frames) for key in model["drops"]}
                self.assertEqual(model["drops"], counted)
                self.assertEqual(sum(model["drops"].values()), model["dropped"])
                counted = {name: len(self.jobs(model["name"], (name,))) for name in ACCESSES}
                energy = sum(counted[tile] * ACCESSES[tile] for tile in ACCESSES)
                self.assertAlmostEqual(model["ux"]["norm_energy"], energy / (sum(counted.values()) * ACCESSES["tile0"]), delta=1e-6)

    def test_inferences(self):
        """Each frame of the trace with its scores, and the models' scores as their means."""
        with open(os.path.join(self.folder, "out", "inferences.csv"), newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        ends = {(record["model_name"], record["frame"]): record for record in self.stream("frame_done") + self.stream("frame_dropped")}
        arrived = {(record["model_name"], record["frame"]): record for record in self.stream("frame_arrived")}
        self.assertEqual({(line["task"], int(line["frame"])) for line in lines}, set(arrived))
        self.assertEqual(len(lines), len(arrived))
        jobs = {}
        for record in self.stream("job"):
            frame = tuple(record["tag_name"].split("/")[0].split("#"))
            jobs[frame] = jobs.get(frame, 0) + ACCESSES[record["tile_name"]] * 2000 / 1e9
        sums = {}
        for line in lines:
            key = (line["task"], int(line["frame"]))
            arrival, end = arrived[key], ends.get(key)
            self.assertEqual((int(line["released_cycle"]), int(line["deadline_cycle"])), (arrival["arrival"], arrival["deadline"]))
            self.assertEqual(line["ended_cycle"], str(end["cycle"]) if end else "")
            outcome = ("completed" if end and end["stream"] == "frame_done" else "dropped" if end
                       else "overdue" if arrival["deadline"] <= self.end else "in_flight")
            self.assertEqual(line["outcome"], outcome)
            mj = jobs.get((key[0], str(key[1])), 0)
            self.assertAlmostEqual(float(line["energy_mj"]), mj, delta=2e-6)
            if outcome in ("dropped", "in_flight"):
                self.assertEqual((line["real_time"], line["energy"], line["accuracy"]), ("", "", ""))
                self.assertEqual(line["score"], "0.000000" if outcome == "dropped" else "")
            else:
                late = (end["cycle"] - arrival["deadline"]) / self.khz if end else math.inf
                real_time, energy = 1 / (1 + math.exp(min(15 * late, 700))), 1 - mj / MAX_MJ
                accuracy = 0.8 if key[0] == "A" else 0.5 if key[0] == "B" else 1
                self.assertAlmostEqual(float(line["real_time"]), real_time, delta=1e-6)
                self.assertAlmostEqual(float(line["energy"]), energy, delta=2e-6 / MAX_MJ)
                self.assertAlmostEqual(float(line["accuracy"]), accuracy, delta=1e-6)
                self.assertAlmostEqual(float(line["score"]), real_time * energy * accuracy, delta=1e-4)
                sums.setdefault(key[0], []).append((real_time, energy, accuracy))
        for model in self.metrics["models"]:
            executed, scores = sums[model["name"]], model["scores"]
            scored, qoe = len(executed) + model["dropped"], len(executed) / (len(executed) + model["dropped"])
            for index, name in enumerate(("real_time", "energy", "accuracy")):
                self.assertAlmostEqual(scores[name], sum(one[index] for one in executed) / len(executed), delta=1e-4, msg=name)
            self.assertAlmostEqual(scores["qoe"], qoe, delta=1e-6)
            self.assertAlmostEqual(scores["model"], sum(rt * acc for rt, _, acc in executed) / scored * qoe, delta=1e-6)
            self.assertAlmostEqual(scores["model_with_energy"], sum(rt * en * acc for rt, en, acc in executed) / scored * qoe, delta=1e-4)
            self.assertLess(scores["energy"], 0.9)
        for name, key in (("xrbench", "model"), ("xrbench_with_energy", "model_with_energy")):
            mean = sum(model["scores"][key] for model in self.metrics["models"]) / 4
            self.assertAlmostEqual(self.metrics["scores"][name], 100 * mean, delta=1e-4)
        for key in ("real_time", "energy", "qoe"):
            mean = sum(model["scores"][key] for model in self.metrics["models"]) / 4
            self.assertAlmostEqual(self.metrics["scores"][key], mean, delta=1e-6)
        for model, (mean, share) in zip(self.metrics["models"], ((0.72, 0.8), (10, 0.5), (1, 1), (1, 1)), strict=True):
            self.assertEqual((model["accuracy"]["mean"], model["accuracy"]["share"]), (mean, share))
        self.assertAlmostEqual(self.metrics["scores"]["accuracy"], (0.8 + 0.5 + 1 + 1) / 4, delta=1e-6)
        # What dropped frames and those in flight took is the models', not the frames' that are scored.
        self.assertAlmostEqual(sum(model["energy_mj"] for model in self.metrics["models"]), sum(jobs.values()), delta=1e-5)

    def test_ux_of_run_and_windows(self):
        ux = self.metrics["ux"]
        self.assert_ux(ux, self.ux(0, self.end))
        self.assertLess(ux["norm_energy"], 3.99)
        self.assertEqual((ux["window_ms"], [window["begin_ms"] for window in ux["windows"]]), (1, [0, 1, 2, 3, 4, 5]))
        ms = int(self.khz)
        for index, window in enumerate(ux["windows"]):
            self.assert_ux(window, self.ux(index * ms, index * ms + ms - 1))
        self.assertNotEqual(ux["windows"][0]["cost"], ux["windows"][1]["cost"])

    def test_switches(self):
        for tile in self.metrics["tiles"]:
            models = [job["tag_name"].split("#")[0] for job in self.stream("job") if job["tile_name"] == tile["name"]]
            self.assertEqual(tile["switches"], sum(a != b for a, b in zip(models, models[1:])))
            self.assertGreater(tile["switches"], 0)

    def test_scheduler(self):
        passes = [(record["cycle"] - record["awake"], record["cycle"]) for record in self.stream("pass")]
        self.assertEqual(passes, sorted(passes))
        decisions = [record["cycle"] for record in self.stream("decision")]
        costs = []
        for woke, slept in passes:
            begin = woke
            for at in (at for at in decisions if woke <= at <= slept):
                costs.append(at - begin)
                begin = at
        said = self.metrics["host"]["scheduler"]
        self.assertEqual((said["decisions"], said["passes"]), (len(decisions), len(passes)))
        spread = said["cycles_per_decision"]
        self.assertEqual(spread, {"count": len(costs), "min": min(costs), "p50": nearest(costs, 50), "p95": nearest(costs, 95),
                                  "p99": nearest(costs, 99), "max": max(costs), "sum": sum(costs)})
        self.assertEqual(said["run_percent"], six(100 * sum(costs) / self.end))
        # All the time the host was awake; what its last pass took, if it was still in one, is more.
        awake = sum(slept - woke for woke, slept in passes)
        self.assertGreater(awake, sum(costs))
        rest = self.metrics["host"]["active_cycles"] - awake
        self.assertTrue(0 <= rest <= self.end - passes[-1][1], rest)

    def test_window_length_bad(self):
        for text in ("0", "999us", "1h", "4000s"):
            done = self.hilbert("run", "tiny", f"--ux-window={text}", code=2)
            self.assertEqual(done.stderr, f"hilbert: --ux-window: expected 1ms to 3600s, such as 34ms or 1.5s, got {text}\n")


if __name__ == "__main__":
    SCENARIOS = sys.argv.pop(2)
    HILBERT = sys.argv.pop(1)
    unittest.main()
