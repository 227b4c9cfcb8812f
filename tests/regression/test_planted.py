#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_planted.py CMAKE HILBERT SOURCE_DIR

Plants changes of a cycle in a copy of the sources, in a temporary folder, and asks of each: does the golden trace fail, with a
message that names record, cycle, both values and the last common records; and does `hilbert trace diff` of a good and a
planted trace point at the cycle and the unit that the good trace alone lets one expect?
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE = HILBERT = SOURCE = None
CONTEXT = 5  # common records that golden.py shows

TINY = ("tiny-mini-ws8-fcfs", "demo/tiny", "--soc=mini-ws8", "--policy=fcfs", "--duration=2ms")
PACKETS = ("tiny-mini-ws8-fcfs-packets", "demo/tiny", "--soc=mini-ws8", "--policy=fcfs", "--duration=0.4814ms",
           "--trace=packets")
BUSY = ("busy-quad-quad-ws16-fcfs", "bench/busy-quad", "--soc=quad-ws16", "--policy=fcfs", "--duration=4ms")


def run(*command, folder=None, code=0):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.tree = os.path.join(cls.folder.name, "hilbert")
        os.mkdir(cls.tree)
        for name in os.listdir(SOURCE):
            source, copy = os.path.join(SOURCE, name), os.path.join(cls.tree, name)
            if not name.startswith((".", "build", "out")):
                (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, copy)
        cls.build = os.path.join(cls.tree, "build", "release")
        cls.make()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def make(cls, target="hilbert"):
        # Verilator names its files by what they hold. One that it does not write again must not be taken for new.
        for model in glob.glob(os.path.join(cls.build, "sim", "tile", "CMakeFiles", "hb_v*.dir", "V*.dir")):
            shutil.rmtree(model)
        run(CMAKE, "--preset", "release", "-DHB_ONLY_TILES=ws8", "-DHB_WAVES=OFF", folder=cls.tree)
        run(CMAKE, "--build", cls.build, "--target", target)
        return os.path.join(cls.build, "hilbert")

    def plant(self, path, *changes):
        """Until the test ends."""
        path = os.path.join(self.tree, path)
        with open(path, encoding="utf-8") as file:
            healthy = planted = file.read()
        for old, new in changes:
            self.assertEqual(planted.count(old), 1, old)
            planted = planted.replace(old, new)
        self.addCleanup(self.write, path, healthy)
        self.write(path, planted)

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def golden(self, hilbert, name, scenario, *args, code=1):
        return run(sys.executable, os.path.join(SOURCE, "tests", "regression", "golden.py"), hilbert,
                   os.path.join(SOURCE, "traces", f"{name}.txt"), os.path.join(self.folder.name, "golden"), scenario, *args,
                   code=code)

    def trace(self, hilbert, name, _, scenario, *args):
        out = os.path.join(self.folder.name, name)
        run(hilbert, "run", scenario, *args, f"--out={out}")
        return os.path.join(out, "trace.hbt")

    def records(self, trace):
        return [json.loads(line) for line in run(HILBERT, "trace", "dump", "--json", trace).splitlines()]

    def golden_names(self, message, name, pattern, cycle):
        """The message of golden.py: the first record of the golden trace that matches, at the cycle, and what is before it."""
        with open(os.path.join(SOURCE, "traces", f"{name}.txt"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        first = next(i for i, line in enumerate(lines) if re.search(pattern, line))
        self.assertIn(f"{name}.txt: record {first + 1} differs, at cycle {cycle}\n", message)
        shown = message.splitlines()
        common, old = shown[1:shown.index(f"  - {lines[first]}")], lines[first]
        self.assertEqual(common, [f"    {line}" for line in lines[max(0, first - CONTEXT):first]])
        new = shown[len(common) + 2]
        self.assertTrue(new.startswith("  + "), new)
        self.assertNotEqual(new[4:], old)
        return old, new[4:]

    def diff(self, good, bad, stream, expected, *args):
        """`trace diff`: the first difference is the given record of the good trace; returns both as they stand there."""
        found = json.loads(run(HILBERT, "trace", "diff", "--json", *args, good, bad, code=1))["first"]
        of_stream = [r for r in self.records(good) if r["stream"] == stream]
        self.assertEqual(found, {"cycle": expected["cycle" if "cycle" in expected else "end"], "stream": stream,
                                 "record": of_stream.index(expected) + 1})
        text = run(HILBERT, "trace", "diff", *args, good, bad, code=1)
        pair = [next(line for line in text.splitlines() if line.startswith(sign)) for sign in "-+"]
        for line in pair:
            self.assertIn(f" {stream} ", line)
        other = [r for r in self.records(bad) if r["stream"] == stream][found["record"] - 1]
        return pair, other

    def test_0_nothing_planted(self):
        """The copy, with one kind of tile and no waveforms, does what the golden traces say."""
        for case in (TINY, PACKETS):
            self.assertEqual(self.golden(os.path.join(self.build, "hilbert"), *case, code=0), "")

    def test_a_state_of_a_tile_waits_a_cycle_longer(self):
        """StStart: the job's first fetch comes a cycle later, and so does its end."""
        self.plant("rtl/tile/hb_tile_ctl.sv", ("StStart: state_q <= StRun;", "StStart: if (cycles_q == 32'd3) state_q <= StRun;"),
                   ("start_o = state_q == StStart;", "start_o = state_q == StStart && cycles_q == 32'd3;"))
        planted = self.make()

        good = self.trace(HILBERT, "good", *TINY, "--trace=boundary")
        records = self.records(good)
        job = next(r for r in records if r["stream"] == "job")
        fetch = next(r for r in records if r["stream"] == "axi_ar")
        self.assertEqual(job["tile_name"], "tile0")

        old, new = self.golden_names(self.golden(planted, *TINY), TINY[0], r"^ *\d+ +job ", job["end"])
        for line, late in ((old, 0), (new, 1)):
            self.assertRegex(line, rf"^ *{job['end'] + late} +job +tile=tile0 tag={job['tag_name']} ")
            self.assertIn(f" busy={job['busy'] + late} start={job['start']} ", line)

        bad = self.trace(planted, "bad", *TINY, "--trace=boundary")
        lines, other = self.diff(good, bad, "job", job, "--stream=job,decision,irq")
        self.assertIn(f"tile=tile0 tag={job['tag_name']} ", lines[1])
        self.assertEqual((other["end"], other["start"]), (job["end"] + 1, job["start"]))
        lines, other = self.diff(good, bad, "axi_ar", fetch)  # of all streams
        self.assertIn("tile=tile0 ", lines[1])
        self.assertTrue(job["start"] < fetch["cycle"] < job["end"])
        self.assertEqual(other["cycle"], fetch["cycle"] + 1)

    def test_a_tie_is_broken_the_other_way(self):
        """Of jobs with one key, the policy takes that of least priority: the first decision between such jobs is another."""
        self.plant("firmware/sched/hb_policy.c", ("job->priority < best->priority", "job->priority > best->priority"))
        self.make("firmware")
        firmware = f"--firmware={os.path.join(self.build, 'firmware.elf')}"

        good = self.trace(HILBERT, "good", *BUSY)
        candidates, tie = {}, None
        for r in self.records(good):
            if r["stream"] == "candidate":
                candidates[r["tag_name"]] = r["score"]
            elif r["stream"] == "decision":
                best = [tag for tag, score in candidates.items() if score == min(candidates.values())]
                if len(best) > 1:
                    tie = r
                    break
                candidates = {}
        self.assertIn(tie["tag_name"], best)

        old, new = self.golden_names(self.golden(HILBERT, *BUSY, firmware), BUSY[0],
                                     rf"^ *{tie['cycle']} +decision ", tie["cycle"])
        self.assertIn(f" tag={tie['tag_name']} ", old)
        self.assertRegex(new, rf" decision .* tag=({'|'.join(tag for tag in best if tag != tie['tag_name'])}) ")

        bad = self.trace(HILBERT, "bad", *BUSY, firmware)
        _, other = self.diff(good, bad, "decision", tie)
        self.assertIn(other["tag_name"], best)
        self.assertNotEqual(other["tag_name"], tie["tag_name"])

    def test_a_dram_timing_is_a_cycle_longer(self):
        """tRCD of DDR4, by 10 ns: the first access opens a row, so its response is the first packet that is late. By two cycles at
        most, as the device's clock, to which commands keep, is not the SoC's."""
        self.plant("host/config/hb_config_dram.c", (".trcd_ps = 13320,", ".trcd_ps = 13320 + 12 * 833,"))
        planted = self.make()

        good = self.trace(HILBERT, "good", *PACKETS)
        packet = next(r for r in self.records(good) if r.get("src_name") == "dram0")

        old, new = self.golden_names(self.golden(planted, *PACKETS), PACKETS[0], " src=dram0 ", packet["cycle"])
        self.assertRegex(old, rf"^ *{packet['cycle']} +{packet['stream']} +src=dram0 dst={packet['dst_name']} .* addr=0x{packet['addr']:x} ")
        self.assertGreater(int(new.split()[0]), packet["cycle"])

        bad = self.trace(planted, "bad", *PACKETS)
        lines, other = self.diff(good, bad, packet["stream"], packet)
        self.assertIn(" src=dram0 ", lines[1])
        self.assertEqual({key for key in packet if other[key] != packet[key]}, {"cycle"})
        self.assertIn(other["cycle"] - packet["cycle"], (1, 2))


if __name__ == "__main__":
    os.environ.pop("HB_UPDATE_GOLDEN", None)  # of those who update goldens: what is planted here is none
    CMAKE, HILBERT, SOURCE = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[4:]])
