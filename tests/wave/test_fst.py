#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_fst.py HILBERT FST2VCD: waveforms of runs against what the trace recorded of the same cycles.

The trace's signals come from another part of the program than those of the RTL and of the mesh: handshakes and jobs must
agree, to the cycle. FST2VCD is GTKWave's reader.
"""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from vcd import Vcd, text_of

HILBERT = FST2VCD = None
SCOPES = ("sched", "model")


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def read_fst(path):
    done = subprocess.run([FST2VCD, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    return Vcd(done.stdout.splitlines())


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = os.path.join(cls.folder.name, "out")
        cls.trace, cls.wave = f"{cls.out}/trace.hbt", f"{cls.out}/wave.fst"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def draw(cls, *args, code=0):
        done = hilbert("run", *args, f"--out={cls.out}", "--wave=wave.fst")
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
        return done

    @classmethod
    def records(cls, *args):
        return [json.loads(line) for line in hilbert("trace", "dump", "--json", *args, cls.trace).stdout.splitlines()]

    def window(self, done):
        return tuple(int(n) for n in re.search(r"cycles (\d+) to (\d+);", done.stdout).groups())


class Whole(Case):
    """All of a short run; a systolic tile of each kind, with random back-pressure."""

    PS = 4000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.done = cls.draw("tiny", "--soc=duo-ws8-os8", "--duration=1ms", "--trace=boundary", "--stall-ppm=300000")
        with open(f"{cls.out}/metrics.json", encoding="utf-8") as file:
            cls.metrics = json.load(file)
        cls.PS = 10**9 // int(cls.metrics["clock_mhz"] * 1000)
        cls.vcd = read_fst(cls.wave)
        cls.streams = collections.defaultdict(list)
        for record in cls.records():
            cls.streams[record["stream"]].append(record)

    def high(self, *names):
        """Cycles in which all of these are 1."""
        out, level, edges = [], dict.fromkeys(names, 0), collections.defaultdict(list)
        for name in names:
            for time, value in self.vcd.changes(name):
                edges[time].append((name, int(value)))
        times = sorted(edges)
        end = (self.metrics["cycles"]) * self.PS
        for time, following in zip(times, [*times[1:], end]):
            level.update(edges[time])
            if all(level.values()):
                out += range(time // self.PS, following // self.PS)
        return out

    def test_the_schedulers_signals_are_those_of_the_trace(self):
        path = os.path.join(self.folder.name, "out.vcd")
        hilbert("trace", "export", "--vcd", path, f"--to={self.metrics['cycles'] - 1}", self.trace)
        with open(path, encoding="ascii") as file:
            exported = Vcd(file.read().splitlines())
        self.assertEqual(self.vcd.timescale, "1ps")
        ours = {s for s in self.vcd.signals if s.split(".")[0] in SCOPES}
        self.assertEqual(ours, set(exported.signals))
        for signal in ours:
            self.assertEqual(self.vcd.changes(signal), exported.changes(signal), signal)

    def test_handshakes(self):
        for tile in ("tile0", "tile1"):
            for channel, stream in (("ar", "axi_ar"), ("aw", "axi_aw"), ("b", "axi_b")):
                seen = self.high(f"{tile}.m_axi_{channel}valid", f"{tile}.m_axi_{channel}ready")
                expected = [r["cycle"] for r in self.streams[stream] if r["tile_name"] == tile]
                self.assertGreater(len(expected), 20)
                self.assertEqual(seen, expected, (tile, channel))
            for channel, stream in (("r", "axi_r"), ("w", "axi_w")):
                seen = self.high(f"{tile}.m_axi_{channel}valid", f"{tile}.m_axi_{channel}ready")
                expected = [r["cycle"] + i for r in self.streams[stream] if r["tile_name"] == tile for i in range(r["beats"])]
                self.assertEqual(seen, expected, (tile, channel))

    def test_addresses(self):
        for tile in ("tile0", "tile1"):
            for record in self.streams["axi_ar"]:
                if record["tile_name"] == tile:
                    time = record["cycle"] * self.PS
                    self.assertEqual(self.vcd.at(f"{tile}.m_axi_araddr", time), record["addr"])
                    self.assertEqual(self.vcd.at(f"{tile}.m_axi_arlen", time), record["beats"] - 1)

    def test_waits(self):
        """Cycles with valid and no ready are what the boundary's records count."""
        for tile in ("tile0", "tile1"):
            valid, ready = (set(self.high(f"{tile}.m_axi_ar{w}")) for w in ("valid", "ready"))
            waits = sum(r["wait"] for r in self.streams["axi_ar"] if r["tile_name"] == tile)
            self.assertGreater(waits, 10)
            self.assertEqual(len(valid - ready), waits)

    def test_wires(self):
        for tile in ("tile0", "tile1"):
            for wire in ("irq", "idle"):
                edges = [(t // self.PS, int(v)) for t, v in self.vcd.changes(f"{tile}.{wire}_o")]
                expected = [(r["cycle"], int(r["level"])) for r in self.streams[f"{wire}_wire"] if r["tile_name"] == tile]
                self.assertEqual(edges[1:], expected, (tile, wire))

    def test_jobs_of_the_rtl_are_those_of_the_trace(self):
        """The tile's own counters: what counts a job in cycle t shows it from t + 1 on."""
        for tile in ("tile0", "tile1"):
            jobs = [j for j in self.streams["job"] if j["tile_name"] == tile]
            self.assertGreater(len(jobs), 2)
            for counter, field in (("started", "start"), ("completed", "end")):
                steps = self.vcd.changes(f"{tile}.hb_tile_systolic.perf_{counter}")[1:]
                cycles = [t // self.PS - 1 for t, _ in steps][:len(jobs)]
                self.assertEqual(cycles, sorted(j[field] for j in jobs)[:len(cycles)], (tile, counter))
                self.assertGreaterEqual(len(cycles), len(jobs))

    def test_links(self):
        """Cycles with a flit on a link are the flits that the NoC counted."""
        seen = 0
        for link in self.metrics["noc"]["links"]:
            x, y = link["router"]
            name = f"noc.{link['network']}.router_{x}_{y}.{link['link']}"
            self.assertEqual(len(self.high(name)), link["flits"], name)
            seen += link["flits"]
        self.assertGreater(seen, 1000)
        counted = {f"noc.{l['network']}.router_{l['router'][0]}_{l['router'][1]}.{l['link']}" for l in self.metrics["noc"]["links"]}
        self.assertLessEqual({s for s in self.vcd.signals if s.startswith("noc.") and self.high(s)}, counted)

    def test_save_file(self):
        """Every line of the save file is a signal of the waveform."""
        with open(f"{self.out}/wave.gtkw", encoding="utf-8") as file:
            lines = file.read().splitlines()
        names = [line for line in lines if line and line[0] not in "@-[*^"]
        self.assertGreater(len(names), 50)
        for line in names:
            alias, name = re.fullmatch(r"(?:\+\{(.*?)\} )?(.*)", line).groups()
            self.assertEqual(alias is None, "[" not in line, "what has bits has a name without them")
            base = re.sub(r"\[\d+:0\]$", "", name)
            self.assertIn(base, self.vcd.signals)
            bits = self.vcd.bits[base]
            self.assertEqual(name, base if bits == 1 else f"{base}[{bits - 1}:0]")
        for line in lines:
            if line.startswith("^1 "):
                self.assertTrue(os.path.exists(line[3:]))
        self.assertEqual(sum(int(l[1:], 16) & 0x800000 != 0 for l in lines if l[:1] == "@"),
                         sum(int(l[1:], 16) & 0x1000000 != 0 for l in lines if l[:1] == "@"))

    def test_save_file_opens_what_tells_most(self):
        with open(f"{self.out}/wave.gtkw", encoding="utf-8") as file:
            lines = file.read().splitlines()
        groups, inside, closed = collections.defaultdict(list), [], set()
        for before, line in zip(lines, lines[1:]):
            flags = int(before[1:], 16) if before[:1] == "@" else 0
            if flags & 0x800000:
                inside.append(line[1:])
                closed |= {line[1:]} if flags & 0x400000 else set()
            elif flags & 0x1000000:
                self.assertEqual((inside.pop(), flags & 0x400000 != 0), (line[1:], line[1:] in closed))
            elif line[:1] not in "@-[*^":
                groups["/".join(inside)].append(line)
        self.assertEqual(closed, {"models", "interrupts", "tile0 axi", "tile1 axi", "noc request", "noc response"})
        first = [line.split("}")[0][2:] for line in groups["scheduler"]][:9]
        self.assertEqual(first, ["decision", "score", "term0", "term1", "term2", "term3", "ready", "free", "miss"])
        for tile in ("tile0", "tile1"):
            shown = [re.sub(r"\+\{(.*)\} .*", r"\1", line).removeprefix(f"{tile}.").removeprefix(f"sched.{tile}.") for line in groups[tile]]
            self.assertEqual(shown, ["given", "job", "busy", "control", "decoder", "idle_o", "irq_o", "m_axi_arvalid", "m_axi_rvalid",
                                     "m_axi_awvalid", "m_axi_wvalid"])
            self.assertRegex(groups[tile][3], r"\.u_ctl\.state_q\[2:0\]$")
            self.assertRegex(groups[tile][4], r"\.u_decode\.state_q\[2:0\]$")
            self.assertEqual(len(groups[f"{tile}/{tile} axi"]), 16)


class Windows(Case):
    LATE = ("social-interaction-b", "--models=published", "--soc=quad-ws16", "--duration=20ms", "--policy=edf")

    def test_around_a_deadline_miss(self):
        done = self.draw(*self.LATE, "--wave-around=deadline-miss", "--wave-margin=2us", "--wave-scope=sched,tile1")
        first, last = self.window(done)
        records = self.records()
        deadline = {(r["model"], r["frame"]): r["deadline"] for r in records if r["stream"] == "frame_arrived"}
        misses = [r["cycle"] for r in records if
                  (r["stream"] == "frame_done" and r["cycle"] > deadline[r["model"], r["frame"]]) or
                  (r["stream"] == "frame_dropped" and r["reason_name"] == "LATE")]
        self.assertEqual((first, last), (misses[0] - 500, misses[0] + 500))
        vcd = read_fst(self.wave)
        self.assertEqual({s.split(".")[0] for s in vcd.signals}, {"sched", "model", "tile1"})
        self.assertEqual(min(t for s in vcd.signals.values() for t, _ in s), first * 4000)
        self.assertLessEqual(max(t for s in vcd.signals.values() for t, _ in s), last * 4000)

    def test_around_a_job(self):
        done = self.draw(*self.LATE, "--wave-around=job ES frame 0 layer conv3", "--wave-margin=10", "--wave-scope=sched")
        (job,) = [r for r in self.records("--stream=job") if r["tag_name"] == "ES#0/conv3"]
        self.assertEqual(self.window(done), (job["start"] - 10, job["end"] + 10))
        vcd = read_fst(self.wave)
        shown = [(t // 4000, text_of(v)) for t, v in vcd.changes(f"sched.{job['tile_name']}.job")]
        self.assertIn((job["start"], "ES#0/conv3"), shown)

    def test_around_a_drop_an_error_and_a_cycle(self):
        first = next(r["cycle"] for r in self.records_of(*self.LATE) if r["stream"] == "frame_dropped")
        self.assertEqual(self.window(self.draw(*self.LATE, "--wave-around=drop", "--wave-margin=1")), (first - 1, first + 1))
        self.assertEqual(self.window(self.draw(*self.LATE, "--wave-around=cycle 100", "--wave-margin=5")), (95, 105))
        done = self.draw(*self.LATE, "--wave-around=error", code=1)
        self.assertIn("no waveform of the event: it does not happen in the run", done.stderr)
        self.assertFalse(os.path.exists(self.wave))

    def records_of(self, *run):
        hilbert("run", *run, f"--out={self.out}")
        return self.records()

    def test_by_time(self):
        done = self.draw("tiny", "--soc=mini-ws8", "--wave-from=0.1ms", "--wave-to=30000", "--wave-scope=noc")
        first, last = self.window(done)
        self.assertEqual(last, 30000)
        self.assertEqual(first * 10**9 % (first or 1), 0)
        vcd = read_fst(self.wave)
        self.assertEqual({s.split(".")[0] for s in vcd.signals}, {"noc"})

    def test_a_run_is_the_same_with_a_waveform(self):
        run = ("tiny", "--soc=duo-ws8-os8", "--trace=boundary")
        hilbert("run", *run, f"--out={self.out}")
        plain = self.records()
        self.draw(*run, "--wave-from=1000", "--wave-to=2000")
        self.assertEqual(self.records(), plain)

    def test_vector_tile(self):
        self.draw("mixed", "--soc=hetero-16", "--duration=2ms", "--wave-from=100000", "--wave-to=101000")
        vcd = read_fst(self.wave)
        self.assertTrue(any(".hb_tile_vector." in s for s in vcd.signals))

    def test_same_bytes(self):
        run = ("tiny", "--soc=mini-ws8", "--wave-from=1000", "--wave-to=9000")
        self.draw(*run)
        first = read_fst(self.wave).signals
        self.draw(*run)
        self.assertEqual(read_fst(self.wave).signals, first)

    def test_leaves_nothing_half_done(self):
        self.draw("tiny", "--soc=mini-ws8", "--wave-from=1000", "--wave-to=2000")
        self.assertEqual(sorted(os.listdir(self.out)), ["inferences.csv", "metrics.json", "trace.hbt", "wave.fst", "wave.gtkw", "wave.gtkw.resp.txt"])
        done = hilbert("run", "tiny", "--soc=mini-ws8", f"--out={self.out}")  # empties the directory
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(self.out)), ["inferences.csv", "metrics.json", "trace.hbt"])
        done = hilbert("run", "tiny", "--soc=mini-ws8", f"--out={self.out}", "--wave=/nowhere/wave.fst", "--wave-to=10")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the waveform /nowhere/wave.fst", done.stderr)

    def test_bad_input(self):
        run = ("run", "tiny", "--soc=mini-ws8", f"--out={self.out}x")
        for args, text in [
                (("--wave=wave.vcd",), "--wave: expected a file name that ends in .fst, got 'wave.vcd'"),
                (("--wave-from=1ms",), "--wave-from needs --wave FILE"),
                (("--wave=w.fst", "--wave-from=x"), "--wave-from: expected a time, such as 1.2ms, or a cycle, got x"),
                (("--wave=w.fst", "--wave-from=2ms", "--wave-to=1ms"), "--wave-to: is before --wave-from"),
                (("--wave=w.fst", "--wave-from=99s"), "is not in the run, which has"),
                (("--wave=w.fst", "--wave-around=sunrise"), "--wave-around: expected deadline-miss [MODEL], drop [MODEL], error, job"),
                (("--wave=w.fst", "--wave-around=drop sunrise"), "has no model sunrise; it has "),
                (("--wave=w.fst", "--wave-around=job conv frame 0 layer sunrise"), "--wave-around: model conv has no layer sunrise; its first is "),
                (("--wave=w.fst", "--wave-scope="), "--wave-scope: expected sched, noc, "),
                (("--wave=w.fst", "--wave-scope=sched,"), "--wave-scope: expected sched, noc, "),
                (("--wave=w.fst", "--wave-around=job KD frame x"), "--wave-around: expected"),
                (("--wave=w.fst", "--wave-around=error", "--wave-to=9"), "--wave-around or --wave-from and --wave-to, not both"),
                (("--wave=w.fst", "--wave-margin=1us"), "--wave-margin needs --wave-around EVENT"),
                (("--wave=w.fst", "--wave-scope=tile7"), "--wave-scope: expected sched, noc, tile0, got 'tile7'"),
                (("--wave=w.fst", "--trace=off"), "--wave needs a trace of jobs or more"),
                (("--wave=w.fst", "--trace=decisions"), "--wave needs a trace of jobs or more")]:
            done = hilbert(*run, *args)
            self.assertEqual(done.returncode, 2, (args, done.stderr))
            self.assertIn(text, done.stderr)
            self.assertFalse(os.path.exists(f"{self.out}x"))


if __name__ == "__main__":
    HILBERT, FST2VCD = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
