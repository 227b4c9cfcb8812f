#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_golden.py HILBERT SOURCE_DIR FST2VCD|-: what golden.py says of a record that differs, and that the commands it prints work.

-: hilbert is built without waveforms.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

HILBERT = SOURCE = FST2VCD = None
RECORD = 40  # the planted one, from 1
RUN = ("demo/tiny", "--soc", "mini-ws8", "--policy", "fcfs", "--duration", "2ms")


class Golden(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hb golden ")  # a space: printed commands are quoted
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.golden, self.out = os.path.join(self.folder, "golden.txt"), os.path.join(self.folder, "out")
        with open(os.path.join(SOURCE, "traces", "tiny-mini-ws8-fcfs.txt"), encoding="utf-8") as file:
            self.right = file.read().splitlines()

    def compare(self, lines):
        """golden.py with these lines as the golden trace: exit code, what it prints."""
        with open(self.golden, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "tests", "regression", "golden.py"), HILBERT, self.golden, self.out,
                               *RUN], stdout=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def plant(self):
        """A golden trace whose record 40 is three cycles later: its cycle, the line, what golden.py prints."""
        old = self.right[RECORD - 1]
        cycle = int(old.split()[0])
        planted = old.replace(str(cycle), str(cycle + 3), 1)
        code, said = self.compare([*self.right[:RECORD - 1], planted, *self.right[RECORD:]])
        self.assertEqual(code, 1)
        return cycle, planted, said

    def shell(self, command, **env):
        return subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=SOURCE,
                              env={**os.environ, **env}, check=False)

    def test_the_right_trace_passes_silently(self):
        self.assertEqual(self.compare(self.right), (0, []))

    def test_record_cycle_values_and_context_are_named(self):
        cycle, planted, said = self.plant()
        self.assertEqual(said[0], f"{self.golden}: record {RECORD} differs, at cycle {cycle}")
        self.assertEqual(said[1:6], [f"    {line}" for line in self.right[RECORD - 6:RECORD - 1]])
        self.assertEqual(said[6:8], [f"  - {planted}", f"  + {self.right[RECORD - 1]}"])
        self.assertEqual(said[8], f"{len(self.right)} records in the golden trace, {len(self.right)} in this one")

    def test_a_trace_that_is_longer_or_shorter(self):
        code, said = self.compare(self.right[:-1])
        self.assertEqual((code, said[6:8]), (1, ["  - (the golden trace ends here)", f"  + {self.right[-1]}"]))
        code, said = self.compare([*self.right, "        199999  note           text=\"more\""])
        self.assertEqual((code, said[7]), (1, "  + (this trace ends here)"))
        self.assertEqual(said[0], f"{self.golden}: record {len(self.right) + 1} differs, at cycle 199999")

    def test_the_printed_commands_open_the_waveform_around_it(self):
        if FST2VCD == "-":
            self.skipTest("built without waveforms")
        cycle, _, said = self.plant()
        draw, show = (line.strip() for line in said[said.index("to look at it:") + 1:][:2])
        wave = os.path.join(self.out, "wave.fst")
        self.assertFalse(os.path.exists(wave))
        done = self.shell(draw)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.path.exists(wave))
        first, last = map(int, re.search(r"cycles (\d+) to (\d+);", done.stdout).groups())
        self.assertTrue(first < cycle < last, (first, cycle, last))
        self.assertLess(last - first, 20000)
        vcd = subprocess.run([FST2VCD, wave], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertRegex(vcd, r"\$var \S+ 1 \S+ busy \$end")
        times = [int(line[1:]) for line in vcd.splitlines() if re.fullmatch(r"#\d+", line)]
        self.assertTrue(times[0] <= cycle * 10000 <= times[-1], "picoseconds at 100 MHz")
        # In place of GTKWave: what it would have been given.
        fake = os.path.join(self.folder, "gtkwave")
        with open(fake, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        os.chmod(fake, 0o755)
        done = self.shell(show, PATH=f"{self.folder}:{os.environ['PATH']}")
        self.assertEqual((done.returncode, done.stdout.splitlines()), (0, [wave, os.path.join(self.out, "wave.gtkw")]))
        self.assertTrue(os.path.exists(os.path.join(self.out, "wave.gtkw")))

    def test_the_printed_command_rewrites_the_golden_trace(self):
        _, _, said = self.plant()
        command = said[-1].split(": ", 1)[1]
        self.assertTrue(command.startswith("HB_UPDATE_GOLDEN=1 "), said[-1])
        self.assertIn(self.golden, shlex.split(command))
        done = self.shell(command)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        with open(self.golden, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), self.right)


if __name__ == "__main__":
    os.environ.pop("HB_UPDATE_GOLDEN", None)  # of those who update goldens: what is planted here is none
    HILBERT, SOURCE, FST2VCD = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1])
