#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_energy.py HILBERT SCENARIOS: each part of a run's energy is its counted events times the table's entry."""

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
KEYS = ("mac_pj", "sram_8kib_pj", "sram_32kib_pj", "sram_1mib_pj", "flit_hop_pj", "dram_activate_pj", "dram_read_pj",
        "dram_write_pj", "dram_refresh_pj", "tile_static_mw", "dram_static_mw")
# 16 channels in and out, 1 x 8 pixels, one tap: 8 * 16 * 16 MACs on any systolic tile, 4 k-tiles of N = 8.
MODEL = "model: m\nlayers:\n  - {name: a, op: conv, in: [16, 1, 8], out_channels: 16, kernel: [1, 1]}\n"
# The same with 32 channels: one k-tile of a tile of N = 32.
WIDE = MODEL.replace("16, 1, 8", "32, 1, 8").replace("out_channels: 16", "out_channels: 32")
# Bytes of one memory of each scratchpad of a tile: of 32-wide ones IFM and WGT have two.
IFM, WGT, PRM, ACC = 131072, 65536, 8192, 16384
SCENARIO = ("scenario: t\nduration_ms: 2\nsoc: soc.yaml\nsensors:\n  - {name: s}\n"
            "tasks:\n  - {name: A, model: m.yaml, rate_hz: 2000, sensor: s}\n")


