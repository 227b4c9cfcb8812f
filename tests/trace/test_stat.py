#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_stat.py HILBERT: `hilbert trace stat` against metrics.json, which the run counted by itself."""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT = None


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Stat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        subprocess.run([HILBERT, "run", "tiny", "--soc=duo-ws8-os8", f"--out={cls.folder}/out"], check=True, stdout=subprocess.DEVNULL)
        cls.trace = os.path.join(cls.folder, "out", "trace.hbt")
        with open(os.path.join(cls.folder, "out", "metrics.json"), encoding="utf-8") as file:
            cls.metrics = json.load(file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def stat(self, *args):
        done = hilbert("trace", "stat", "--json", *args, self.trace)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_agrees_with_metrics(self):
        stat, metrics = self.stat(), self.metrics
        self.assertGreater(stat["decisions"], 20)
        rises = hilbert("trace", "dump", "--json", "--stream=irq", self.trace).stdout.count('"level":true')
        self.assertEqual(stat["interrupts"], rises)
        for mine, theirs in zip(stat["tiles"], metrics["tiles"], strict=True):
            self.assertEqual(mine["name"], theirs["name"])
            self.assertEqual((mine["jobs"], mine["failed"]), (theirs["jobs"], theirs["errors"]))
            # A job that is running at the end is in the run's own counters only.
            for key in ("busy_cycles", "array_cycles", "wait_load_cycles", "read_bytes", "write_bytes"):
                self.assertLessEqual(mine[key], theirs[key])
                self.assertGreater(mine[key], 0.98 * theirs[key])
        for mine, theirs in zip(stat["models"], metrics["models"], strict=True):
            self.assertEqual(mine["name"], theirs["name"])
            self.assertEqual(mine["arrived"], theirs["frames"])
            self.assertEqual(mine["done"], theirs["completed"])
            self.assertEqual(mine["late"], theirs["late"] - theirs["overdue"])
            self.assertEqual(mine["dropped"], theirs["dropped"])
            longest = mine["latency_max_cycles"] / metrics["clock_mhz"] / 1e3
            self.assertAlmostEqual(longest, theirs["latency_ms"]["max"], delta=1e-5)

    def test_models_and_tiles_share_the_jobs(self):
        stat = self.stat()
        for key in ("jobs", "busy_cycles"):
            self.assertEqual(sum(m[key] for m in stat["models"]), sum(t[key] for t in stat["tiles"]))

    def test_no_packets_no_flows(self):
        self.assertEqual((self.stat()["flows"], self.stat()["links"]), ([], []))
        self.assertNotIn("network", hilbert("trace", "stat", self.trace).stdout)

    def test_ranges_add_up(self):
        whole, cut = self.stat(), 400000
        parts = [self.stat(f"--to={cut}"), self.stat(f"--from={cut + 1}")]
        self.assertEqual(sum(p["decisions"] for p in parts), whole["decisions"])
        for i, tile in enumerate(whole["tiles"]):
            self.assertEqual(sum(p["tiles"][i]["busy_cycles"] for p in parts), tile["busy_cycles"])
        self.assertGreater(min(p["decisions"] for p in parts), 0)

    def test_text(self):
        stat = self.stat()
        text = hilbert("trace", "stat", self.trace).stdout
        for tile in stat["tiles"]:
            self.assertRegex(text, rf"(?m)^{tile['name']} +{tile['jobs']} +{tile['failed']} ")
        for model in stat["models"]:
            self.assertRegex(text, rf"(?m)^{model['name']} +{model['arrived']} +{model['started']} +{model['done']} ")

    def test_bad_input(self):
        cut = os.path.join(self.folder, "cut.hbt")
        with open(self.trace, "rb") as file, open(cut, "wb") as out:
            out.write(file.read()[:-200])
        for code, text, *args in (
                (2, "trace stat takes one file", self.trace, self.trace),
                (2, "trace stat has no --stream", "--stream=job", self.trace),
                (2, "the range of cycles is empty", "--from=2", "--to=1", self.trace), (3, "No such file", "/nonexistent"),
                (3, f"{cut}: ", cut), (3, "not a trace", __file__)):
            with self.subTest(text):
                done = hilbert("trace", "stat", *args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)


class Network(unittest.TestCase):
    """Flows and links: the trace has packets, metrics.json what routers and interfaces counted."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        socs = hilbert("list", "socs").stdout
        cls.stats, cls.metrics, cls.packets = {}, {}, {}
        # The first three end with an empty network; the last in full swing.
        for name, scenario, soc, changes, duration in (
                ("xy", "tiny", "duo-ws8-os8", {}, "2ms"),
                ("yx", "tiny", "duo-ws8-os8", {"  flit_bits: 128": "  flit_bits: 64\n  routing: yx"}, "2ms"),
                ("wide", "tiny", "duo-ws8-os8", {"  flit_bits: 128": "  flit_bits: 512"}, "2ms"),
                ("busy", "busy-quad", "quad-ws16", {}, "1ms")):
            with open(re.search(rf"(?m)^{soc} +(.+)$", socs)[1], encoding="utf-8") as file:
                text = file.read()
            for old, new in changes.items():
                assert old in text, old
                text = text.replace(old, new)
            path, out = os.path.join(cls.folder.name, f"{soc}.yaml"), os.path.join(cls.folder.name, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            subprocess.run([HILBERT, "run", scenario, f"--soc={path}", f"--duration={duration}", "--trace=packets", f"--out={out}"],
                           check=True, stdout=subprocess.DEVNULL)
            cls.stats[name] = json.loads(hilbert("trace", "stat", "--json", f"{out}/trace.hbt").stdout)
            with open(f"{out}/metrics.json", encoding="utf-8") as file:
                cls.metrics[name] = json.load(file)["noc"]
            dump = hilbert("trace", "dump", "--json", "--stream=read_request,write_request,read_response,write_response",
                           f"{out}/trace.hbt").stdout
            cls.packets[name] = [json.loads(line) for line in dump.splitlines()]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_flows_are_the_latency_histograms(self):
        for name, stat in self.stats.items():
            columns = self.metrics[name]["columns"]
            expected = collections.defaultdict(lambda: [0, 0, 0])
            for path in self.metrics[name]["latency"]:  # registers and DMA apart
                (x, y), (to_x, to_y) = path["from"], path["to"]
                sums = expected[path["network"], y * columns + x, to_y * columns + to_x]
                sums[0] += path["packets"]
                sums[1] += path["packets"] * path["mean_cycles"]
                sums[2] = max(sums[2], path["max_cycles"])
            self.assertGreater(len(expected), 8)
            self.assertEqual([(f["network"], f["src"], f["dst"]) for f in stat["flows"]], sorted(expected), name)
            for flow in stat["flows"]:
                packets, cycles, longest = expected[flow["network"], flow["src"], flow["dst"]]
                self.assertEqual((flow["packets"], flow["latency_max_cycles"]), (packets, longest), (name, flow))
                self.assertAlmostEqual(flow["latency_mean_cycles"], cycles / packets, delta=0.001)

    def test_flows_are_the_packets(self):
        for name, stat in self.stats.items():
            expected = collections.Counter()
            for p in self.packets[name]:
                expected[p["stream"].split("_")[1], p["src_name"], p["dst_name"]] += p["beats"]
            self.assertEqual({(f["network"], f["src_name"], f["dst_name"]): f["beats"] for f in stat["flows"]}, expected, name)

    def test_links_are_those_the_routers_counted(self):
        for name, stat in self.stats.items():
            def by_link(links):
                return collections.Counter({(l["network"], *l["router"], l["link"]): l["flits"] for l in links})
            mine, theirs = by_link(stat["links"]), by_link(self.metrics[name]["links"])
            self.assertGreater(len(mine), 20)
            if name != "busy":
                self.assertEqual(mine, theirs, name)
                continue
            # What was under way at the end has passed some of its links; it was all injected.
            self.assertEqual(set(mine) - set(theirs), set())
            for network in ("request", "response"):
                under_way = sum(flits - mine[link] for link, flits in theirs.items() if link[0] == network and link[3] == "inject")
                self.assertGreaterEqual(under_way, 0)
                self.assertLess(under_way, 0.01 * stat_flits(stat, network))
                for link, flits in theirs.items():
                    if link[0] == network:
                        self.assertTrue(0 <= flits - mine[link] <= under_way, (link, flits, mine[link], under_way))

    def test_routing_and_flits_matter(self):
        """The same packets at first, other links and other numbers of flits."""
        turned = {(l["network"], *l["router"], l["link"]) for l in self.stats["yx"]["links"]}
        straight = {(l["network"], *l["router"], l["link"]) for l in self.stats["xy"]["links"]}
        self.assertNotEqual(turned, straight)
        flits = [sum(stat_flits(self.stats[name], net) for net in ("request", "response")) for name in ("wide", "xy", "yx")]
        self.assertEqual(flits, sorted(set(flits)))

    def test_text(self):
        text = hilbert("trace", "stat", os.path.join(self.folder.name, "xy", "trace.hbt")).stdout
        for flow in self.stats["xy"]["flows"]:
            self.assertRegex(text, rf"(?m)^{flow['network']} +{flow['src_name']} +{flow['dst_name']} +{flow['packets']} +{flow['beats']} +{flow['flits']} ")
        for link in self.stats["xy"]["links"]:
            self.assertRegex(text, rf"(?m)^{link['network']} +\({link['router'][0]},{link['router'][1]}\) +{link['link']} +{link['flits']} ")

    def test_a_range(self):
        trace = os.path.join(self.folder.name, "xy", "trace.hbt")
        cut = self.packets["xy"][len(self.packets["xy"]) // 3]["cycle"]
        parts = [json.loads(hilbert("trace", "stat", "--json", a, trace).stdout) for a in (f"--to={cut}", f"--from={cut + 1}")]
        for network in ("request", "response"):
            self.assertEqual(sum(stat_flits(p, network) for p in parts), stat_flits(self.stats["xy"], network))
            self.assertGreater(min(stat_flits(p, network) for p in parts), 0)


def stat_flits(stat, network):
    return sum(f["flits"] for f in stat["flows"] if f["network"] == network)


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
