#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_perfetto.py HILBERT MAKE_ODD_TRACE MAKE_TUNE_TRACE PROTOC_C: `hilbert trace export --perfetto` against the dump of the same trace.

The file is decoded by libprotobuf's C++ (`protoc-c --decode`, which is protoc's) with perfetto_check.proto, replayed as
Perfetto's trace_processor does (events sorted by time, equal times in the order of the file), and compared with what the
records of the dump ask for.
"""

import ast
import collections
import json
import glob
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

HILBERT = MAKE_ODD_TRACE = MAKE_TUNE_TRACE = PROTOC_C = None
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("SLICE_BEGIN", "SLICE_END", "INSTANT", "COUNTER")
MANY = {"packet", "categories", "debug_annotations", "flow_ids", "dict_entries", "array_values"}  # repeated fields


def hilbert(*args):
    return subprocess.run([HILBERT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          errors="replace", check=False)


# ------------------------------------------------------------------------------------------------------ decoding


def scalar(text):
    if text.startswith('"'):
        return ast.literal_eval("b" + text).decode("utf-8")  # fails on what is not UTF-8
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def parse(lines):
    """A message in protobuf's text format, as protoc prints it: a field a line."""
    message = {}
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        if line.endswith(" {") and '"' not in line:
            key, value = line[:-2], parse(lines)
        else:
            key, text = line.split(": ", 1)
            value = scalar(text)
        assert not key.isdigit(), f"field {key} is not in perfetto_check.proto"
        if key in MANY:
            message.setdefault(key, []).append(value)
        else:
            assert key not in message, f"{key} is there twice"
            message[key] = value
    return message


