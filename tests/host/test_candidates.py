#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_candidates.py HILBERT FIRMWARE: what a policy chose from is in the trace, and recording it changes nothing."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zlib

HILBERT, FIRMWARE = None, None
EXPLAINED = ("candidate", "variant_candidate")
# On the machine, to the cycle: every policy, RTL and twin, a supernet; and with jobs that take what a table says.
RUNS = {"rtl": ("tiny", "--soc=duo-ws8-os8", "--policy=dream")}  # and one of each policy
RUNS["supernet"] = ("dream-vr-gaming", "--policy=dream", "--engine=twin", "--duration=2500us")
RUNS["analytical"] = ("dream-vr-gaming", "--policy=dream", "--engine=analytical", "--duration=300ms", "--trace=decisions")
SEAL = bytes([8, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]) + b"Hilbert\0"


def hilbert(*args):
    return subprocess.run([HILBERT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def run_policies():
    for line in hilbert("list", "policies").stdout.splitlines():
        policy = line.split()[0]
        RUNS[policy] = ("tiny", "--soc=duo-ws8-os8", f"--policy={policy}", "--engine=twin")
    assert {"fcfs", "edf", "dream"} <= set(RUNS)


def sealed(elf):
    """With its checksum made good."""
    at = elf.index(SEAL) + len(SEAL)
    elf = elf[:at] + bytes(4) + elf[at + 4:]
    return elf[:at] + zlib.crc32(elf).to_bytes(4, "little") + elf[at + 4:]


class Candidates(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        # pylint: disable=consider-using-with
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.dir = pathlib.Path(self.temporary.name)

    def run_it(self, out, *args):
        done = hilbert("run", *args, "--progress=never", "--out", self.dir / out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        dump = hilbert("trace", "dump", "--json", self.dir / out / "trace.hbt").stdout
        metrics = (self.dir / out / "metrics.json").read_text(encoding="utf-8")
        return [json.loads(line) for line in dump.splitlines()], re.sub(r'"wall_s": [0-9.]+', "", metrics)

    def test_recording_changes_nothing(self):
        for name, args in RUNS.items():
            with self.subTest(name):
                records, metrics = self.run_it(f"{name}-with", *args)
                without, metrics_without = self.run_it(f"{name}-without", *args, "--no-candidates")
                self.assertEqual([r for r in records if r["stream"] not in EXPLAINED], without)
                self.assertEqual(metrics, metrics_without)
                self.assertGreater(sum(r["stream"] == "candidate" for r in records), 8)

    def test_every_decision_has_its_candidates(self):
        """One for every ready job and free tile that runs it; of a policy that goes by a score the choice is the least."""
        for name in ("edf", "dream", "supernet"):
            with self.subTest(name):
                records, _ = self.run_it(name, *RUNS[name])
                seen, decided = [], 0
                for r in records:
                    if r["stream"] == "candidate":
                        seen.append(r)
                    elif r["stream"] == "decision":
                        scores = {(c["tag"], c["tile"]): c["score"] for c in seen}
                        self.assertEqual(len(scores), len(seen))
                        self.assertEqual(scores[r["tag"], r["tile"]], min(scores.values()))
                        self.assertLessEqual(len({c["tag"] for c in seen}), r["ready"])
                        self.assertLessEqual(len({c["tile"] for c in seen}), r["free"])
                        self.assertEqual(len({c["cycle"] for c in seen}), 1)
                        seen, decided = [], decided + 1
                self.assertGreater(decided, 8)

    def test_every_variant_was_one_of_several(self):
        for name in ("supernet", "analytical"):
            records, _ = self.run_it(name, *RUNS[name])
            of_frame = {}
            for r in records:
                if r["stream"] == "variant_candidate":
                    of_frame.setdefault((r["model"], r["frame"]), []).append(r)
            chosen = [r for r in records if r["stream"] == "variant"]
            self.assertEqual(len(chosen), len(of_frame))
            self.assertGreater(len(chosen), 0)
            for r in chosen:
                considered = of_frame[r["model"], r["frame"]]
                self.assertEqual([c["variant"] for c in considered], [0, 1, 2, 3])
                fits = [c["variant"] for c in considered if c["verdict_name"] == "FITS"]
                self.assertEqual(r["variant"], fits[0] if fits else 3)

    def test_firmware_without_probes_bad(self):
        elf = pathlib.Path(FIRMWARE).read_bytes()
        self.assertEqual(elf.count(b".hilbert.probes\0"), 1)
        bare = self.dir / "bare.elf"
        bare.write_bytes(sealed(elf.replace(b".hilbert.probes\0", b".hilbert.absent\0")))
        done = hilbert("run", "tiny", "--firmware", bare, "--out", self.dir / "o")
        self.assertEqual((done.returncode, done.stderr),
                         (3, f"{bare}: expected a section .hilbert.probes, which candidates are recorded by; --no-candidates does "
                             "without\n"))
        for option in ("--no-candidates", "--trace=off"):
            self.assertEqual(hilbert("run", "tiny", "--firmware", bare, option, "--out", self.dir / "o").returncode, 0)

    def test_probes_that_cannot_be_read_bad(self):
        elf = pathlib.Path(FIRMWARE).read_bytes()
        at = elf.index(b"candidates ")
        for what, changed in (("a name too long", elf[:at] + b"x" * 32 + elf[at + 32:]),
                              ("no register", elf[:at + 11] + b"q" + elf[at + 12:]),
                              ("not in the code", elf[:at - 8] + b"\xf0\xff\x00\x00" + elf[at - 4:])):
            bad = self.dir / "bad.elf"
            bad.write_bytes(sealed(changed))
            done = hilbert("run", "tiny", "--firmware", bad, "--out", self.dir / "o")
            self.assertEqual((what, done.returncode, done.stderr),
                             (what, 3, f"{bad}: its section .hilbert.probes cannot be read\n"))


if __name__ == "__main__":
    HILBERT, FIRMWARE = sys.argv[1:3]
    run_policies()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
