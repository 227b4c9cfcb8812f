#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hilbert certify as a user meets it.

usage: test_certify.py HILBERT ALTER_TRACE GROUP, GROUP being the name of a class below
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT = ALTER = ""
SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "scenarios"
TINY = ("demo/tiny", "--soc", "duo-ws8-os8")


def hilbert(*args, **options):
    return subprocess.run([HILBERT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_scenario(self, *args, level="boundary", name="run"):
        out = self.folder / name
        result = hilbert("run", *args, "--trace", level, "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        return out

    def altered(self, source, *changes, name="altered"):
        """A folder with the trace of another one, changed; and cycle and tile of each record that is."""
        out = self.folder / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        result = subprocess.run([ALTER, source / "trace.hbt", out / "trace.hbt", *map(str, changes)], text=True,
                                stdout=subprocess.PIPE, check=True)
        return out, [tuple(map(int, line.split())) for line in result.stdout.splitlines()]

    def certify(self, out, *args, code=0):
        result = hilbert("certify", out, *args)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def certificate(self, out, name="certificate.json"):
        return json.loads((out / name).read_text())


class Runs(Case):
    def check(self, *args):
        out = self.run_scenario(*args)
        self.certify(out)
        found = self.certificate(out)
        metrics = json.loads((out / "metrics.json").read_text())
        self.assertEqual(found["verdict"], "certified")
        self.assertTrue(found["whole"])
        self.assertEqual(found["mismatches"], 0)
        self.assertEqual(found["jobs"], found["jobs_certified"])
        self.assertEqual({t["name"]: t["jobs_certified"] for t in found["tiles"]},
                         {t["name"]: t["jobs"] for t in metrics["tiles"]})
        return found

    def test_systolic_tiles(self):
        self.check(*TINY)

    def test_systolic_tiles_under_back_pressure(self):
        self.check(*TINY, "--stall-ppm", "300000")
        self.check(*TINY, "--stall-ppm", "800000", "--stall-seed", "9")

    def test_every_cycle_evaluated(self):
        self.check(*TINY, "--no-skip", "--duration", "2ms")

    def test_vector_tiles(self):
        found = self.check("demo/mixed", "--duration", "6ms", "--stall-ppm", "100000")
        self.assertGreater({t["model"]: t["jobs"] for t in found["tiles"]}["vec16"], 0)

    def test_a_run_that_ends_within_jobs(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "1200us")
        self.certify(out)
        found = self.certificate(out)
        self.assertEqual(found["unfinished_segments"], 4)
        self.assertEqual(found["mismatches"], 0)

    def test_the_next_run_takes_the_folder(self):
        out = self.run_scenario(*TINY)
        self.certify(out)
        self.certify(out, "--tile", "tile1", "--sample", "50%")
        self.assertTrue((out / "certificate-tile1-sample.json").exists())
        self.run_scenario(*TINY, "--duration", "1ms")
        self.assertEqual(sorted(os.listdir(out)), ["inferences.csv", "metrics.json", "trace.hbt"])

    def test_one_tile(self):
        out = self.run_scenario(*TINY)
        self.certify(out)
        whole = (out / "certificate.json").read_text()
        self.certify(out, "--tile", "tile1")
        self.assertEqual((out / "certificate.json").read_text(), whole, "a part replaced the whole")
        found = self.certificate(out, "certificate-tile1.json")
        self.assertEqual([t["name"] for t in found["tiles"]], ["tile1"])
        self.assertFalse(found["whole"])
        self.assertIn("no tile tile9", self.certify(out, "--tile", "tile9", code=2).stderr)

    def test_json_is_the_certificate(self):
        out = self.run_scenario(*TINY)
        self.assertEqual(json.loads(self.certify(out, "--json").stdout), self.certificate(out))


class Altered(Case):
    """Each change is one that no tile shows: it must be found, where it is."""

    CHANGES = (
        # stream, record, changes, signal, cycles from the change to the first difference
        ("axi_ar", 700, ("cycle", 1), "m_axi_arvalid", 0),
        ("axi_ar", 701, ("cycle", -1), "m_axi_arvalid", -1),
        ("axi_ar", 702, ("addr", 64), "m_axi_araddr", 0),
        ("axi_ar", 703, ("id", 1), "m_axi_arid", 0),
        ("axi_ar", 704, ("beats", 1), "m_axi_arlen", 0),
        ("axi_ar", 705, ("drop",), "m_axi_arvalid", 0),
        ("axi_aw", 300, ("cycle", 1), "m_axi_awvalid", 0),
        ("axi_aw", 301, ("addr", 16), "m_axi_awaddr", 0),
        ("axi_aw", 302, ("id", 1), "m_axi_awid", 0),
        ("axi_aw", 303, ("beats", -1), "m_axi_awlen", 0),
        ("axi_w", 400, ("strobe", 1), "m_axi_wstrb", 0),
        ("axi_w", 401, ("beats", 1), "m_axi_w", None),
        ("axi_w", 402, ("cycle", 1), "m_axi_wvalid", 0),
        ("reg_b", 100, ("cycle", 1), "s_axil_bvalid", 0),
        ("reg_b", 101, ("resp", 2), "s_axil_bresp", 0),
        ("reg_r", 40, ("cycle", 1), "s_axil_rvalid", 0),
        ("reg_r", 41, ("data", 1), "s_axil_rdata", 0),
        ("reg_r", 42, ("resp", 2), "s_axil_rresp", 0),
        ("irq_wire", 20, ("cycle", 1), "irq_o", 0),
        ("irq_wire", 21, ("cycle", -1), "irq_o", -1),
        ("irq_wire", 22, ("cycle", 1), "irq_o", 0),
        ("irq_wire", 89, ("cycle", 1), "irq_o", 0),
        ("idle_wire", 300, ("cycle", 1), "idle_o", 0),
        ("idle_wire", 301, ("cycle", -1), "idle_o", -1),
        ("reg_aw", 100, ("wait", 1), None, None),
        ("axi_r", 900, ("wait", 1), "m_axi_rready", None),
        ("axi_b", 300, ("wait", 1), "m_axi_bready", None),
        ("job", 20, ("end", 1), "job.end", 0),
        ("job", 19, ("end", -1), "job.end", -1),
        ("job", 21, ("start", 1), "job.start", 0),
        ("job", 22, ("tag", 1), "job.tag", 0),
        ("job", 23, ("status", 1), "job.status", 0),
        ("job", 24, ("command", 1), "job.command", 0),
        ("job", 25, ("busy", 1), "job.busy", 0),
        ("job", 26, ("array", 1), "job.array", 0),
        ("job", 27, ("wait_load", 1), "job.wait_load", 0),
        ("job", 28, ("wait_store", 1), "job.wait_store", 0),
        ("job", 29, ("wait_wgt", 1), "job.wait_wgt", 0),
        ("job", 30, ("wait_cmd", 1), "job.wait_cmd", 0),
        ("job", 31, ("rd_beats", 1), "job.rd_beats", 0),
        ("job", 32, ("wr_beats", 1), "job.wr_beats", 0),
    )

    def test_each_is_found(self):
        source = self.run_scenario(*TINY)
        self.certify(source)
        for stream, record, change, signal, distance in self.CHANGES:
            with self.subTest(stream=stream, record=record, change=change):
                out, ((cycle, tile),) = self.altered(source, stream, record, *change)
                printed = self.certify(out, code=1)
                found = self.certificate(out)
                first = found["first_mismatches"][0]
                self.assertEqual(found["verdict"], "differs")
                self.assertFalse(found["whole"])
                self.assertEqual(found["segments_that_differ"], 1)
                self.assertLess(found["jobs_certified"], found["jobs"])
                self.assertEqual(first["tile"], f"tile{tile}")
                self.assertRegex(first["job"], r"^\w+#\d+/\w+$|^between jobs$")
                self.assertIn(f"tile{tile}, {first['job']}, cycle {first['cycle']}: {first['signal']}", printed.stdout)
                if signal is not None:
                    self.assertTrue(any(m["signal"].startswith(signal) for m in found["first_mismatches"]), found)
                if distance is not None:
                    self.assertEqual(first["cycle"], cycle + distance)
                else:
                    self.assertLess(abs(first["cycle"] - cycle), 40)

    def test_last_beats(self):
        source = self.run_scenario(*TINY, "--stall-ppm", "300000")
        dump = hilbert("trace", "dump", source / "trace.hbt", "--stream", "axi_w,axi_r", "--json").stdout.splitlines()
        for stream, signal in (("axi_w", "m_axi_wlast"), ("axi_r", "m_axi_rlast")):
            records = [r for r in map(json.loads, dump) if r["stream"] == stream]
            for last in (True, False):
                with self.subTest(stream=stream, last=last):
                    index = [i for i, r in enumerate(records) if bool(r["last"]) == last][4]
                    out, _ = self.altered(source, stream, index, "last", -1 if last else 1)
                    self.certify(out, code=1)
                    self.assertEqual(self.certificate(out)["first_mismatches"][0]["signal"], signal)

    def test_several(self):
        source = self.run_scenario(*TINY)
        out, places = self.altered(source, "axi_ar", 700, "cycle", 1, "axi_ar", 2000, "cycle", 1)
        self.certify(out, "--jobs", "2", code=1)
        found = self.certificate(out)
        self.assertEqual(found["segments_that_differ"], 2)
        self.assertEqual({m["cycle"] for m in found["first_mismatches"]}, {cycle for cycle, _ in places})


class Input(Case):
    def check(self, out, message, code=3, *args):
        result = self.certify(out, *args, code=code)
        self.assertIn(message, result.stderr)

    def test_no_such_folder(self):
        self.check(self.folder / "none", "trace.hbt: ")

    def test_not_a_trace(self):
        (self.folder / "trace.hbt").write_text("no")
        self.check(self.folder, "not a trace")

    def test_another_level(self):
        self.check(self.run_scenario(*TINY, level="packets"), "recorded at level packets; record it with --trace boundary")

    def test_a_slice(self):
        out = self.run_scenario(*TINY)
        hilbert("trace", "slice", out / "trace.hbt", self.folder / "trace.hbt", "--from", "1000")
        self.check(self.folder, "slice")

    def test_a_trace_without_metadata(self):
        out = self.run_scenario(*TINY)
        text = (out / "trace.hbt").read_bytes()
        self.assertNotEqual(text, b"")
        self.check(self.altered(out, "meta", "certify.scenario", "no/such.yaml")[0], "no/such.yaml")
        self.check(self.altered(out, "meta", "policy", "none")[0], "no policy is named none")

    def test_a_changed_scenario(self):
        shutil.copytree(SCENARIOS, self.folder / "data")
        scenario = self.folder / "data" / "demo" / "tiny.yaml"
        out = self.run_scenario(scenario, "--soc", "duo-ws8-os8")
        self.certify(out)
        scenario.write_text(scenario.read_text().replace("models/tiny-matmul.yaml", "models/tiny-odd.yaml"))
        self.check(out, "no longer makes the workload of the run")
        scenario.unlink()
        self.check(out, "tiny.yaml")
        self.certify(out, "--scenario", SCENARIOS / "demo" / "tiny.yaml")

    def test_another_seed(self):
        out = self.run_scenario(*TINY)
        self.check(self.altered(out, "meta", "seed", "2")[0], "no longer makes the workload of the run")

    def test_a_cut_trace(self):
        whole = self.run_scenario("bench/busy-quad", "--duration", "8ms")
        cut = self.folder / "cut"
        cut.mkdir()
        data = (whole / "trace.hbt").read_bytes()
        (cut / "trace.hbt").write_bytes(data[:len(data) * 2 // 3])
        self.check(cut, "the trace is not whole; what there is was compared, and is as recorded")
        found = self.certificate(cut)
        self.assertEqual((found["verdict"], found["whole"], found["trace"]), ("part", False, "cut"))
        self.assertIn("cut short", found["trace_damage"])
        self.assertEqual(found["mismatches"], 0)
        self.assertGreater(found["cycles"], 100000)
        recovered = self.folder / "recovered"
        recovered.mkdir()
        hilbert("trace", "recover", cut / "trace.hbt", recovered / "trace.hbt")
        self.check(recovered, "the trace is not whole")
        self.assertEqual(self.certificate(recovered)["trace"], "incomplete")
        self.assertEqual(self.certificate(recovered)["cycles"], found["cycles"])

    def test_a_difference_in_a_cut_trace(self):
        out, _ = self.altered(self.run_scenario(*TINY), "axi_ar", 100, "cycle", 1)
        data = (out / "trace.hbt").read_bytes()
        (out / "trace.hbt").write_bytes(data[:-300])
        self.certify(out, code=1)

    def test_usage(self):
        for args in (("--jobs", "0"), ("--jobs", "x"), ("--sample", "0%"), ("--sample", "5"), ("--sample", "101%"), ("x",)):
            self.certify(self.folder, *args, code=2)


class Sharing(Case):
    def test_any_number_of_processes_make_the_same_certificate(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "1ms")
        texts = set()
        for jobs in ("1", "2", "3"):
            shutil.rmtree(out / "certify", ignore_errors=True)
            self.certify(out, "--jobs", jobs)
            texts.add((out / "certificate.json").read_text())
        self.assertEqual(len(texts), 1)

    def test_two_calls_share(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "1ms")
        calls = [subprocess.Popen([HILBERT, "certify", out], stdout=subprocess.DEVNULL) for _ in range(2)]
        self.assertEqual([call.wait(60) for call in calls], [0, 0])
        self.assertEqual(self.certificate(out)["mismatches"], 0)

    def start(self, out):
        """A call in a session of its own, with one result there and another unit claimed."""
        call = subprocess.Popen([HILBERT, "certify", out, "--jobs", "1"], start_new_session=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3000):
            names = os.listdir(out / "certify") if (out / "certify").is_dir() else []
            if any(n.endswith(".result") for n in names) and any(n.endswith(".claim") for n in names):
                return call
            time.sleep(0.01)
        self.fail("nothing was done in 30 s")

    def check_it_goes_on(self, out, whole):
        results = {f: f.stat().st_mtime_ns for f in (out / "certify").glob("*.result")}
        self.assertTrue(results)
        self.assertFalse((out / "certificate.json").exists())
        self.certify(out)
        for file, modified in results.items():
            self.assertEqual(file.stat().st_mtime_ns, modified, "a unit was done again")
        self.assertEqual((out / "certificate.json").read_text(), whole)
        self.assertFalse(list((out / "certify").glob("*.claim")))

    def test_a_damaged_result_is_done_again(self):
        out = self.run_scenario(*TINY)
        self.certify(out)
        whole = (out / "certificate.json").read_text()
        unit = out / "certify" / "unit-0.result"
        text = unit.read_text()
        for wrong in (re.sub(r"segments \d+", "segments 1", text), re.sub(r" jobs \d+", " jobs 1", text),
                      text.replace("mismatches 0", "mismatches 1"), text.replace("failed 0", "failed 1"), text[:-1], "",
                      (out / "certify" / "unit-1.result").read_text()):
            self.assertNotEqual(wrong, text)
            unit.write_text(wrong)
            self.certify(out)
            self.assertEqual(unit.read_text(), text)
            self.assertEqual((out / "certificate.json").read_text(), whole)

    def test_what_was_killed_goes_on(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "3ms")
        self.certify(out)
        whole = (out / "certificate.json").read_text()
        shutil.rmtree(out / "certify")
        (out / "certificate.json").unlink()
        call = self.start(out)
        os.killpg(call.pid, signal.SIGKILL)
        call.communicate()
        self.check_it_goes_on(out, whole)

    def test_no_process_outlives_its_parent(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "3ms")
        call = self.start(out)
        workers = pathlib.Path(f"/proc/{call.pid}/task/{call.pid}/children").read_text().split()
        self.assertEqual(len(workers), 1)
        os.kill(int(workers[0]), signal.SIGSTOP)  # nor one that does not come to look for it
        os.kill(call.pid, signal.SIGKILL)
        call.communicate(timeout=20)  # its end of the pipes is closed when both are gone
        self.certify(out)

    def test_what_was_interrupted_goes_on(self):
        out = self.run_scenario("bench/busy-quad", "--duration", "3ms")
        self.certify(out)
        whole = (out / "certificate.json").read_text()
        shutil.rmtree(out / "certify")
        (out / "certificate.json").unlink()
        call = self.start(out)
        os.kill(call.pid, signal.SIGINT)
        self.assertIn("the next call goes on", call.communicate()[1])
        self.assertEqual(call.returncode, 130)
        self.check_it_goes_on(out, whole)


class Sample(Case):
    def test_states_what_it_proves(self):
        out = self.run_scenario(*TINY)
        printed = self.certify(out, "--sample", "20%").stdout
        found = self.certificate(out, "certificate-sample.json")
        sample = found["sample"]
        self.assertFalse(found["whole"])
        self.assertEqual((sample["segments"], sample["of"], sample["jobs_of"]), (9, 45, 45))
        self.assertEqual(found["jobs_certified"], 9)
        self.assertEqual(sample["segments_that_may_differ"], 11)  # C(34,9)/C(45,9) = 0.059, C(33,9)/C(45,9) = 0.0435
        self.assertIn("9 of 45 segments", printed)
        self.assertIn("with 95% confidence at most 11 segments (24.44%), 11 jobs, differ", printed)

    def test_is_the_same_each_time(self):
        out = self.run_scenario(*TINY)
        texts = set()
        for jobs in ("1", "2"):
            shutil.rmtree(out / "certify-sample", ignore_errors=True)
            self.certify(out, "--sample", "30%", "--jobs", jobs)
            texts.add((out / "certificate-sample.json").read_text())
        self.assertEqual(len(texts), 1)

    def test_leaves_the_whole_alone(self):
        out = self.run_scenario(*TINY)
        self.certify(out)
        (out / "certify" / "unit-1.result").unlink()  # there is something left to do
        whole = {f: (f.read_bytes(), f.stat().st_mtime_ns) for f in (out / "certificate.json", *(out / "certify").iterdir())}
        self.certify(out, "--sample", "20%")
        self.assertEqual({f: (f.read_bytes(), f.stat().st_mtime_ns) for f in whole}, whole)
        self.assertEqual(len(list((out / "certify").iterdir())), len(whole) - 1)
        self.assertFalse(self.certificate(out, "certificate-sample.json")["whole"])
        sample = (out / "certificate-sample.json").stat().st_mtime_ns
        self.certify(out, "--sample", "100%")  # which is none
        self.assertTrue(self.certificate(out)["whole"])
        self.assertEqual((out / "certificate-sample.json").stat().st_mtime_ns, sample)
        self.assertEqual((out / "certify" / "unit-0.result").stat().st_mtime_ns, whole[out / "certify" / "unit-0.result"][1])
        self.run_scenario(*TINY, "--duration", "1ms")
        self.assertEqual(sorted(os.listdir(out)), ["inferences.csv", "metrics.json", "trace.hbt"])

    def test_finds_what_it_looks_at(self):
        source = self.run_scenario(*TINY)
        changes = [c for i in range(45) for c in ("job", i, "array", 1)][:4 * 16]
        out, _ = self.altered(source, *changes)
        self.certify(out, "--sample", "100%", code=1)
        self.certify(out, "--sample", "60%", code=1)  # 27 of 45: 16 bad ones cannot all be among the other 18, or hardly
        self.assertNotIn("segments_that_may_differ", self.certificate(out, "certificate-sample.json")["sample"])


if __name__ == "__main__":
    HILBERT, ALTER = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], sys.argv[3], *sys.argv[4:]])
