#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_report.py HILBERT: `hilbert report` draws a run, and says what is wrong with what is none."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT = None


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.out = os.path.join(cls.folder, "out")
        subprocess.run([HILBERT, "run", "tiny", "--duration=3ms", f"--out={cls.out}"], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(cls.out, "metrics.json"), encoding="utf-8") as file:
            cls.metrics = json.load(file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def report(self, folder, path=None):
        env = os.environ if path is None else {**os.environ, "PATH": path}
        return subprocess.run([HILBERT, "report", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, env=env)

    def page(self, change=None):
        """The page of the run's metrics, changed; and what the command said."""
        folder = tempfile.mkdtemp(dir=self.folder)
        metrics = json.loads(json.dumps(self.metrics))
        if change:
            change(metrics)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump(metrics, file)
        done = self.report(folder)
        path = os.path.join(folder, "report.html")
        if not os.path.exists(path):
            return None, done
        with open(path, encoding="utf-8") as file:
            return file.read(), done

    def test_page_holds_tables_and_three_pictures(self):
        page, done = self.page()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(page.count("<svg"), 3)
        self.assertEqual(re.findall(r"<h2>(.*?)</h2>", page), ["Load of the links", "Latency of packets", "Memory traffic"])
        self.assertNotRegex(page, r"(src|href)=['\"]http")
        for tile in self.metrics["tiles"]:
            self.assertRegex(page, rf'<td class="text">{tile["name"]}</td><td class="text">{tile["model"]}</td><td>{tile["jobs"]}</td>')
        for channel in self.metrics["dram"]["channels"]:
            self.assertIn(f'<td>{channel["reads"]}</td><td>{channel["writes"]}</td>', page)

    def test_same_metrics_same_page(self):
        self.assertEqual(self.page()[0], self.page()[0])

    def test_pictures_follow_the_numbers(self):
        page = self.page()[0]

        def busier(metrics):
            for link in metrics["noc"]["links"]:
                link["load_percent"] *= 3

        def slower(metrics):
            for path in metrics["noc"]["latency"]:
                path["buckets"] = [[least * 2, count] for least, count in path["buckets"]]

        def more(metrics):
            metrics["dram"]["traffic"]["read_bytes"][0] += 1000000

        for change in (busier, slower, more):
            with self.subTest(change.__name__):
                self.assertNotEqual(self.page(change)[0], page)

    def scripts(self):
        """What gnuplot is told to draw: for each picture its blocks of numbers and its other lines."""
        folder = tempfile.mkdtemp(dir=self.folder)
        log = os.path.join(folder, "log")
        with open(os.path.join(folder, "gnuplot"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\ncat "$1" >> {log}\necho "<svg/>"\n')
        os.chmod(os.path.join(folder, "gnuplot"), 0o755)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump(self.metrics, file)
        done = self.report(folder, path=folder + os.pathsep + os.environ["PATH"])
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log, encoding="utf-8") as file:
            pictures = file.read().split("set terminal ")[1:]
        parsed = []
        for picture in pictures:
            blocks, lines, block = {}, [], None
            for line in picture.splitlines():
                if line.startswith("$"):
                    block = blocks.setdefault(line.split()[0], [])
                elif line == "EOD":
                    block = None
                elif block is not None:
                    block.append(tuple(float(word) for word in line.split()))
                else:
                    lines.append(line)
            parsed.append((blocks, lines))
        return parsed

    def close(self, got, want, places):
        self.assertEqual(len(got), len(want))
        for one, other in zip(got, want):
            self.assertEqual(len(one), len(other))
            for a, b in zip(one, other):
                self.assertAlmostEqual(a, b, places=places)

    def test_map_has_the_loads_of_each_network(self):
        blocks, lines = self.scripts()[0]
        ways = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
        for number, network in enumerate(("request", "response")):
            own = [link for link in self.metrics["noc"]["links"] if link["network"] == network]
            arrows = []
            for link in own:
                if link["link"] in ways:
                    (x, y), (dx, dy) = link["router"], ways[link["link"]]
                    arrows.append((x + 0.15 * dx - 0.08 * dy, y + 0.15 * dy + 0.08 * dx, 0.7 * dx, 0.7 * dy, link["load_percent"]))
            squares = [(*link["router"], link["load_percent"]) for link in own if link["link"] == "eject"]
            self.assertGreater(len(arrows), 1)
            self.close(blocks[f"$links{number}"], arrows + [(-9, -9, 0, 0, 0)], 3)
            self.close(blocks[f"$nodes{number}"], squares + [(-9, -9, 0)], 3)
            title = lines.index(f"set title '{network}s'")
            self.assertRegex(lines[title + 1], rf"^plot \$nodes{number} using 1:2:3 .*, \$links{number} using 1:2:3:4:5 ")
        # One scale for both, up to the most loaded of what is drawn.
        drawn = max(link["load_percent"] for link in self.metrics["noc"]["links"] if link["link"] != "inject")
        scales = [float(re.match(r"set cbrange \[0:(.*)\]", line)[1]) for line in lines if line.startswith("set cbrange")]
        self.close([scales], [(drawn,)], 3)
        # Names lie where no arrow does, those of what is there.
        labels = dict(re.match(r'set label "(.*)" at (\S+) left', line).groups() for line in lines if line.startswith("set label"))
        nodes = {tile["name"]: tile["node"] for tile in self.metrics["tiles"]}
        nodes.update({f"DRAM {i}": channel["node"] for i, channel in enumerate(self.metrics["dram"]["channels"])})
        nodes.update(host=self.metrics["host"]["node"], sensors=self.metrics["sensors"]["node"])
        self.assertEqual(set(labels), set(nodes))
        for name, (x, y) in nodes.items():
            self.close([tuple(float(word) for word in labels[name].split(","))], [(x + 0.14, y - 0.24)], 3)
        page = self.page()[0]
        for network in ("request", "response"):
            most = max((link["load_percent"], link["router"]) for link in self.metrics["noc"]["links"]
                       if link["network"] == network and link["link"] == "inject")[0]
            self.assertIn(f"{network}s at most {most:.1f} % of cycles (at ", page)

    def test_curves_are_the_shares_of_faster_packets(self):
        blocks, lines = self.scripts()[1]
        number = 0
        for network in ("request", "response"):
            for kind in ("control", "bulk"):
                paths = [path for path in self.metrics["noc"]["latency"] if (path["network"], path["class"]) == (network, kind)]
                counts = {}
                for path in paths:
                    for least, count in path["buckets"]:
                        counts[least] = counts.get(least, 0) + count
                total, below, want = sum(path["packets"] for path in paths), 0, []
                self.assertGreater(total, 10)
                for least in sorted(counts):
                    want.append((least, 100 * below / total))
                    below += counts[least]
                self.assertEqual(below, total)
                self.close(blocks[f"$curve{number}"], want + [(1 + max(path["max_cycles"] for path in paths), 100)], 5)
                self.assertIn(f"$curve{number} with lines lw 2 title '{network}s, {kind}'", lines[-1])
                number += 1

    def test_traffic_is_that_of_its_windows(self):
        blocks, lines = self.scripts()[2]
        traffic, mhz, cycles = self.metrics["dram"]["traffic"], self.metrics["clock_mhz"], self.metrics["cycles"]
        window, want, bytes_seen, before = traffic["window_cycles"], [(0, 0, 0)], [0, 0], 0
        for i, (read, written) in enumerate(zip(traffic["read_bytes"], traffic["write_bytes"])):
            end = min(cycles, (i + 1) * window)
            ns = (end - i * window) * 1000 / mhz
            want.append((end / mhz / 1000, read / ns, written / ns))
        self.assertGreater(len(want), 3)
        self.close(blocks["$traffic"], want, 5)
        # Read back, the picture holds every byte of the run.
        for end, read, written in blocks["$traffic"][1:]:
            bytes_seen[0] += read * (end - before) * 1e6
            bytes_seen[1] += written * (end - before) * 1e6
            before = end
        for seen, key in zip(bytes_seen, ("read_bytes", "write_bytes")):
            self.assertAlmostEqual(seen / self.metrics["dram"][key], 1, delta=1e-3)
        self.assertIn("plot $traffic using 1:2 with fsteps lw 2 title 'read', $traffic using 1:3 with fsteps lw 2 title 'written'", lines)

    def test_names_are_escaped_and_failure_shown(self):
        def change(metrics):
            metrics["tiles"][0]["name"] = "<b>\"x'&"
            metrics["complete"] = False
            metrics["why"] = "fault: <none>"

        page, done = self.page(change)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("&lt;b&gt;&quot;x'&amp;", page)
        self.assertIn("did not end well: fault: &lt;none&gt;", page)
        self.assertNotIn("<b>", page)

    def test_no_packets(self):
        def change(metrics):
            metrics["noc"]["links"] = []
            metrics["noc"]["latency"] = []

        page, done = self.page(change)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("No packet arrived", page)

    def test_bad_input(self):
        cases = [
            (lambda m: m.pop("noc"), "noc.columns is missing or of the wrong kind"),
            (lambda m: m["dram"].pop("traffic"), "dram.traffic.window_cycles is missing or of the wrong kind"),
            (lambda m: m.update(tiles=3), "tiles is missing or of the wrong kind"),
            (lambda m: m.update(schema="hilbert.metrics.9"), "schema: expected hilbert.metrics.1, got hilbert.metrics.9"),
        ]
        for change, text in cases:
            with self.subTest(text):
                page, done = self.page(change)
                self.assertEqual(done.returncode, 3)
                self.assertRegex(done.stderr, r"^hilbert: \S*/metrics\.json: ")
                self.assertIn(text, done.stderr)
                self.assertIsNone(page)

    def test_no_results(self):
        done = self.report("/nonexistent")
        self.assertEqual((done.returncode, done.stderr), (3, "hilbert: /nonexistent/metrics.json: No such file or directory\n"))
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            file.write("{")
        done = self.report(folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("metrics.json: not JSON: ", done.stderr)

    def test_gnuplot_missing(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        shutil.copy(os.path.join(self.out, "metrics.json"), folder)
        done = self.report(folder, path="/nonexistent")
        self.assertEqual((done.returncode, done.stderr), (1, "hilbert: gnuplot is not installed; scripts/setup installs it\n"))
        self.assertEqual(os.listdir(folder), ["metrics.json"])

    def test_new_run_replaces_the_page(self):
        self.assertEqual(self.report(self.out).returncode, 0)
        self.assertIn("report.html", os.listdir(self.out))
        subprocess.run([HILBERT, "run", "tiny", "--duration=1ms", f"--out={self.out}"], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(sorted(os.listdir(self.out)), ["metrics.json", "trace.hbt"])


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
