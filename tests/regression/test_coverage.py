#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_coverage.py HILBERT SOURCE_DIR GOLDEN...

The golden traces that are compared are those in traces/, and together they hold a job on each kind of tile, a decision of each
policy, a scenario of each family (folder of scenarios/; DREAM's with the policies of papers and the default) and packets.
"""

import glob
import os
import re
import subprocess
import sys
import unittest

HILBERT = SOURCE = None
GOLDENS = []


def listed(what):
    return subprocess.run([HILBERT, "list", what], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


class Coverage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        socs = [os.path.basename(path)[:-len(".yaml")] for path in glob.glob(os.path.join(SOURCE, "scenarios", "soc", "*.yaml"))]
        cls.families = {os.path.basename(path)[:-len(".yaml")]: os.path.basename(os.path.dirname(path))
                        for path in glob.glob(os.path.join(SOURCE, "scenarios", "*", "*.yaml"))
                        if re.search(r"^scenario:", read(path), re.MULTILINE)}
        cls.found = []  # (scenario, soc, policy, text of the trace)
        name = re.compile(rf"(.+)-({'|'.join(map(re.escape, socs))})-([a-z_]+)(?:-packets)?\.txt")
        for golden in GOLDENS:
            cls.found.append((*name.fullmatch(golden).groups(), read("traces", golden)))

    def test_every_file_is_compared(self):
        self.assertEqual(sorted(GOLDENS), sorted(os.path.basename(p) for p in glob.glob(os.path.join(SOURCE, "traces", "*.txt"))))

    def test_tile_kinds(self):
        kinds = {re.sub(r"\d+$", "", line.split()[0]) for line in listed("tiles")}
        covered = set()
        for _, soc, _, text in self.found:
            models = dict(re.findall(r"name: (\w+), model: ([a-z]+)\d+", read("scenarios", "soc", f"{soc}.yaml")))
            covered |= {models[tile] for tile in re.findall(r"^ *\d+ +job +tile=(\w+)", text, re.MULTILINE)}
        self.assertLessEqual({"ws", "os", "vec"}, kinds)
        self.assertEqual(covered, kinds)

    def test_policies(self):
        policies = {line.split()[0] for line in listed("policies")}
        self.assertLessEqual({"fcfs", "edf"}, policies)
        self.assertEqual({policy for _, _, policy, text in self.found if " decision " in text and f"policy={policy} " in text}, policies)

    def test_families_with_each_policy(self):
        families = set(self.families.values())
        self.assertLessEqual({"demo", "xrbench", "bench", "dream"}, families)
        for policy in {line.split()[0] for line in listed("policies")}:
            self.assertEqual({self.families[s] for s, _, p, text in self.found if p == policy and " job " in text},
                             families - (set() if policy in ("fcfs", "prema", "veltair", "planaria", "dream") else {"dream"}), policy)

    def test_packets(self):
        packets = [text for _, _, _, text in self.found if " read_request " in text]
        self.assertTrue(any(re.search("read_response +src=dram0 dst=tile0", text) for text in packets))

    def test_small(self):
        self.assertLess(sum(len(text) for *_, text in self.found), 300000)


if __name__ == "__main__":
    HILBERT, SOURCE, *GOLDENS = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
