#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_gtkwave.py HILBERT FST2VCD: GTKWave opens the waveform of a run, its save file and the exported value change dump.

GTKWave runs in a virtual X server and is asked by Tcl which signals there are and what they are at some times; fst2vcd is asked
the same of the waveform. Exit code 77: gtkwave or xvfb-run is missing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from vcd import Vcd, text_of

HILBERT = FST2VCD = None
TIMEOUT_S = 60

SCRIPT = """
set facs {}
for {set i 0} {$i < [gtkwave::getNumFacs]} {incr i} { lappend facs [gtkwave::getFacName $i] }
foreach name $facs { puts "fac $name" }
puts "end [gtkwave::getMaxTime] [gtkwave::getTimeDimension]"
%(before)s
foreach time {%(times)s} {
  gtkwave::setMarker $time
  for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {
    puts "value [gtkwave::getMarker] [gtkwave::getTraceNameFromIndex $i] = [gtkwave::getTraceValueAtMarkerFromIndex $i]"
  }
  foreach name $facs { puts "named [gtkwave::getMarker] $name = [gtkwave::getTraceValueAtMarkerFromName $name]" }
}
puts "complete"
flush stdout
exit 0
"""
ADD_ALL = "gtkwave::addSignalsFromList $facs; gtkwave::/Edit/Highlight_All; gtkwave::/Edit/Data_Format/Hex"


def without_range(name):
    return re.sub(r"\[\d+:\d+\]$", "", name)


class GtkWave(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        out = os.path.join(cls.folder.name, "out")
        cls.fst, cls.vcd, cls.save = f"{out}/wave.fst", f"{out}/run.vcd", f"{out}/wave.gtkw"
        run = [HILBERT, "run", "tiny", "--soc=mini-ws8", "--duration=1.2ms", f"--out={out}", "--wave=wave.fst"]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([HILBERT, "trace", "export", "--vcd", cls.vcd, f"{out}/trace.hbt"], check=True)
        done = subprocess.run([FST2VCD, cls.fst], stdout=subprocess.PIPE, text=True, check=True)
        cls.expected = Vcd(done.stdout.splitlines())
        # When a job begins, just before, when a decision falls, and in between.
        begun = [time for time, value in cls.expected.changes("sched.tile0.busy") if value == "1"]
        decided = [time for time, _ in cls.expected.changes("sched.decision")]
        cls.times = sorted({begun[0], begun[1] - 1, begun[-1], decided[-1], (begun[2] + begun[3]) // 2 + 1234})

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ask(self, *files, before=ADD_ALL):
        """What GTKWave says: facilities; (time, facility) -> value; (time, trace that is shown) -> value."""
        script = os.path.join(self.folder.name, "script.tcl")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT % {"before": before, "times": " ".join(map(str, self.times))})
        home = {**os.environ, "HOME": self.folder.name}  # no settings of somebody's own
        command = ["timeout", "-k", "5", str(TIMEOUT_S), "xvfb-run", "-a", "gtkwave", "-S", script, *files]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=home,
                              cwd=self.folder.name, check=False)
        lines = done.stdout.splitlines()
        self.assertEqual((done.returncode, lines[-1]), (0, "complete"), done.stdout[-2000:])
        self.end = next(line.split()[1:] for line in lines if line.startswith("end "))
        values = {word: {} for word in ("named", "value")}
        for line in lines:
            match = re.fullmatch(r"(named|value) (\d+) (\S+) = (.*)", line)
            if match:
                values[match[1]][int(match[2]), match[3]] = match[4].strip()
        return [line.split()[1] for line in lines if line.startswith("fac ")], values["named"], values["value"]

    def check(self, file, names):
        facilities, values, _ = self.ask(file)
        self.assertEqual(sorted(map(without_range, facilities)), sorted(names))
        self.assertEqual(len(values), len(self.times) * len(names))
        for (time, facility), value in values.items():
            expected = self.expected.at(without_range(facility), time)
            self.assertEqual(int(value, 16), expected, (file, time, facility))

    def test_fst(self):
        names = self.expected.signals
        self.assertGreater(sum(name.startswith("tile0.") for name in names), 500)
        self.assertGreater(sum(name.startswith("noc.") for name in names), 20)
        self.check(self.fst, names)
        self.assertEqual(self.end[1], "p")

    def test_exported_vcd(self):
        names = [name for name in self.expected.signals if name.split(".")[0] in ("sched", "model")]
        self.assertGreater(len(names), 20)
        self.check(self.vcd, names)
        self.assertEqual(self.end[1], "p")

    def test_save_file(self):
        """Its signals are there; jobs and decisions are shown as text, states by name."""
        _, _, shown = self.ask(self.fst, self.save, before="")
        for signal, top in (("job", "sched.tile0.job"), ("decision", "sched.decision")):
            found = {time: value for (time, name), value in shown.items() if without_range(name).split(".")[-1] == signal}
            self.assertEqual(sorted(found), self.times, signal)
            for time, value in found.items():
                self.assertEqual(value.strip('"'), text_of(f"{self.expected.at(top, time):b}"), (signal, time))
        self.assertTrue(any(re.fullmatch(r"St[A-Z]\w+", value) for value in shown.values()), shown)


if __name__ == "__main__":
    HILBERT, FST2VCD = sys.argv.pop(1), sys.argv.pop(1)
    if not shutil.which("gtkwave") or not shutil.which("xvfb-run"):
        print("skipped: gtkwave or xvfb-run is not installed; scripts/setup installs them")
        sys.exit(77)
    unittest.main()
