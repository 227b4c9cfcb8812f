#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_report.py HILBERT MAKE_TUNE_TRACE: `hilbert report` draws a run, and says what is wrong with what is none."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HILBERT, MAKE_TUNE_TRACE = None, None


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

    def report(self, folder, *args, path=None):
        env = os.environ if path is None else {**os.environ, "PATH": path}
        return subprocess.run([HILBERT, "report", folder, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
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

    def test_tables_of_violations_and_scheduler(self):
        page = self.page()[0]
        for model in self.metrics["models"]:
            self.assertIn(f'<td class="text">{model["name"]}</td><td>{model["deadline_violation_rate"]:.4f}</td>'
                          f'<td>{model["latency_ms"]["p99"]:.3f}</td><td>{model["latency_ms"]["max"]:.3f}</td>'
                          f'<td>{model["ux"]["dlv"]:.4f}</td><td>{model["ux"]["norm_energy"]:.4f}</td>', page)
        cycles = self.metrics["host"]["scheduler"]["cycles_per_decision"]
        self.assertIn(f'UXCost {self.metrics["ux"]["cost"]:.4f}: ', page)
        self.assertIn(f'of {cycles["min"]}, {cycles["p50"]}, {cycles["p99"]} cycles', page)

    def test_ux_over_time(self):
        def two(metrics):
            metrics["ux"]["window_ms"] = 2
            metrics["ux"]["windows"] = [{"begin_ms": 0, "models": 1, "dlv": 1, "norm_energy": 3, "cost": 3},
                                        {"begin_ms": 2, "models": 0, "dlv": 0, "norm_energy": 0, "cost": 0},
                                        {"begin_ms": 4, "models": 2, "dlv": 2, "norm_energy": 2.5, "cost": 5}]

        page, done = self.page(two)
        self.assertEqual((done.returncode, page.count("<svg")), (0, 4))
        self.assertIn("<h2>UXCost, windows of 2 ms</h2>", page)
        saved = json.loads(json.dumps(self.metrics))
        two(self.metrics)
        blocks = [blocks for blocks, _ in self.scripts() if "$ux" in blocks]
        type(self).metrics = saved
        self.assertEqual(blocks, [{"$ux": [(1, 3), (5, 5)]}])

    def test_tuning(self):
        trace = os.path.join(self.folder, "tune.hbt")
        subprocess.run([MAKE_TUNE_TRACE, trace, "1000000"], check=True)
        drawn = [blocks["$tuning"] for blocks, _ in self.scripts(trace) if "$tuning" in blocks]
        self.assertEqual(len(drawn), 1)
        weights = [(1, 1, 0), (1.5, 1, 3), (0.5, 1, 3.5), (1.5, 1.5, 2.5), (1.5, 1, 2.75), (2, 1, 2.000015), (2, 1, math.nan), (2, 1, 0.000015)]
        for number, (row, expected) in enumerate(zip(drawn[0], weights, strict=True), 1):
            for value, wanted in zip(row, (number, *expected), strict=True):
                self.assertTrue(value == wanted or math.isnan(value) and math.isnan(wanted), (row, expected))
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump(self.metrics, file)
        shutil.copy(trace, os.path.join(folder, "trace.hbt"))
        self.assertEqual(self.report(folder).returncode, 0)
        with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
            self.assertIn("<h2>Tuning</h2>", file.read())
        with open(os.path.join(folder, "tuning.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[:3], ["ms,alpha,beta,step,ux_cost,state", "1.000000,1.000000,1.000000,0.500000,0.000000,BASE",
                                     "2.000000,1.500000,1.000000,0.500000,3.000000,PROBING"])
        self.assertEqual((len(lines), lines[7]), (9, "7.000000,2.000000,1.000000,0.049988,65535.999985,SETTLED"))
        # A run that was not tuned has none, and an older one goes.
        shutil.copy(os.path.join(self.out, "trace.hbt"), os.path.join(folder, "trace.hbt"))
        self.assertEqual(self.report(folder).returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(folder, "tuning.csv")))

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

    def scripts(self, trace=None, *args):
        """What gnuplot is told to draw: for each picture its blocks of numbers and its other lines."""
        folder = tempfile.mkdtemp(dir=self.folder)
        log = os.path.join(folder, "log")
        with open(os.path.join(folder, "gnuplot"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\ncat "$1" >> {log}\necho "<svg/>"\n')
        os.chmod(os.path.join(folder, "gnuplot"), 0o755)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump(self.metrics, file)
        if trace:
            shutil.copy(trace, os.path.join(folder, "trace.hbt"))
        done = self.report(folder, *args, path=folder + os.pathsep + os.environ["PATH"])
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

    def trace_file(self, *args, out="traced"):
        """The trace of another run, whose metrics are those of the page from now on."""
        out = os.path.join(self.folder, out)
        subprocess.run([HILBERT, "run", *args, f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(out, "metrics.json"), encoding="utf-8") as file:
            self.metrics = json.load(file)
        return os.path.join(out, "trace.hbt")

    def timeline(self, trace, first, last):
        """What is to be drawn, in ms, from cycle `first` to `last`: {block: [row]}."""
        khz, end = self.metrics["clock_mhz"] * 1000, self.metrics["cycles"]
        dump = subprocess.run([HILBERT, "trace", "dump", "--json", trace], check=True, stdout=subprocess.PIPE, text=True).stdout
        records = [json.loads(line) for line in dump.splitlines()]
        models = [model["name"] for model in self.metrics["models"]]
        tiles = [tile["name"] for tile in self.metrics["tiles"]]
        frames, jobs, blocks = {}, [], {}
        for record in records:
            key = (record.get("model_name"), record.get("frame"))
            if record["stream"] == "frame_arrived":
                frames[key] = [record["arrival"], end, record["deadline"], None]
            elif record["stream"] in ("frame_done", "frame_dropped"):
                frames[key][1::2] = record["cycle"], record["stream"]
            elif record["stream"] == "job":
                jobs.append((record["start"], record["end"], record["tile_name"], record["tag_name"]))
        # What was decided and has no end still runs.
        ended = {(tile, tag) for _, _, tile, tag in jobs}
        jobs += [(r["cycle"], end, r["tile_name"], r["tag_name"]) for r in records
                 if r["stream"] == "decision" and (r["tile_name"], r["tag_name"]) not in ended]

        def box(kind, model, begin, end, row):
            if begin < last and end >= first:
                blocks.setdefault(f"${kind}{models.index(model)}", []).append((max(begin, first) / khz, min(end, last) / khz, row))

        def point(kind, cycle, row):
            if first <= cycle < last:
                blocks.setdefault(f"${kind}", []).append((cycle / khz, row))

        for start, stop, tile, tag in jobs:
            box("jobs", tag.split("#")[0], start, stop, len(models) + tiles.index(tile))
        for (model, _), (arrival, stop, deadline, how) in frames.items():
            box("frames", model, arrival, stop, models.index(model))
            point("deadlines", deadline, models.index(model))
            if how == "frame_dropped":
                point("dropped", stop, models.index(model))
            elif how and stop > deadline:
                point("late", stop, models.index(model))
        return blocks

    def check_timeline(self, trace, first, last, *args):
        pictures = self.scripts(trace, *args)
        several = sum(window["models"] > 0 for window in self.metrics["ux"]["windows"]) > 1
        self.assertEqual(len(pictures), 5 if several else 4)
        blocks, lines = pictures[0]
        want = self.timeline(trace, first, last)
        self.assertEqual(set(blocks), set(want))
        for name, rows in want.items():
            self.close(sorted(blocks[name]), sorted(tuple(round(value, 6) for value in row) for row in rows), 5)
            self.assertRegex(lines[-1], rf", \{name} using 1:")  # drawn
        khz = self.metrics["clock_mhz"] * 1000
        self.assertIn(f"set xrange [{first / khz:.6f}:{last / khz:.6f}]", lines)
        # A row each, models above tiles, and the colours' names.
        names = [row["name"] for row in self.metrics["models"] + self.metrics["tiles"]]
        ticks = next(line for line in lines if line.startswith("set ytics"))
        self.assertEqual(re.findall(r'"(.*?)" (\d+)', ticks), [(name, str(i)) for i, name in enumerate(names)])
        colours = dict(reversed(pair) for pair in re.findall(r"lc rgb '(#\w+)' title \"(.*?)\"", lines[-1]))
        self.assertEqual(list(colours), names[:len(self.metrics["models"])])
        self.assertEqual(len(set(colours.values())), len(colours))
        for name in want:
            if name[1:5] in ("jobs", "fram"):
                colour = colours[names[int(re.search(r"\d+$", name)[0])]]
                self.assertRegex(lines[-1], rf"\{name} using 1:3:1:2:\S+ with boxxyerror fs solid [\d.]+ border lc rgb '{colour}' "
                                            rf"lw 0.7 lc rgb '{colour}'")
        return want

    def caption(self, trace, *args):
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump(self.metrics, file)
        shutil.copy(trace, os.path.join(folder, "trace.hbt"))
        done = self.report(folder, *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
            page = file.read()
        found = re.search(r"<h2>Timeline</h2>\n(<figure>)?(<svg)?(?s:.*?)<p>(.*?)</p>\n(.*)", page)
        several = sum(window["models"] > 0 for window in self.metrics["ux"]["windows"]) > 1
        self.assertEqual(page.count("<svg"), (4 if found[1] else 3) + several)
        self.assertNotIn("href='http", page)
        return found[3], found[4]

    def test_timeline_holds_every_job_and_frame(self):
        trace = self.trace_file("tiny", "--soc=duo-ws8-os8")
        want = self.check_timeline(trace, 0, self.metrics["cycles"])
        self.assertGreater(sum(len(rows) for name, rows in want.items() if name.startswith("$jobs")), 40)
        ms = self.metrics["cycles"] / self.metrics["clock_mhz"] / 1000
        self.assertTrue(self.caption(trace)[0].startswith(f"0.000 to {ms:.3f} ms of {ms:.3f} ms. A box is"))

    def test_timeline_marks_what_is_late_or_dropped(self):
        trace = self.trace_file("busy-quad", "--duration=20ms")
        want = self.check_timeline(trace, 0, self.metrics["cycles"])
        self.assertGreater(len(want["$late"]), 2)
        self.assertEqual(len(want["$dropped"]), sum(model["dropped"] for model in self.metrics["models"]))
        self.assertGreater(len(want["$dropped"]), 2)

    def test_timeline_of_a_window(self):
        trace = self.trace_file("tiny", "--soc=duo-ws8-os8")
        khz, whole = self.metrics["clock_mhz"] * 1000, self.timeline(trace, 0, self.metrics["cycles"])
        begin, end = ((begin + end) / 2 for begin, end, _ in (whole["$jobs0"][1], whole["$jobs0"][-2]))  # in the middle of jobs
        first, last = int(begin * khz), int(end * khz)
        part = self.check_timeline(trace, first, last, f"--from={first / khz:.8f}ms", f"--to={last / khz:.8f}ms")
        self.assertEqual(len(whole["$jobs0"]), len(part["$jobs0"]) + 2)
        self.assertEqual((part["$jobs0"][0][0], part["$jobs0"][-1][1]), (first / khz, last / khz))
        self.check_timeline(trace, 9 * khz, self.metrics["cycles"], "--from=9000us")
        self.check_timeline(trace, 0, 5 * khz, "--to=5ms")
        self.assertTrue(self.caption(trace, "--from=3.1ms", "--to=5.7ms")[0].startswith("3.100 to 5.700 ms of 10.000 ms."))

    def test_timeline_of_a_long_run_is_where_most_happens(self):
        trace = self.trace_file("tiny", "--duration=130ms", "--seed=4")  # neither the first nor where most jobs are
        khz = self.metrics["clock_mhz"] * 1000
        jobs = [row for name, rows in self.timeline(trace, 0, self.metrics["cycles"]).items() if name[1:5] == "jobs" for row in rows]
        work = {begin: sum(max(0, min(end, begin + 50) - max(start, begin)) for start, end, _ in jobs) for begin in range(0, 90, 10)}
        best = max(work, key=lambda begin: (round(work[begin], 6), -begin))
        self.check_timeline(trace, best * khz, (best + 50) * khz)
        self.assertTrue(self.caption(trace)[0].startswith(f"{best}.000 to {best + 50}.000 ms of 130.000 ms, where the tiles work most."))

    def test_timeline_with_too_many_jobs_ends_sooner(self):
        trace = self.trace_file("tiny", "--duration=900ms")
        blocks = self.timeline(trace, 0, self.metrics["cycles"])
        jobs = sorted((row for name, rows in blocks.items() if name[1:5] == "jobs" for row in rows), key=lambda row: row[1])
        self.assertGreater(len(jobs), 4100)
        end = round(jobs[3999][1] * self.metrics["clock_mhz"] * 1000)
        self.check_timeline(trace, 0, end, "--from=0ms", "--to=900ms")
        self.assertIn(", no more because of the number of jobs.", self.caption(trace, "--from=0ms", "--to=900ms")[0])
        self.assertNotIn("because", self.caption(trace, "--to=5ms")[0])

    def test_trace_without_jobs_or_damaged(self):
        trace = self.trace_file("tiny", "--duration=3ms", "--trace=decisions")
        self.assertEqual(self.caption(trace)[0], "There are no jobs in a trace of level decisions.")
        trace = self.trace_file("tiny", "--duration=3ms")
        with open(trace, "rb") as file:
            whole = file.read()
        with open(trace, "wb") as file:
            file.write(whole[:-60])
        said = self.caption(trace)
        self.assertTrue(said[1].startswith('<p class="bad">The trace is damaged: cut short'), said)
        for data, text in ((b"not a trace" * 100, "not a trace"), (b"", "not a trace")):
            folder = tempfile.mkdtemp(dir=self.folder)
            shutil.copy(os.path.join(os.path.dirname(trace), "metrics.json"), folder)
            with open(os.path.join(folder, "trace.hbt"), "wb") as file:
                file.write(data)
            done = self.report(folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"{folder}/trace.hbt: ", done.stderr)
            self.assertIn(text, done.stderr)
            self.assertFalse(os.path.exists(os.path.join(folder, "report.html")))

    def test_window_refused(self):
        trace = self.trace_file("tiny", "--duration=3ms")
        folder = os.path.dirname(trace)
        for args, code, text in ((["--from=3ms"], 2, "nothing of the run, which has 3.000000 ms, is in the window"),
                                 (["--from=2ms", "--to=2ms"], 2, "nothing of the run"),
                                 (["--from=2"], 2, "--from: expected a time, such as 5ms, got 2"),
                                 (["--to=x"], 2, "--to: expected a time")):
            with self.subTest(args):
                done = self.report(folder, *args)
                self.assertEqual(done.returncode, code)
                self.assertIn(text, done.stderr)
        os.remove(trace)
        done = self.report(folder, "--from=1ms")
        self.assertEqual((done.returncode, done.stderr), (3, f"hilbert: {trace}: No such file or directory\n"))
        self.assertEqual(self.report(folder).returncode, 0)

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
        self.assertEqual(sorted(os.listdir(self.out)), ["inferences.csv", "metrics.json", "trace.hbt"])


if __name__ == "__main__":
    HILBERT, MAKE_TUNE_TRACE = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