def decode(path):
    with open(path, "rb") as file:
        done = subprocess.run([PROTOC_C, "--decode=perfetto.protos.Trace", f"--proto_path={HERE}", "perfetto_check.proto"],
                              stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return parse(iter(done.stdout.decode("ascii").splitlines())).get("packet", [])


def plain(notes):
    """Debug annotations as a dictionary."""
    values = {}
    for note in notes:
        kinds = [k for k in note if k != "name"]
        assert len(kinds) == 1 and note["name"] not in values, note
        kind = kinds[0]
        if kind == "array_values":
            values[note["name"]] = [plain(one["dict_entries"]) for one in note[kind]]
        else:
            values[note["name"]] = note[kind]
    return values


Slice = collections.namedtuple("Slice", "track name begin end notes category order")
Instant = collections.namedtuple("Instant", "track name at notes category")


class Perfetto:
    """What a viewer would show: tracks by path of names, slices, instants, counters, arrows."""

    def __init__(self, path):
        self.tracks, self.slices, self.instants, self.counters, self.arrows = {}, [], [], {}, []
        events, sequences, pids = [], {}, set()
        self.flow_uses = collections.Counter()
        for packet in decode(path):
            sequence = packet["trusted_packet_sequence_id"]
            if "track_descriptor" in packet:
                about = packet["track_descriptor"]
                assert about["uuid"] not in self.tracks and sequence not in sequences
                assert packet["sequence_flags"] == 1
                sequences[sequence] = -1
                if "process" in about:
                    assert about["process"]["pid"] > 0 and about["process"]["pid"] not in pids
                    pids.add(about["process"]["pid"])
                    self.tracks[about["uuid"]] = (about["process"]["process_name"], None, False)
                else:
                    parent = self.tracks[about["parent_uuid"]]
                    assert parent[1] is None  # a process
                    self.tracks[about["uuid"]] = (parent[0], about["name"], "counter" in about)
            else:
                assert sequences[sequence] <= packet["timestamp"] < 1 << 63, "a sequence goes back in time"
                sequences[sequence] = packet["timestamp"]
                events.append((packet["timestamp"], packet["track_event"]))
        events.sort(key=lambda event: event[0])  # stable
        stacks, flows = collections.defaultdict(list), {}
        for at, event in events:
            uuid, kind = event["track_uuid"], event["type"].removeprefix("TYPE_")
            track = self.tracks[uuid]
            assert kind in KINDS and track[1] is not None and track[2] == (kind == "COUNTER"), (event, track)
            notes = plain(event.get("debug_annotations", []))
            if kind == "COUNTER":
                assert not notes and ("counter_value" in event) != ("double_counter_value" in event)
                value = event.get("counter_value", event.get("double_counter_value"))
                self.counters.setdefault(track[:2], []).append((at, value))
                continue
            if kind == "SLICE_END":
                assert "name" not in event and "flow_ids" not in event and "categories" not in event
                begun = stacks[uuid].pop()
                begun[4].update(notes)
                self.slices.append(Slice(track[:2], begun[0], begun[1], at, begun[4], begun[2], begun[3]))
                continue
            category, = event["categories"]
            if kind == "INSTANT":
                self.instants.append(Instant(track[:2], event["name"], at, notes, category))
                continue
            assert not stacks[uuid], "slices of a track do not nest: there is nothing inside a job or a frame"
            stacks[uuid].append((event["name"], at, category, len(self.slices), notes))
            end = (track[:2], event["name"], at)
            for flow in event.get("flow_ids", []):
                self.flow_uses[flow] += 1
                if flow in flows:
                    self.arrows.append((flows[flow], end))
                flows[flow] = end
        assert not any(stacks.values()), "a slice has no end"
        self.loose = [flows[flow] for flow, uses in self.flow_uses.items() if uses == 1]


# ------------------------------------------------------------------------------------- what the records ask for


def name_of(record, key, prefix=""):
    return record.get(f"{key}_name", f"{prefix}{record[key]}")


def tag_of(record):
    return record.get("tag_name", hex(record["tag"]))


def notes_of(record):
    """A record's fields, names for numbers."""
    return {key: record.get(f"{key}_name", value) for key, value in record.items()
            if key != "stream" and not (key.endswith("_name") and key[:-5] in record)}


class Expected:
    """Straight from the records, frame by frame, with all of them in memory: nothing like the exporter."""

    def __init__(self, records, khz, depends):
        self.khz = khz
        self.depends = depends  # {model: [models it waits for]}
        self.by = collections.defaultdict(list)
        for record in records:
            self.by[record["stream"]].append(record)
        self.models = {}
        for record in records:
            if "model_name" in record:
                self.models[record["model"]] = record["model_name"]
            if "tag_name" in record:
                self.models[record["tag"] >> 26] = record["tag_name"].split("#")[0]
        self.jobs, self.frames, self.arrows, self.waited, self.loose = [], [], [], [], []
        self.finished = []  # model, bits of the frame's number, cycle it was done in or None, slice, first job or None
        last = 0
        live, known = {}, set()
        for record in records:
            at = last = record.get("cycle", record.get("end"))
            stream = record["stream"]
            if stream in ("frame_arrived", "frame_started", "frame_done", "frame_dropped"):
                key = (record["model"], record["frame"] & 0x3fff)
                if stream == "frame_arrived":
                    live[key] = {"frame": record["frame"], "begin": min(at, record["arrival"]), "jobs": [],
                                 "notes": {"arrival": record["arrival"], "deadline": record["deadline"]}}
                elif stream == "frame_started" and key not in known:
                    live[key] = {"frame": record["frame"], "begin": at, "jobs": [], "notes": {}}
                elif stream == "frame_done" and key in live:
                    self.finish(key, live.pop(key), at, True, {})
                elif stream == "frame_dropped" and key in live:
                    self.finish(key, live.pop(key), at, False, {"dropped": name_of(record, "reason", "enum:drop ")})
                known.add(key)
            elif stream == "job":
                key = (record["tag"] >> 26, record["tag"] >> 12 & 0x3fff)
                name = ("tiles", name_of(record, "tile", "tile "))
                self.jobs.append((name, tag_of(record), self.ns(record["start"]), self.ns(at), notes_of(record)))
                if key not in known:
                    known.add(key)
                    live[key] = {"frame": key[1], "begin": record["start"], "jobs": [], "notes": {}}
                if key in live:
                    live[key]["jobs"].append(self.jobs[-1])
        for key, frame in live.items():
            self.finish(key, frame, last, False, {"unfinished": True})
        self.wait()

    def ns(self, cycle):
        return cycle * 10**6 // self.khz

    def model(self, number):
        return self.models.get(number, f"model {number}")

    def finish(self, key, frame, end, done, notes):
        late = done and end > frame["notes"].get("deadline", 1 << 64)
        notes = {"frame": frame["frame"], **frame["notes"], **notes, **({"late": True} if late else {})}
        track = (self.model(key[0]), "frames")
        this = (track, f"frame {frame['frame']}" + (" late" if late else ""), self.ns(frame["begin"]),
                self.ns(max(end, frame["begin"])), notes)
        self.frames.append(this)
        chain = [this] + sorted(frame["jobs"], key=lambda job: job[2])
        self.arrows += [(a[:3], b[:3]) for a, b in zip(chain, chain[1:])]
        # A frame that the records begin in the middle of is drawn before it is known whether it will be done.
        early = not frame["notes"] and len(chain) > 1 and chain[1][2] == this[2]
        self.finished.append((*key, end if done else None, this, chain[1] if len(chain) > 1 else None, early))

    def wait(self):
        """From a frame to the first job of the frame of the same number, of a model that waits for it."""
        taken = set()
        for model, bits, _, _, job, _ in self.finished:
            for other in self.depends.get(model, ()) if job else ():
                ends = [(end, frame[:3]) for m, b, end, frame, _, _ in self.finished
                        if (m, b) == (other, bits) and end is not None and self.ns(end) <= job[2] and (frame[:3], model) not in taken]
                if ends:
                    _, frame = max(ends, key=lambda e: e[0])
                    taken.add((frame, model))
                    self.waited.append((frame, job[:3]))
        self.arrows += self.waited
        # Flows that wait in vain: the frame was dropped, or there was none.
        for model, _, end, frame, _, early in self.finished:
            waiting = sum(model in others for others in self.depends.values())
            if end is not None or early:
                self.loose += [frame[:3]] * waiting
        for frame, _ in self.waited:
            self.loose.remove(frame)

    def counters(self):
        """{(process, track): [(ns, value)]}"""
        counters = collections.defaultdict(list)
        for record in self.by["decision"]:
            for key, name in (("ready", "ready jobs"), ("free", "free tiles")):
                counters["scheduler", name].append((self.ns(record["cycle"]), record[key]))
        for record in self.by["irq"]:
            if "level" in record:
                counters["interrupts", record["line_name"]].append((self.ns(record["cycle"]), int(record["level"])))
        free_at = {}
        for record in self.by["job"]:
            start, end = record["start"], record["end"]
            for key, name in (("rd_beats", "read"), ("wr_beats", "written")):
                track = counters["tiles", f"{name_of(record, 'tile', 'tile ')} {name}, bytes/us"]
                if start < end and start >= free_at.get(record["tile"], 0):
                    track += [(self.ns(start), record[key] * 16 * self.khz / 1000 / (end - start)), (self.ns(end), 0)]
            if start < end and start >= free_at.get(record["tile"], 0):
                free_at[record["tile"]] = end
        return {track: values for track, values in counters.items() if values}

    def decisions(self):
        """As instants; the candidates of one are those since the one before."""
        waiting, instants = [], []
        for record in sorted(self.by["candidate"] + self.by["decision"], key=lambda r: r["cycle"]):
            if record["stream"] == "candidate":
                waiting.append(notes_of(record))
            else:
                notes = notes_of(record)
                if waiting:
                    notes["candidates"] = waiting
                instants.append((("scheduler", "decisions"), tag_of(record), self.ns(record["cycle"]), notes))
                waiting = []
        return instants

    def drops(self):
        return [((self.model(r["model"]), "drops"), f"frame {r['frame']} dropped: {name_of(r, 'reason', 'enum:drop ')}",
                 self.ns(r["cycle"]), notes_of(r)) for r in self.by["frame_dropped"]]

    def others(self):
        return [(("scheduler", "events"), stream, self.ns(r["cycle"]), notes_of(r))
                for stream in ("fault", "note", "refused") for r in self.by[stream]]


def key_of(row):
    return json.dumps(row, sort_keys=True)


# --------------------------------------------------------------------------------------------------------- tests


FOLDER, TRACES = tempfile.mkdtemp(), {}


def setUpModule():
    for name, *args in (("tiny", "tiny", "--soc=duo-ws8-os8", "--policy=edf"), ("mixed", "mixed"),
                        ("busy", "busy-quad", "--duration=20ms")):
        out = os.path.join(FOLDER, name)
        subprocess.run([HILBERT, "run", *args, f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
        TRACES[name] = os.path.join(out, "trace.hbt")
    for name, *clock in (("odd",), ("odd-333333", "333333"), ("odd-7000001", "7000001"), ("odd-0", "0"), ("odd-x", "12x")):
        TRACES[name] = os.path.join(FOLDER, f"{name}.hbt")
        subprocess.run([MAKE_ODD_TRACE, TRACES[name], *clock], check=True)


def tearDownModule():
    shutil.rmtree(FOLDER)


class Case(unittest.TestCase):
    maxDiff = 4000
    folder, traces, out = FOLDER, TRACES, os.path.join(FOLDER, "out.pftrace")

    def setUp(self):
        if os.path.exists(self.out):
            os.remove(self.out)

    def export(self, trace, *args, code=0):
        done = hilbert("trace", "export", "--perfetto", self.out, *args, trace)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(glob.glob(self.out + ".*"), [])
        return done.stderr

    def dump(self, trace, *args, code=0):
        done = hilbert("trace", "dump", "--json", *args, trace)
        self.assertEqual(done.returncode, code, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def khz(self, trace):
        for line in hilbert("trace", "info", trace).stdout.splitlines():
            if line.startswith("clock_khz"):
                return int(line.split()[1])
        return 10**6

    def depends(self, trace):
        lines = (line.split() for line in hilbert("trace", "info", trace).stdout.splitlines() if line.startswith("depends."))
        return {int(key.split(".")[1]): [int(word) for word in others if word.isdigit()] for key, *others in lines}

    def same(self, got, expected):
        self.assertEqual(sorted(map(key_of, got)), sorted(map(key_of, expected)))

    def compare(self, trace, *args, code=0):
        """Exports and compares everything; returns both sides."""
        self.export(trace, *args, code=code)
        got = Perfetto(self.out)
        expected = Expected([r for r in self.dump(trace, *args, code=code) if r["stream"] != "packet"], self.khz(trace),
                            self.depends(trace))
        for category, rows in (("job", expected.jobs), ("frame", expected.frames)):
            self.same([s[:5] for s in got.slices if s.category == category], rows)
        self.same([i[:4] for i in got.instants if i.category == "decision"], expected.decisions())
        self.same([i[:4] for i in got.instants if i.category == "drop"], expected.drops())
        self.same([i[:4] for i in got.instants if i.category == "event"], expected.others())
        self.assertEqual(len(got.slices), len(expected.jobs) + len(expected.frames))
        self.assertLessEqual({i.category for i in got.instants}, {"decision", "drop", "event"})
        self.same(got.arrows, expected.arrows)
        self.same(got.loose, expected.loose)
        counters = {track: values for track, values in got.counters.items() if track[1].split()[0] not in ("alpha", "beta")}
        wanted = expected.counters()
        self.assertEqual(sorted(counters), sorted(wanted))
        for track, values in wanted.items():
            self.assertEqual([at for at, _ in counters[track]], [at for at, _ in values], track)
            for (_, mine), (_, theirs) in zip(counters[track], values, strict=True):
                self.assertAlmostEqual(mine, theirs, delta=1e-6 * theirs, msg=track)
        return got, expected


class Runs(Case):
    def test_every_record_is_drawn(self):
        for name, least in (("tiny", 40), ("mixed", 40), ("busy", 10)):
            with self.subTest(name):
                got, expected = self.compare(self.traces[name])
                self.assertGreaterEqual(len(expected.jobs), least)
                self.assertGreater(len(got.arrows), 0)
        self.assertEqual({s.track[0] for s in got.slices if s.category == "frame"}, set("ABCD"))

    def test_what_makes_these_runs_hard_is_in_them(self):
        self.export(self.traces["busy"])
        busy = Perfetto(self.out)
        self.assertGreater(sum(i.category == "drop" for i in busy.instants), 0)
        self.assertGreater(sum(i.name == "frame 1 late" for i in busy.slices), 0)
        frames = sorted(s[2:4] for s in busy.slices if s.track == ("A", "frames"))
        self.assertTrue(any(a[1] > b[0] for a, b in zip(frames, frames[1:])), "no frames overlap")
        self.export(self.traces["tiny"])
        tiny = Perfetto(self.out)
        self.assertGreater(sum(len(i.notes.get("candidates", ())) > 1 for i in tiny.instants), 0)
        names = {"tiles", "scheduler", "interrupts", "conv", "head", "odd"}
        self.assertEqual({process for process, _, _ in tiny.tracks.values()}, names)
        job = next(s for s in tiny.slices if s.category == "job")
        self.assertLessEqual({"status", "busy", "array", "wait_load", "wait_store", "wait_wgt", "wait_cmd", "rd_beats",
                              "wr_beats", "doorbell"}, set(job.notes))

    def test_frames_lead_to_those_that_wait_for_them(self):
        """The model `head` waits for `conv`: each of its frames begins behind the frame of conv of the same number."""
        trace = self.traces["tiny"]
        self.assertEqual(self.depends(trace), {1: [0]})
        self.assertEqual([self.depends(self.traces[name]) for name in ("mixed", "busy")], [{}, {}])
        got, expected = self.compare(trace)
        done = {r["frame"] for r in self.dump(trace, "--stream=frame_done") if r["model_name"] == "head"}
        self.assertGreater(len(done), 3)
        arrows = {(source[1], to[1]) for source, to in got.arrows if source[0] == ("conv", "frames") and to[1].startswith("head#")}
        layers = {to.split("/")[1] for _, to in arrows}
        self.assertEqual(len(layers), 1)
        self.assertEqual(arrows, {(f"frame {n}", f"head#{n}/{layer}") for n in done for layer in layers})
        self.assertEqual(len(expected.waited), len(done))

    def test_ranges(self):
        trace = self.traces["tiny"]
        records = self.dump(trace)
        middle = [r["end"] for r in records if r["stream"] == "job"]
        sizes = []
        for args in ([f"--to={middle[5]}"], [f"--from={middle[5]}"], [f"--from={middle[5]}", f"--to={middle[9]}"],
                     [f"--from={middle[20]}", f"--to={middle[20]}"]):
            with self.subTest(args=args):
                sizes.append(len(self.compare(trace, *args)[1].jobs))
        self.assertEqual(sizes, [6, len(middle) - 5, 5, 1])
        self.export(trace, "--from=99999999999")
        self.assertEqual(os.path.getsize(self.out), 0)

    def test_same_bytes_again(self):
        self.export(self.traces["tiny"])
        with open(self.out, "rb") as file:
            first = file.read()
        self.export(self.traces["tiny"])  # replaces the file
        with open(self.out, "rb") as file:
            self.assertEqual(file.read(), first)

    def test_no_alpha_where_there_is_none(self):
        self.export(self.traces["tiny"])
        self.assertFalse([t for t in Perfetto(self.out).counters if "alpha" in t[1] or "beta" in t[1]])

    def test_damaged(self):
        with open(self.traces["mixed"], "rb") as file:
            whole = file.read()
        cut = os.path.join(self.folder, "cut.hbt")
        whole_jobs = self.compare(self.traces["mixed"])[1].jobs
        broken = bytearray(whole)
        broken[len(whole) - 400] ^= 1
        for data, why in ((whole[:-60], "cut short"), (whole[:-120], "cut short"), (whole[:len(whole) * 7 // 8], "."),
                          (broken, ".*is damaged")):
            with self.subTest(len(data)):
                with open(cut, "wb") as file:
                    file.write(data)
                self.assertRegex(hilbert("trace", "dump", cut).stderr, f"^{cut}: {why}.*\n$")
                jobs = self.compare(cut, code=3)[1].jobs
                self.assertEqual(self.export(cut, code=3), hilbert("trace", "dump", cut).stderr)
                self.assertEqual(len(jobs) == len(whole_jobs), why == "cut short")

    def test_killed(self):
        """Of two windows the second is missing."""
        trace = os.path.join(self.folder, "killed.hbt")
        shutil.copy(self.traces["busy"], trace)
        os.truncate(trace, os.path.getsize(trace) * 3 // 4)
        _, expected = self.compare(trace, code=3)
        self.assertGreater(len(expected.jobs), 10)


class Odd(Case):
    def test_every_record_is_drawn(self):
        got, expected = self.compare(self.traces["odd"])
        self.assertEqual(len(expected.jobs), 25)
        frames = {s.name: s for s in got.slices if s.category == "frame" and s.track[0] in ("s\u00fcd", "model 1")}
        self.assertEqual(sorted(frames), ["frame 0", "frame 1", "frame 16389 late", "frame 2", "frame 5", "frame 6", "frame 8"])
        self.assertEqual(frames["frame 1"][2:4], (110, 280))
        self.assertEqual(frames["frame 1"].notes["dropped"], "FAULT")
        self.assertEqual(frames["frame 16389 late"].notes["late"], True)
        self.assertEqual([frames[f"frame {n}"].notes.get("unfinished") for n in (0, 2, 5, 6)], [None, True, None, True])
        self.assertEqual({s.track[1] for s in got.slices if s.category == "job"}, {"n\ufffdrd", "tile 1"})
        self.assertIn("s\u00fcd#0/b\ufffd\ufffd", {s.name for s in got.slices})

    def test_dependencies(self):
        got, expected = self.compare(self.traces["odd"])
        arrows = {(source[0][0], source[1], int(to[1], 16) >> 26, to[2]) for source, to in expected.waited}
        self.assertEqual(arrows, {
            ("model 2", "frame 20", 3, 730), ("model 2", "frame 20", 4, 770), ("model 3", "frame 20", 4, 770),
            ("model 2", "frame 23", 3, 812), ("model 2", "frame 23", 4, 810), ("model 2", "frame 16404", 3, 850),
            ("model 2", "frame 16405", 3, 880), ("model 2", "frame 25", 3, 924)})
        self.assertEqual(collections.Counter((track[0], name) for track, name, _ in got.loose), {
            ("model 2", "frame 21"): 2, ("model 2", "frame 24"): 2, ("model 2", "frame 25"): 1, ("model 2", "frame 16404"): 1,
            ("model 2", "frame 16405"): 1, ("model 3", "frame 16404"): 1, ("model 3", "frame 16405"): 1, ("model 3", "frame 23"): 1,
            ("model 3", "frame 24"): 1, ("model 3", "frame 25"): 1, ("model 3", "frame 16409"): 1})

    def test_jobs_that_overlap_have_lanes(self):
        self.export(self.traces["odd"])
        tracks = Perfetto(self.out).tracks.values()
        self.assertEqual(sum(t[1] == "n\ufffdrd" for t in tracks), 2)
        self.assertEqual(sum(t[:2] == ("s\u00fcd", "frames") for t in tracks), 3)

    def test_says_that_there_is_no_clock(self):
        for name in ("odd", "odd-0", "odd-x"):
            trace = self.traces[name]
            self.assertEqual(self.export(trace), f"{trace}: the trace does not say clock_khz: a cycle is drawn as a nanosecond\n")
            self.assertEqual([i.at for i in Perfetto(self.out).instants if i.name == "note"], [106, 10**15 + 7])
        self.assertEqual(self.export(self.traces["tiny"]), "")

    def test_times_are_exact(self):
        for khz in (333333, 7000001):
            self.compare(self.traces[f"odd-{khz}"])
            self.assertEqual([i.at for i in Perfetto(self.out).instants if i.name == "note"],
                             [106 * 10**6 // khz, (10**15 + 7) * 10**6 // khz])

    def test_alpha_and_beta(self):
        self.export(self.traces["odd"])
        counters = Perfetto(self.out).counters
        self.assertEqual({track: values for track, values in counters.items() if track[1].split()[0] in ("alpha", "beta")}, {
            ("scheduler", "alpha s\u00fcd"): [(104, 10), (321, 12)],
            ("scheduler", "beta s\u00fcd"): [(104, -20), (321, 0)],
            ("scheduler", "alpha model 1"): [(104, 11)],
            ("scheduler", "beta model 1"): [(104, 21)],
            ("scheduler", "beta value"): [(105, 9)],
        })

    def test_tuning(self):
        """Of a TUNE record the numbers of which 65536 is 1, as they are meant."""
        trace = os.path.join(self.folder, "tune.hbt")
        subprocess.run([MAKE_TUNE_TRACE, trace, "1000"], check=True)
        self.export(trace)
        counters = {track[1]: values for track, values in Perfetto(self.out).counters.items()}
        self.assertEqual(sorted(counters), ["alpha", "beta", "step", "ux_cost"])
        at = [cycle * 10 for cycle in range(100, 900, 100)]  # ns at 100 MHz
        self.assertEqual(counters["alpha"], list(zip(at, [1, 1.5, 0.5, 1.5, 1.5, 2, 2, 2])))
        self.assertEqual(counters["beta"], list(zip(at, [1, 1, 1, 1.5, 1, 1, 1, 1])))
        self.assertEqual(counters["ux_cost"][:5], list(zip(at, [0, 3, 3.5, 2.5, 2.75])))


class Bad(Case):
    def refuse(self, code, text, *args):
        done = hilbert("trace", "export", *args)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_usage(self):
        trace, to = self.traces["tiny"], f"--perfetto={self.out}"
        self.refuse(2, "trace export takes one format", trace)
        self.refuse(2, "trace export takes one file", to, trace, trace)
        self.refuse(2, "the range of cycles is empty", to, "--from=2", "--to=1", trace)
        self.refuse(2, "--from: expected a cycle or a time, such as 1.2ms, got x", to, "--from=x", trace)
        self.refuse(2, "trace export has no --json", to, "--json", trace)
        self.refuse(2, "trace export has no --stream", to, "--stream=job", trace)
        self.refuse(2, "trace export has no --csv", to, "--csv", trace)
        self.refuse(2, "trace export has no --tolerance", to, "--tolerance=end=1", trace)
        self.refuse(2, "is the trace itself", f"--perfetto={trace}", trace)
        self.refuse(2, "no regular file", f"--perfetto={self.folder}", trace)
        self.refuse(2, "no regular file", "--perfetto=/dev/null", trace)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        for command in ("dump", "info", "stat"):
            done = hilbert("trace", command, to, trace)
            self.assertEqual((done.returncode, done.stderr.splitlines()[0]),
                             (2, f"hilbert: trace {command} has no --perfetto; export does"))
        if "--vcd" in hilbert("trace", "--help").stdout:
            self.refuse(2, "trace export takes one format", to, f"--vcd={self.out}.vcd", trace)
        self.assertEqual(os.listdir(self.folder).count("out.pftrace"), 0)
        self.assertEqual(len(self.dump(trace)) > 0, True)  # still there

    def test_files(self):
        text = os.path.join(self.folder, "text")
        with open(text, "w", encoding="ascii") as file:
            file.write("not a trace\n" * 100)
        before = sorted(os.listdir(self.folder))
        self.refuse(3, "No such file", f"--perfetto={self.out}", "/nonexistent.hbt")
        self.refuse(3, "not a trace", f"--perfetto={self.out}", text)
        self.refuse(3, "/nonexistent/out: No such file", "--perfetto=/nonexistent/out", self.traces["tiny"])
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_full_disk(self):
        """The file is limited; what was at its place before stays."""
        with open(self.out, "w", encoding="ascii") as file:
            file.write("before")
        done = subprocess.run(["sh", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "sh", HILBERT, "trace", "export", "--perfetto",
                               self.out, self.traces["tiny"]], stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"{self.out}: File too large", done.stderr)
        self.assertEqual(glob.glob(self.out + ".*"), [])
        with open(self.out, encoding="ascii") as file:
            self.assertEqual(file.read(), "before")


if __name__ == "__main__":
    HILBERT, MAKE_ODD_TRACE, MAKE_TUNE_TRACE, PROTOC_C = (sys.argv.pop(1) for _ in range(4))
    unittest.main()