class Energy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        for name, text in (("m.yaml", MODEL), ("t.yaml", SCENARIO)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def run_with(self, soc="mini-ws8", change=("", ""), **energy):
        """Metrics of a run whose table is all 0 but for these, with a change to the SoC's text."""
        with open(os.path.join(SCENARIOS, "soc", f"{soc}.yaml"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(change[0], text)
        text = text.replace(*change)
        table = {**{key: 0 for key in KEYS}, **energy}
        with open(os.path.join(self.folder, "soc.yaml"), "w", encoding="utf-8") as file:
            file.write(text + "energy:\n" + "".join(f"  {key}: {value}\n" for key, value in table.items()))
        out = os.path.join(self.folder, "out")
        done = subprocess.run([HILBERT, "run", os.path.join(self.folder, "t.yaml"), "--json", f"--out={out}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def only(self, metrics, part, mj):
        """The whole energy is this part, and it is this much."""
        for name in ("arrays", "scratchpads", "network", "dram", "static"):
            self.assertAlmostEqual(metrics["energy_mj"][name], mj if name == part else 0, delta=2e-6, msg=name)
        self.assertAlmostEqual(metrics["energy_mj"]["total"], mj, delta=2e-6)

    def frames_mj(self):
        with open(os.path.join(self.folder, "out", "inferences.csv"), newline="", encoding="utf-8") as file:
            return [float(line["energy_mj"]) for line in csv.DictReader(file)]

    def jobs(self, metrics):
        jobs = sum(tile["jobs"] for tile in metrics["tiles"])
        self.assertGreater(jobs, 2)
        return jobs

    def test_macs(self):
        for soc in ("mini-ws8", "duo-ws8-os8"):
            metrics = self.run_with(soc, mac_pj=1000)
            self.only(metrics, "arrays", self.jobs(metrics) * 8 * 16 * 16 * 1000 / 1e9)

    def test_scratchpads(self):
        # The same energy at every size: accesses of 16 bytes cost twice the table's. IFM: 8 words in, 4 k-tiles of 8 pixels
        # out. WGT: 16 words in, 8 out for each k-tile. Parameters: 8 in, 8 for each of two STOREs. Sums of 2 words: 2 blocks of
        # 8 channels, 8 rows, written and read once more between their two k-tiles, read by STORE.
        metrics = self.run_with(sram_8kib_pj=1000, sram_32kib_pj=1000, sram_1mib_pj=1000)
        ifm, wgt, prm, acc = 8 + 4 * 8, 16 + 4 * 8, 8 + 2 * 8, 2 * 8 * (2 * 2 - 1 + 1) * 2
        self.only(metrics, "scratchpads", self.jobs(metrics) * (ifm + wgt + prm + acc) * 2000 / 1e9)

    def test_scratchpads_of_their_sizes(self):
        # An energy that follows no one line on logarithmic axes: 128 and 64 KiB lie on its upper part, 16 on the lower one.
        def word(size):
            (low, at), (high, end) = (((8192, 300), (32768, 1000)) if size < 32768 else ((32768, 1000), (1048576, 7000)))
            return 2 * at * (end / at) ** (math.log(size / low) / math.log(high / low))

        def run(soc, change):
            return self.run_with(soc, change, sram_8kib_pj=300, sram_32kib_pj=1000, sram_1mib_pj=7000)

        metrics = run("mini-ws8", ("", ""))
        each = 40 * word(IFM) + 48 * word(WGT) + 24 * word(PRM) + 128 * word(ACC)  # counted above
        self.only(metrics, "scratchpads", self.jobs(metrics) * each / 1e9)
        # N = 32: IFM: 8 pixels of 2 words in, and out. WGT: 32 x 32 bytes in, and out. Parameters: 8 in for each 16 channels, 8
        # for each of two STOREs. Sums of 8 words: 8 rows written, read by each STORE.
        with open(os.path.join(self.folder, "m.yaml"), "w", encoding="utf-8") as file:
            file.write(WIDE)
        for tile in ("ws32", "os32"):
            metrics = run("mini-ws8", ("model: ws8", f"model: {tile}"))
            each = 32 * word(IFM) + 128 * word(WGT) + 32 * word(PRM) + 8 * 3 * 8 * word(ACC)
            self.only(metrics, "scratchpads", self.jobs(metrics) * each / 1e9)

    def test_network(self):
        for bits in (64, 128, 256):
            metrics = self.run_with(change=("flit_bits: 128", f"flit_bits: {bits}"), flit_hop_pj=1000)
            hops = sum(link["flits"] for link in metrics["noc"]["links"] if link["link"] != "inject")
            self.assertGreater(hops, 500)
            self.only(metrics, "network", hops * 1000 * bits / 128 / 1e9)
            self.assertAlmostEqual(metrics["models"][0]["energy_mj"], metrics["energy_mj"]["network"], delta=2e-6)
            frames = self.frames_mj()  # they move the same bytes
            self.assertGreater(min(frames), 0)
            for one in frames:
                self.assertAlmostEqual(one, metrics["energy_mj"]["network"] / len(frames), delta=2e-6)

    def test_dram(self):
        # Rows open so slowly, and refreshes come so often, that some undo an activation before its access: it costs all the same.
        often = ("preset: ddr4-2400", "preset: ddr4-2400\n  trefi_ns: 1600\n  trcd_ns: 300\n  tras_ns: 300")
        dram = self.run_with(change=often)["dram"]
        self.assertGreater(dram["activations"], dram["row_misses"] + dram["row_conflicts"])
        for key, count in (("dram_activate_pj", dram["activations"]), ("dram_read_pj", dram["reads"]),
                           ("dram_write_pj", dram["writes"]), ("dram_refresh_pj", dram["refreshes"])):
            with self.subTest(key):
                self.assertGreater(count, 10)
                self.only(self.run_with(change=often, **{key: 10000}), "dram", count * 10000 / 1e9)
                self.assertAlmostEqual(sum(self.frames_mj()), count * 10000 / 1e9, delta=1e-5)

    def test_static(self):
        for key in ("tile_static_mw", "dram_static_mw"):
            metrics = self.run_with(**{key: 500})
            self.only(metrics, "static", 2e-3 * 500)
            self.assertEqual(metrics["models"][0]["energy_mj"], 0)

    def test_static_of_each_tile_and_channel(self):
        self.only(self.run_with("quad-ws16", tile_static_mw=500), "static", 2e-3 * 500 * 4)
        self.only(self.run_with("quad-ws16", dram_static_mw=500), "static", 2e-3 * 500 * 2)

    def test_score(self):
        metrics = self.run_with(mac_pj=200000000)
        model = metrics["models"][0]
        executed = model["completed"] + model["overdue"]
        frame = metrics["energy_mj"]["arrays"] / executed
        self.assertGreater(frame, 300)
        self.assertAlmostEqual(model["frame_energy_mj"], frame, delta=1e-3)
        self.assertAlmostEqual(model["scores"]["energy"], (1500 - frame) / 1500, delta=1e-5)
        self.assertAlmostEqual(model["scores"]["model_with_energy"], model["scores"]["model"] * model["scores"]["energy"], delta=1e-5)
        self.assertAlmostEqual(metrics["scores"]["xrbench_with_energy"], 100 * model["scores"]["model_with_energy"], delta=1e-3)


if __name__ == "__main__":
    SCENARIOS = sys.argv.pop(2)
    HILBERT = sys.argv.pop(1)
    unittest.main()
