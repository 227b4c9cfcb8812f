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
