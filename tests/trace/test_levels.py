#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_levels.py HILBERT: the levels `packets` and `boundary` against each other, the jobs' counters and metrics.json.

Each is recorded by a part of its own: the mesh, the tap at a tile's boundary, the tile's counters, the NoC's.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HILBERT = None
LEVELS = ("decisions", "jobs", "packets", "boundary")
RUNS = {"plain": [], "stalled": ["--stall-ppm=200000"]}


def dump(path, *args):
    result = subprocess.run([HILBERT, "trace", "dump", path, "--json", *args], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def by_stream(records):
    streams = collections.defaultdict(list)
    for record in records:
        streams[record["stream"]].append(record)
    return streams


class Levels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.traces, cls.metrics = {}, {}
        for name, options in RUNS.items():
            for level in LEVELS:
                out = pathlib.Path(cls.folder.name, f"{name}-{level}")
                subprocess.run([HILBERT, "run", "tiny", "--soc=duo-ws8-os8", f"--trace={level}", f"--out={out}", *options],
                               check=True, stdout=subprocess.DEVNULL)
                cls.traces[name, level] = by_stream(dump(out / "trace.hbt"))
                cls.metrics[name, level] = json.loads((out / "metrics.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_level_holds_the_ones_before_it(self):
        """And watching more closely changes nothing."""
        for name in RUNS:
            whole = self.traces[name, "boundary"]
            for level in LEVELS:
                part = self.traces[name, level]
                self.assertGreater(len(part), 0)
                self.assertEqual(part, {stream: whole[stream] for stream in part}, (name, level))
            sizes = [len(self.traces[name, level]) for level in LEVELS]
            self.assertEqual(sizes, sorted(set(sizes)), "every level adds streams")

    def test_packets_are_those_the_network_counted(self):
        for name in RUNS:
            streams, noc = self.traces[name, "packets"], self.metrics[name, "packets"]["noc"]
            for network in ("request", "response"):
                packets = streams[f"read_{network}"] + streams[f"write_{network}"]
                self.assertEqual(len(packets), noc[network]["packets"], (name, network))
                mean = sum(p["latency"] for p in packets) / len(packets)
                self.assertAlmostEqual(mean, noc[network]["latency_mean_cycles"], places=5)

    def test_every_request_is_answered_once(self):
        """At the node that it went to, about the same bytes; those under way at the end are not."""
        for name in RUNS:
            streams = self.traces[name, "packets"]
            for kind in ("read", "write"):
                waiting = collections.Counter()
                events = [(r["cycle"], 0, r) for r in streams[f"{kind}_request"]]
                events += [(r["cycle"], 1, r) for r in streams[f"{kind}_response"]]
                for _, answer, r in sorted(events, key=lambda e: e[:2]):
                    ends = (r["dst"], r["src"]) if answer else (r["src"], r["dst"])
                    key = (*ends, r["id"], r["addr"], r["beats"])
                    waiting[key] += -1 if answer else 1
                    self.assertGreaterEqual(waiting[key], 0, (name, r))
                    if answer:
                        self.assertEqual(r["resp_name"], "OKAY")
                self.assertLess(sum(waiting.values()), 100)

    def test_bursts_become_packets(self):
        """Handshakes of AR and AW in order are the requests that leave the tile's node, of R the responses to it."""
        for name in RUNS:
            streams = self.traces[name, "boundary"]
            for tile in {r["tile_name"] for r in streams["axi_ar"]}:
                for channel, stream, end in (("axi_ar", "read_request", "src_name"), ("axi_aw", "write_request", "src_name")):
                    bursts = [r for r in streams[channel] if r["tile_name"] == tile]
                    packets = sorted((r for r in streams[stream] if r[end] == tile), key=lambda r: r["cycle"] - r["latency"])
                    what = ("id", "addr", "beats")
                    pairs = list(zip(bursts, packets))
                    self.assertGreater(len(pairs), 10)
                    self.assertLess(len(bursts) - len(pairs), 40, "of those under way at the end")
                    for burst, packet in pairs:
                        self.assertEqual([burst[k] for k in what], [packet[k] for k in what])
                        self.assertLess(burst["cycle"], packet["cycle"] - packet["latency"])

    def test_beats_are_those_the_tile_counted(self):
        for name in RUNS:
            streams = self.traces[name, "boundary"]
            self.assertGreater(len(streams["job"]), 5)
            for job in streams["job"]:
                for channel, counter in (("axi_r", "rd_beats"), ("axi_w", "wr_beats")):
                    beats = 0
                    for r in streams[channel]:
                        if r["tile"] == job["tile"]:
                            inside = range(max(r["cycle"], job["start"] + 1), min(r["cycle"] + r["beats"], job["end"] + 1))
                            beats += len(inside)
                    self.assertEqual(beats, job[counter], (name, job, channel))

    def test_bursts_end_with_last(self):
        """The beats of R since the last one of its id make up the oldest burst of that id; so for W."""
        for name in RUNS:
            streams = self.traces[name, "boundary"]
            for address, data, ids in (("axi_ar", "axi_r", True), ("axi_aw", "axi_w", False)):
                asked = collections.defaultdict(collections.deque)
                for r in streams[address]:
                    asked[r["tile"], r["id"] if ids else 0].append(r["beats"])
                begun = collections.Counter()
                for r in streams[data]:
                    key = (r["tile"], r["id"] if ids else 0)
                    begun[key] += r["beats"]
                    self.assertLessEqual(begun[key], asked[key][0], (name, r))
                    self.assertEqual(r["last"], begun[key] == asked[key][0], (name, r))
                    if r["last"]:
                        asked[key].popleft()
                        begun[key] = 0

    def test_doorbells_and_interrupts(self):
        """The doorbell is a write of JOB_TAG with the job's tag; the wire's edges reach the host irq_cycles later."""
        for name in RUNS:
            streams = self.traces[name, "boundary"]
            for job in streams["job"]:
                writes = [r for r in streams["reg_w"] if r["tile"] == job["tile"] and r["data"] == job["tag"]]
                accepted = [r for r in writes if r["cycle"] <= job["doorbell"]]
                self.assertGreater(len(accepted), 0, (name, job))
            for tile in {r["tile_name"] for r in streams["irq_wire"]}:
                wire = [(r["cycle"], r["level"]) for r in streams["irq_wire"] if r["tile_name"] == tile]
                host = [(r["cycle"], r["level"]) for r in streams["irq"] if r["line_name"] == f"tile{tile_number(tile)}"]
                delays = {h[0] - w[0] for w, h in zip(wire, host)}
                self.assertEqual([w[1] for w in wire[:len(host)]], [h[1] for h in host])
                self.assertEqual(len(delays), 1, "the wire is as long every time")
                self.assertGreater(min(delays), 0)

    def test_waits(self):
        """Nobody holds back a register access here; with random back-pressure valids wait, as far as its chance says."""
        plain, stalled = (self.traces[name, "boundary"] for name in ("plain", "stalled"))
        self.assertEqual({r["wait"] for r in plain["reg_b"]}, {0})
        waits = [r["wait"] for r in stalled["reg_b"]]
        mean = sum(waits) / len(waits)
        self.assertTrue(0.1 < mean < 0.5, mean)  # 0.2 / (1 - 0.2) = 0.25, of some hundred

    def test_idle(self):
        """A tile is not idle while it has a job, but from the cycle on in which nothing of it is left."""
        for name in RUNS:
            streams = self.traces[name, "boundary"]
            edges = collections.defaultdict(list)
            for r in streams["idle_wire"]:
                edges[r["tile"]].append((r["cycle"], r["level"]))
            for job in streams["job"]:
                before = [e for e in edges[job["tile"]] if e[0] <= job["start"]]
                inside = [e for e in edges[job["tile"]] if job["start"] < e[0] < job["end"]]
                self.assertEqual(before[-1][1], False, (name, job))
                self.assertEqual(inside, [], (name, job))
            for tile, found in edges.items():
                last = max(r["cycle"] for stream in ("reg_b", "reg_r", "axi_b", "axi_r") for r in streams[stream] if r["tile"] == tile)
                self.assertLess(found[-1][0], last + 20)


def tile_number(name):
    return "".join(c for c in name if c.isdigit())


if __name__ == "__main__":
    HILBERT = sys.argv.pop(1)
    unittest.main()
