#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_vcd.py HILBERT MAKE_TUNE_TRACE: `hilbert trace export --vcd` against `hilbert trace dump`."""

import collections
import json
import os
import subprocess
import sys
import tempfile
import unittest

from vcd import Vcd, text_of

HILBERT, MAKE_TUNE_TRACE = None, None
# Two clocks: 250 MHz, and one whose cycle is no whole number of picoseconds. The third drops frames and misses deadlines.
RUNS = {"tiny": ["tiny", "--soc=duo-ws8-os8"],
        "late": ["social-interaction-b", "--models=published", "--soc=quad-ws16", "--duration=60ms", "--policy=edf", "--no-candidates"]}


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.traces, cls.vcds, cls.records, cls.khz = {}, {}, {}, {}
        for name, run in RUNS.items():
            out = os.path.join(cls.folder.name, name)
            subprocess.run([HILBERT, "run", *run, f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
            cls.traces[name] = trace = f"{out}/trace.hbt"
            with open(f"{out}/metrics.json", encoding="utf-8") as file:
                cls.khz[name] = int(json.load(file)["clock_mhz"] * 1000)
            cls.vcds[name] = cls.export(trace)
            cls.records[name] = [json.loads(line) for line in hilbert("trace", "dump", "--json", trace).stdout.splitlines()]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def export(cls, trace, *args):
        path = os.path.join(cls.folder.name, "out.vcd")
        done = hilbert("trace", "export", "--vcd", path, *args, trace)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        with open(path, encoding="ascii") as file:
            return Vcd(file.read().splitlines())

    def ps(self, name, cycle):
        return cycle * 10**9 // self.khz[name]

    def of(self, name, stream):
        return [r for r in self.records[name] if r["stream"] == stream]

    def last_in_cycle(self, name, pairs, initial):
        """(cycle, value) as a signal: the last value of each cycle, without repetitions."""
        values = collections.OrderedDict([(0, initial)])
        for cycle, value in pairs:
            values[self.ps(name, cycle)] = value
        out = []
        for time, value in values.items():
            if not out or out[-1][1] != value:
                out.append((time, value))
        return out

    def expect(self, name, signal, pairs, initial="0", show=lambda v: int(v, 2)):
        got = [(t, show(v)) for t, v in self.vcds[name].changes(signal)]
        if show is text_of:
            initial = ""
        elif initial == "0":
            initial = 0
        self.assertEqual(got, self.last_in_cycle(name, pairs, initial), (name, signal))

    def test_timescale(self):
        for name in RUNS:
            self.assertEqual(self.vcds[name].timescale, "1ps")

    def test_jobs(self):
        """busy and job of a tile: from start to end of each of its jobs, none in between."""
        for name in RUNS:
            jobs = sorted(self.of(name, "job"), key=lambda r: (r["start"], r["end"]))
            self.assertGreater(len(jobs), 8)
            for tile in {j["tile_name"] for j in jobs}:
                texts, busy = [], []
                for job in (j for j in jobs if j["tile_name"] == tile):
                    texts += [(job["start"], job["tag_name"]), (job["end"], "")]
                    busy += [(job["start"], 1), (job["end"], 0)]
                self.expect(name, f"sched.{tile}.job", texts, show=text_of)
                self.expect(name, f"sched.{tile}.busy", busy)

    def test_decisions(self):
        for name in RUNS:
            decisions = self.of(name, "decision")
            self.assertGreater(len(decisions), 8)
            self.expect(name, "sched.decision", [(d["cycle"], f"{d['tag_name']}>{d['tile_name']}") for d in decisions], show=text_of)
            self.expect(name, "sched.ready", [(d["cycle"], d["ready"]) for d in decisions])
            self.expect(name, "sched.free", [(d["cycle"], d["free"]) for d in decisions])
            self.expect(name, "sched.decisions", [(d["cycle"], i + 1) for i, d in enumerate(decisions)])
            for tile in {d["tile_name"] for d in decisions}:
                self.expect(name, f"sched.{tile}.given", [(d["cycle"], d["tag_name"]) for d in decisions if d["tile_name"] == tile],
                            show=text_of)

    def test_scores(self):
        """Of the choice that won; absent where no candidates were recorded."""
        winners, seen = [], {}
        for r in self.records["tiny"]:
            if r["stream"] == "candidate":
                seen[r["tile"], r["tag"]] = r
            elif r["stream"] == "decision":
                winners.append((r["cycle"], seen[r["tile"], r["tag"]]))
        self.assertGreater(len(winners), 8)
        for field in ("score", "term0", "term1", "term2", "term3"):
            self.expect("tiny", f"sched.{field}", [(c, w[field] % 2**32) for c, w in winners])
        self.assertNotIn("sched.score", self.vcds["late"].signals)

    def test_tuning(self):
        """As the records have it; absent where nothing was tuned."""
        trace = os.path.join(self.folder.name, "tune.hbt")
        subprocess.run([MAKE_TUNE_TRACE, trace, "100000"], check=True)
        self.vcds["tune"], self.khz["tune"] = self.export(trace), 100000
        self.records["tune"] = [json.loads(line) for line in hilbert("trace", "dump", "--json", trace).stdout.splitlines()]
        records = self.of("tune", "tune")
        self.assertEqual([r["cycle"] for r in records], list(range(10000, 90000, 10000)))
        for field in ("alpha_q16", "beta_q16", "step_q16", "ux_cost_q16"):
            self.expect("tune", f"sched.{field}", [(r["cycle"], r[field]) for r in records])
        self.expect("tune", "sched.tuning", [(r["cycle"], r["state_name"]) for r in records], show=text_of)
        self.assertEqual({r["state_name"] for r in records}, {"BASE", "PROBING", "SETTLED", "RESTARTED"})
        self.assertNotIn("sched.alpha_q16", self.vcds["tiny"].signals)

    def test_frames(self):
        for name in RUNS:
            deadline = {(r["model"], r["frame"]): r["deadline"] for r in self.of(name, "frame_arrived")}
            misses = [r for r in self.of(name, "frame_done") if r["cycle"] > deadline[r["model"], r["frame"]]]
            drops = self.of(name, "frame_dropped")
            self.expect(name, "sched.misses", [(r["cycle"], i + 1) for i, r in enumerate(misses)])
            self.expect(name, "sched.miss", [(r["cycle"], f"{r['model_name']}#{r['frame']}") for r in misses], show=text_of)
            self.expect(name, "sched.drops", [(r["cycle"], i + 1) for i, r in enumerate(drops)])
            self.expect(name, "sched.drop", [(r["cycle"], f"{r['model_name']}#{r['frame']} {r['reason_name']}") for r in drops],
                        show=text_of)
            for model in {r["model_name"] for r in self.of(name, "frame_arrived")}:
                done = [r for r in self.of(name, "frame_done") if r["model_name"] == model]
                started = [r for r in self.of(name, "frame_started") if r["model_name"] == model]
                self.expect(name, f"model.{model}.done", [(r["cycle"], i + 1) for i, r in enumerate(done)])
                self.expect(name, f"model.{model}.frame", [(r["cycle"], r["frame"]) for r in started])
                running, count = [], 0
                for r in sorted(started + done, key=lambda r: (r["cycle"], r["stream"] == "frame_done")):
                    count += 1 if r["stream"] == "frame_started" else -1
                    running.append((r["cycle"], count))
                self.expect(name, f"model.{model}.running", running)
        self.assertGreater(len(self.of("late", "frame_dropped")), 0)
        self.assertGreater(int(self.vcds["late"].signals["sched.misses"][-1][1], 2), 0)

    def test_interrupts(self):
        for name in RUNS:
            lines = {r["line_name"] for r in self.of(name, "irq")}
            self.assertGreater(len(lines), 1)
            for line in lines:
                self.expect(name, f"sched.irq.{line}", [(r["cycle"], int(r["level"])) for r in self.of(name, "irq") if r["line_name"] == line])

    def test_a_range_begins_with_what_holds_there(self):
        whole = self.vcds["late"]
        jobs = self.of("late", "job")
        middle = jobs[len(jobs) // 2]
        first, last = middle["start"] + 1, middle["end"] + 100000
        part = self.export(self.traces["late"], f"--from={first}", f"--to={last}")
        self.assertEqual(set(part.signals), set(whole.signals))
        for signal in whole.signals:
            begin, end = self.ps("late", first), self.ps("late", last)
            held = [(t, v) for t, v in whole.changes(signal) if t <= begin][-1:]
            expected = [(begin, v) for _, v in held] + [(t, v) for t, v in whole.changes(signal) if begin < t <= end]
            self.assertEqual(part.changes(signal), expected, signal)
        self.assertTrue(any(v != "0" for s in part.signals if s.endswith(".job") for _, v in part.signals[s][:1]))

    def test_damaged_and_bad(self):
        with open(self.traces["late"], "rb") as file:
            data = file.read()
        cut, out = os.path.join(self.folder.name, "cut.hbt"), os.path.join(self.folder.name, "cut.vcd")
        with open(cut, "wb") as file:
            file.write(data[:len(data) * 3 // 4])
        done = hilbert("trace", "export", "--vcd", out, cut)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("cut short", done.stderr)
        with open(out, encoding="ascii") as file:
            vcd = Vcd(file.read().splitlines())
        jobs = sum("job" == json.loads(l)["stream"] for l in hilbert("trace", "dump", "--json", cut).stdout.splitlines())
        ends = sum(v == "0" for s in vcd.signals if s.endswith(".busy") for _, v in vcd.changes(s)[1:])
        self.assertGreater(jobs, 5)
        self.assertEqual(ends, jobs)
        os.remove(out)
        for args, code, text in [
                (("--vcd", out, "nowhere.hbt"), 3, "nowhere.hbt: No such file"),
                (("--vcd", "/nowhere/x.vcd", self.traces["tiny"]), 3, "/nowhere/x.vcd: No such file"),
                (("--vcd", self.traces["tiny"], self.traces["tiny"]), 2, "is the trace itself"),
                (("--vcd", "/dev/null", self.traces["tiny"]), 2, "regular file"),
                (("--vcd", out, "--from=9", "--to=8", self.traces["tiny"]), 2, "range of cycles is empty"),
                (("--vcd", out, "--perfetto", out, self.traces["tiny"]), 2, "takes one format"),
                ((self.traces["tiny"],), 2, "takes one format"),
                (("--vcd", out, __file__), 3, "not a trace")]:
            done = hilbert("trace", "export", *args)
            self.assertEqual(done.returncode, code, (args, done.stderr))
            self.assertIn(text, done.stderr)
            self.assertFalse(os.path.exists(out))


if __name__ == "__main__":
    HILBERT, MAKE_TUNE_TRACE = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
