#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hilbert run SUITE --engine analytical as a user meets it: results, and the one line about a bad file.

usage: test_suite.py HILBERT SCENARIOS
"""

import csv
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT = ""
SCENARIOS = pathlib.Path()

FILES = {
    "suite.yaml": """\
suite: s
window_ms: 100
loads: loads.csv
cost_table: table.csv
layers: .
mappings: {WS: ws.m}
score_constants: {k_per_ms: 15, energy_max_mj: 1500}
scores: [RT, Overall]
scenarios: [one]
accelerators: [acc.yaml]
""",
    "loads.csv": """\
scenario,task,network,model,fps,depends_on,probability
one,A,net_a,a,100,,1
one,B,net_b,b,100,A,0.5
""",
    "table.csv": """\
model,dataflow,num_pes,noc_bw,latency_ms,energy_mJ
a,WS,1024,64,1.5,10
b,WS,1024,64,2,20
""",
    "acc.yaml": """\
accelerator: acc
label: A
clock_mhz: 1000
parts:
  - {dataflow: WS, pes: 1024, noc_elements_per_cycle: 64, offchip_elements_per_cycle: 32}
""",
    "b.csv": """\
idx,layer,op,N,K,C,Y,X,R,S
0,conv1,CONV,1,8,16,8,8,3,3
""",
    "ws.m": """\
// a mapping
Dataflow {
  TemporalMap(16, 16) C;
  SpatialMap(1, 1) X'; // '
  Cluster(16, P);
  SpatialMap(1, 1) K;
}
""",
    "a.csv": """\
idx,layer,op,N,K,C,Y,X,R,S
0,conv1,CONV,1,16,16,8,8,3,3
1,conv2,CONV,1,16,16,8,8,1,1
""",
}

TABLE = FILES["table.csv"]
BY_LAYER = TABLE.replace("model,", "model,layer,").replace("a,WS,1024,64,1.5,10\n", "a,conv1,WS,1024,64,1,6\n").replace(
    "b,WS", "b,,WS")

# What is changed in which file, and the one line that must come of it.
BAD = [
    # the suite
    ("suite.yaml", "[RT, Overall]", "[RT, Total]", "suite.yaml:8:14: scores[1]: expected one of RT, EN, QoE, Overall, got Total"),
    ("suite.yaml", "[RT, Overall]", "[RT, RT]", "suite.yaml:8:14: scores[1]: RT is given twice"),
    ("suite.yaml", "[RT, Overall]", "[]", "suite.yaml:8:9: scores: expected 1 .. 4 items, got 0"),
    ("suite.yaml", "k_per_ms: 15", "k: 15",
     "suite.yaml:7:19: score_constants.k: unknown key, expected one of k_per_ms, energy_max_mj"),
    ("suite.yaml", "energy_max_mj: 1500", "energy_max_mj: 0",
     "suite.yaml:7:48: score_constants.energy_max_mj: expected 0.000001 .. 1000000000, got 0"),
    ("suite.yaml", "window_ms: 100", "window_ms: 0", "suite.yaml:2:12: window_ms: expected 1 .. 3600000, got 0"),
    ("suite.yaml", "window_ms: 100", "window_ms: 9", "suite.yaml:2:12: window_ms: shorter than the period of A in one, 10 ms"),
    ("suite.yaml", "[one]", "[one, two]", "suite.yaml:9:18: scenarios[1]: loads.csv has no scenario two"),
    ("suite.yaml", "[one]", "[one, one]", "suite.yaml:9:18: scenarios[1]: one is given twice"),
    ("suite.yaml", "loads: loads.csv", "loads: no.csv", "suite.yaml:3:8: loads: cannot read no.csv"),
    ("suite.yaml", "[acc.yaml]", "[acc.yaml, acc.yaml]",
     "suite.yaml:10:26: accelerators[1]: acc and acc both are A of 1K PEs"),
    ("suite.yaml", "[acc.yaml]", "[suite.yaml]", "suite.yaml:1:1: suite: expected the first key to be accelerator"),
    ("suite.yaml", "cost_table: table.csv\n", "", "suite.yaml:1:1: missing key cost_table, needed for --cost table"),
    ("suite.yaml", "layers: .\n", "accuracy: [{model: c, measured: 1, target: 1, better: higher}]\n",
     "suite.yaml:5:20: accuracy[0].model: no scenario of the suite has a model c"),
    ("suite.yaml", "layers: .\n", "accuracy: [{model: a, measured: 0, target: 1, better: higher}]\n",
     "suite.yaml:5:33: accuracy[0].measured: expected 0.000001 .. 1000000, got 0"),
    ("suite.yaml", "layers: .\n", "accuracy: [{model: a, measured: 1, target: 1, better: more}]\n",
     "suite.yaml:5:55: accuracy[0].better: expected one of higher, lower, got more"),
    # loads
    ("loads.csv", "A,0.5", "A,1.5", "loads.csv:3:21: probability: expected a decimal from 0 to 1, got '1.5'"),
    ("loads.csv", "A,0.5", "A,-0.5", "loads.csv:3:21: probability: expected a decimal from 0 to 1, got '-0.5'"),
    ("loads.csv", "A,0.5", "A,", "loads.csv:3:21: probability: expected a decimal from 0 to 1, got ''"),
    ("loads.csv", "A,0.5", "A,nan", "loads.csv:3:21: probability: expected a decimal from 0 to 1, got 'nan'"),
    ("loads.csv", "A,0.5", "A,0.1234567", "loads.csv:3:21: probability: expected a decimal from 0 to 1 with at most 6 decimals, got '0.1234567'"),
    ("loads.csv", "A,0.5", "C,0.5", "loads.csv:3:19: depends_on: one has no task named 'C'"),
    ("loads.csv", "A,0.5", "B,0.5", "loads.csv:3:19: depends_on: dependency cycle: B -> B"),
    ("loads.csv", "100,,1", "100,B,1", "loads.csv:3:19: depends_on: dependency cycle: B -> A -> B"),
    ("loads.csv", "100,A", "50,A", "loads.csv:3:18: depends_on: frames are matched by number, so B and A need the same fps"),
    ("loads.csv", "100,A", "0,A", "loads.csv:3:15: fps: expected a whole number from 1 to 1000, got '0'"),
    ("loads.csv", "one,B,net_b", "one,A,net_b", "loads.csv:3:5: task: one has a task A already, in line 2"),
    ("loads.csv", "one,B,net_b", "one,B,net_a", "loads.csv:3:7: network: one has a network net_a already, in line 2"),
    ("loads.csv", "one,B,net_b", "one,,net_b",
     "loads.csv:3:5: task: expected 1 .. 63 letters, digits, '.', '_' and '-', the first a letter or digit, got ''"),
    ("loads.csv", ",0.5\n", "\n", "loads.csv:3:1: expected 7 values, got 6"),
    ("loads.csv", ",0.5\n", ",0.5,7\n", "loads.csv:3:1: expected 7 values, got 8"),
    ("loads.csv", "probability", "chance",
     "loads.csv:1:44: unknown column 'chance', expected one of scenario, task, network, model, fps, depends_on, probability"),
    ("loads.csv", "fps,", "", "loads.csv:1:1: missing column fps"),
    ("loads.csv", "fps,", "task,", "loads.csv:1:29: duplicate column task"),
    ("loads.csv", FILES["loads.csv"], "",
     "loads.csv:1:1: expected a first line with the columns scenario, task, network, model, fps, depends_on, probability"),
    # the cost table
    ("table.csv", "b,WS,1024,64,2,20\n", "",
     "loads.csv:3:13: model: expected a row of table.csv for model b, dataflow WS, num_pes 1024, noc_bw 64 (acc.yaml:5)"),
    ("table.csv", "b,WS,1024", "b,WS,2048",
     "loads.csv:3:13: model: expected a row of table.csv for model b, dataflow WS, num_pes 1024, noc_bw 64 (acc.yaml:5)"),
    ("table.csv", TABLE, BY_LAYER,
     "./a.csv:3:3: layer: expected a row of table.csv for model a, layer conv2, dataflow WS, num_pes 1024, noc_bw 64 (acc.yaml:5)"),
    ("table.csv", "64,2,20", "64,2,0", "table.csv:3:16: energy_mJ: expected an energy above 0; the suite's key zero_energy: true "
     "allows a table without energies"),
    ("table.csv", "b,WS", 'b,"WS', "table.csv:3:3: expected a closing quote before the file ends"),
    ("table.csv", "b,WS", 'b,"WS"x', "table.csv:3:7: expected a comma or the line's end behind the closing quote"),
    ("table.csv", "b,WS", 'b,W"S"', "table.csv:3:4: a value with a quote in it begins and ends with one, and has it doubled"),
    ("table.csv", "b,WS", '"b\nc",WS', "table.csv:3:1: model: expected 1 .. 63 letters, digits, '.', '_' and '-', the first a letter "
     "or digit, got 'b c'"),
    ("table.csv", "a,WS,1024,64,1.5,10\nb,WS,1024", '"a",WS,1024,64,1.5,"10\n"\nb,WS,many',
     "table.csv:2:20: energy_mJ: expected a decimal from 0 to 1000000, got '10 '"),
    ("table.csv", "a,WS,1024,64,1.5,10\nb,WS,1024", '"a",WS,1024,64,1.5,10\n"b",WS,many',
     "table.csv:3:8: num_pes: expected a whole number from 1 to 16777216, got 'many'"),
    ("table.csv", "b,WS,1024,64,2,", "a,WS,1024,64,2,",
     "table.csv:3:1: the row for this model, layer and part is in line 2 already"),
    ("table.csv", "64,2,20", "64,0,20", "table.csv:3:14: latency_ms: expected a decimal from 1e-09 to 1000000, got '0'"),
    ("table.csv", "64,2,20", "64,,20", "table.csv:3:14: latency_ms: expected a decimal from 1e-09 to 1000000, got ''"),
    ("table.csv", "64,2,20", "64,2,-1", "table.csv:3:16: energy_mJ: expected a decimal from 0 to 1000000, got '-1'"),
    ("table.csv", "b,WS", "b,XS", "table.csv:3:3: dataflow: expected WS, OS, RS or IS, got 'XS'"),
    # the accelerator
    ("acc.yaml", "dataflow: WS", "dataflow: XS", "acc.yaml:5:16: parts[0].dataflow: expected one of WS, OS, RS, IS, got XS"),
    ("acc.yaml", "pes: 1024", "pes: 0", "acc.yaml:5:25: parts[0].pes: expected 1 .. 16777216, got 0"),
    ("acc.yaml", "label: A", "label: A\nrtl_soc: no.yaml", "acc.yaml:3:10: rtl_soc: cannot read no.yaml"),
    ("acc.yaml", "clock_mhz: 1000\n", "", "acc.yaml:1:1: missing key clock_mhz"),
]

# Likewise, of the models that compute: which model, and the same.
BAD_MODEL = [
    ("maestro", "ws.m", "TemporalMap(16, 16) C", "TemporalMap(Sz(C), 16) C",
     "ws.m:3:15: expected a whole number from 1 to 65535, got Sz"),
    ("maestro", "ws.m", "Cluster(16, P)", "Cluster(16, L)", "ws.m:5:15: expected P, got L"),
    ("maestro", "ws.m", "TemporalMap(16, 16) C", "TemporalMap(16, 17) C",
     "ws.m:3:19: expected an offset up to the size 16, since a larger one leaves work out, got 17"),
    ("maestro", "ws.m", "TemporalMap(16, 16) C", "Unroll(16, 16) C",
     "ws.m:3:3: expected TemporalMap, SpatialMap, Cluster or }, got Unroll"),
    ("maestro", "ws.m", "(1, 1) K", "(1, 1) N", "ws.m:6:20: expected one of K, C, R, S, Y, X, Y', X', got N"),
    ("maestro", "ws.m", "(1, 1) K", "(1, 1) K'", "ws.m:6:20: expected one of K, C, R, S, Y, X, Y', X', got K'"),
    ("maestro", "ws.m", "(1, 1) X'", "(1, 1) C", "ws.m:4:20: this level maps C already"),
    ("maestro", "ws.m", "SpatialMap(1, 1) X'", "TemporalMap(1, 1) X'",
     "ws.m:5:3: expected one or two SpatialMaps in the level that ends here, got 0"),
    ("maestro", "ws.m", "  Cluster(16, P);\n", "} Dataflow\n", "ws.m:5:3: expected the end of the file, got Dataflow"),
    ("maestro", "ws.m", "(1, 1) K;\n}", "(1, 1) K;", "ws.m:7:1: expected TemporalMap, SpatialMap, Cluster or }, got the end of the file"),
    ("maestro", "ws.m", "Cluster(16", "Cluster(2048", "acc.yaml:5:5: parts[0]: expected 2048 PEs or more, the clusters of ws.m, got 1024"),
    ("maestro", "ws.m", "TemporalMap(16", "TemporalMap(0", "ws.m:3:15: expected a whole number from 1 to 65535, got 0"),
    ("maestro", "suite.yaml", "{WS: ws.m}", "{OS: ws.m}", "acc.yaml:5:5: parts[0]: suite.yaml has no mapping for WS"),
    ("maestro", "suite.yaml", "{WS: ws.m}", "{XS: ws.m}",
     "suite.yaml:6:12: mappings.XS: unknown key, expected one of WS, OS, RS, IS"),
    ("maestro", "suite.yaml", "{WS: ws.m}", "{WS: no.m}", "suite.yaml:6:16: mappings.WS: cannot read no.m"),
    ("systolic", "acc.yaml", "dataflow: WS", "dataflow: RS", "acc.yaml:5:5: parts[0]: --cost systolic knows WS, OS and IS, not RS"),
    ("roofline", "suite.yaml", "layers: .\n", "", "suite.yaml:1:1: missing key layers, needed for --cost roofline"),
    ("roofline", "loads.csv", "net_b,b", "net_b,c", "loads.csv:3:13: model: cannot read the layer list ./c.csv: No such file or directory"),
    ("roofline", "a.csv", "16,16,8,8,1,1", "16,0,8,8,1,1", "./a.csv:3:19: C: expected a whole number from 1 to 65535, got '0'"),
    ("roofline", "a.csv", "1,conv2,CONV", "1,conv2,POOL", "./a.csv:3:9: op: expected CONV, got 'POOL'"),
    ("roofline", "a.csv", "1,conv2", "2,conv2", "./a.csv:3:1: idx: expected a whole number from 1 to 1, got '2'"),
    ("roofline", "a.csv", "1,conv2", "1,conv1", "./a.csv:3:3: layer: line 2 has a layer conv1 already"),
]

# What a suite names and the cost model that is asked for does not use: check and run read it all the same.
UNUSED = [
    ("table", "ws.m", "SpatialMap(1, 1) K", "SpatialMap(1, 1) Q", "ws.m:6:20: expected one of K, C, R, S, Y, X, Y', X', got Q"),
    ("table", "ws.m", FILES["ws.m"], "", "ws.m:1:1: expected Dataflow, got the end of the file"),
    ("table", "a.csv", "16,16,8,8,1,1", "16,16,8,8,1,x", "./a.csv:3:28: S: expected a whole number from 1 to 65535, got 'x'"),
    ("table", "b.csv", FILES["b.csv"], None, "loads.csv:3:13: model: cannot read the layer list ./b.csv: No such file or directory"),
    ("roofline", "table.csv", "64,2,20", "64,-2,20", "table.csv:3:14: latency_ms: expected a decimal from 1e-09 to 1000000, got '-2'"),
    ("systolic", "ws.m", "TemporalMap(16", "TemporalMap(1e1", "ws.m:3:15: expected a whole number from 1 to 65535, got 1e1"),
    ("maestro", "table.csv", "model,", "net,", "table.csv:1:1: unknown column 'net', expected one of model, layer, dataflow, num_pes, "
     "noc_bw, latency_ms, energy_mJ"),
]
# What only check looks for: files that no run reads, and answers that only another cost model would give.
ONLY_CHECKED = [
    ("systolic", "acc.yaml", "label: A", "label: A\nrtl_soc: a.csv", "a.csv:1:1: expected keys and values, the first key scenario, model, soc, suite or accelerator"),
    ("roofline", "table.csv", "b,WS", "b,OS",
     "loads.csv:3:13: model: expected a row of table.csv for model b, dataflow WS, num_pes 1024, noc_bw 64 (acc.yaml:5)"),
    ("table", "ws.m", "Cluster(16", "Cluster(2048", "acc.yaml:5:5: parts[0]: expected 2048 PEs or more, the clusters of ws.m, got 1024"),
    ("table", "suite.yaml", "{WS: ws.m}", "{OS: ws.m}", "acc.yaml:5:5: parts[0]: suite.yaml has no mapping for WS"),
]

# MAESTRO's own hardware file, and the one of XRBench's evaluation; an accelerator that has its numbers from there.
FLAT = """\
num_pes: 1024 // comment
l1_size_cstr: 100
l2_size_cstr: 3000
noc_bw_cstr: 64
offchip_bw_cstr: 32
"""
BLOCK = """\
Accelerator Acc0_1K {
  num_pes: 1024
  offchip_bw: 32
  top_noc_bw: 64
  top_noc_latency: 1
  top_noc_multicast: True
  col_noc_bw: 64
  col_noc_latency: 1
  col_noc_multicast: True
  global_shared_memory: 4194304 // 4 MiB
  PE_local_memory: 8192
}
"""
BY_HARDWARE = FILES["acc.yaml"].replace("label: A\n", "label: A\nhardware: hw.m\n").replace(
    "{dataflow: WS, pes: 1024, noc_elements_per_cycle: 64, offchip_elements_per_cycle: 32}", "{dataflow: WS}")
BAD_HARDWARE = [
    (FLAT, "num_pes: 1024", "num_pes: 0", "hw.m:1:10: num_pes: expected a whole number from 1 to 16777216, got 0"),
    (FLAT, "num_pes: 1024", "num_pes: -1", "hw.m:1:10: num_pes: expected a whole number from 1 to 16777216, got -1"),
    (FLAT, "num_pes: 1024", "num_pes: 1e3", "hw.m:1:10: num_pes: expected a whole number from 1 to 16777216, got 1e3"),
    (FLAT, "num_pes: 1024", "num_pes: ", "hw.m:2:1: num_pes: expected a whole number from 1 to 16777216, got l1_size_cstr"),
    (FLAT, "num_pes: 1024", "num_pes 1024", "hw.m:1:9: expected :, got 1024"),
    (FLAT, "num_pes: 1024 // comment\n", "", "hw.m:5:1: missing key num_pes before the end of the file"),
    (FLAT, "l1_size_cstr", "l1_size", "hw.m:2:1: unknown key l1_size, expected one of num_pes, l1_size_cstr, l2_size_cstr, noc_bw_cstr, "
     "NoC_NumHops, offchip_bw_cstr"),
    (FLAT, "l1_size_cstr: 100", "l1_size_cstr: 0", "hw.m:2:15: l1_size_cstr: expected a whole number from 1 to 2147483647, got 0"),
    (FLAT, "l1_size_cstr: 100", "num_pes: 100", "hw.m:2:1: num_pes: already given in line 1"),
    (FLAT, "noc_bw_cstr", "NoC_NumHops: 2 noc_bw_cstr", "hw.m:4:14: NoC_NumHops: expected 1, the only value that the cost model knows, got 2"),
    (FLAT, FLAT, "", "hw.m:1:1: missing key num_pes before the end of the file"),
    (FLAT, FLAT, None, "acc.yaml:3:11: hardware: cannot read hw.m"),
    (FLAT, FLAT, 2 * BLOCK, "acc.yaml:3:11: hardware: hw.m describes 2 accelerators, and there is 1 part"),
    (BLOCK, "col_noc_bw: 64", "col_noc_bw: 32",
     "hw.m:7:15: col_noc_bw: expected 64, the top_noc_bw, since the cost model knows one bandwidth for all levels, got 32"),
    (BLOCK, "top_noc_multicast: True", "top_noc_multicast: False",
     "hw.m:6:22: top_noc_multicast: expected True, the only value that the cost model knows, got False"),
    (BLOCK, "col_noc_latency: 1", "col_noc_latency: 2",
     "hw.m:8:20: col_noc_latency: expected 1, the only value that the cost model knows, got 2"),
    (BLOCK, "  offchip_bw: 32\n", "", "hw.m:11:1: missing key offchip_bw before }"),
    (BLOCK, "num_pes", "pes", "hw.m:2:3: unknown key pes, expected one of num_pes, offchip_bw, top_noc_bw, top_noc_latency, "
     "top_noc_multicast, col_noc_bw, col_noc_latency, col_noc_multicast, global_shared_memory, PE_local_memory"),
    (BLOCK, "}\n", "", "hw.m:12:1: expected one of num_pes, offchip_bw, top_noc_bw, top_noc_latency, top_noc_multicast, col_noc_bw, "
     "col_noc_latency, col_noc_multicast, global_shared_memory, PE_local_memory or }, got the end of the file"),
    (BLOCK, "Acc0_1K {", "Acc0_1K", "hw.m:2:3: expected {, got num_pes"),
    (BLOCK, "}\n", "}\nnum_pes: 3\n", "hw.m:13:1: expected the end of the file, got num_pes"),
]
BAD_BY_HARDWARE = [
    ("{dataflow: WS}", "{dataflow: WS, pes: 5}", "acc.yaml:6:25: parts[0].pes: the key hardware gives it already"),
    ("hardware: hw.m\n", "", "acc.yaml:5:5: parts[0]: missing key pes"),
]

USAGE = [
    (("--engine", "analytical", "--rules", "xrbench", "--score", "k=1"),
     "--score: unknown key k, expected one of k_per_ms, energy_max_mj"),
    (("--engine", "analytical", "--rules", "xrbench", "--cost-hardware", "ws8=x.m"),
     "--cost-hardware: not for --engine analytical --rules"),
    (("--rules", "xrbench"), "--rules: only for --engine analytical"),
    (("--cost", "table"), "--cost: only for --engine analytical"),
    (("--seeds", "3"), "--seeds: only for --engine analytical"),
    (("--engine", "analytical", "--rules", "own"), "--rules: expected xrbench, the only rules there are, got own"),
    (("--engine", "analytical", "--rules", "xrbench", "--soc", "x"), "--soc: not for --engine analytical --rules"),
    (("--engine", "analytical", "--rules", "xrbench", "--json"),
     "--no-candidates, --exact-reference, --functional, --no-skip and --json: not for --engine analytical --rules"),
    (("--engine", "analytical", "--rules", "xrbench", "--seeds", "0"),
     "--seeds: expected a whole number from 1 to 1000000, got 0"),
]


class Suite(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hilbert-test-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.write({})

    def write(self, changed):
        for name, text in {**FILES, **changed}.items():
            (self.dir / name).write_text(text)

    def hilbert(self, *args):
        return subprocess.run([HILBERT, *args], cwd=self.dir, capture_output=True, text=True, timeout=100,
                              env={**os.environ, "HILBERT_DATA": str(SCENARIOS)})

    def run_suite(self, *args, suite="suite.yaml", out="out"):
        done = self.hilbert("run", suite, "--engine", "analytical", "--rules", "xrbench", "--out", out, *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.dir / out / "scores.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def complains(self, code, line, *args):
        done = self.hilbert(*args)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (code, line + "\n", ""))
        self.assertFalse((self.dir / "out").exists())

    def test_bad_files(self):
        for name, old, new, line in BAD:
            with self.subTest(name=name, new=new):
                self.assertIn(old, FILES[name])
                self.write({name: FILES[name].replace(old, new)})
                self.complains(3, line, "run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--out", "out")

    def test_bad_files_of_models_that_compute(self):
        for model, name, old, new, line in BAD_MODEL:
            with self.subTest(name=name, new=new):
                self.assertIn(old, FILES[name])
                text = FILES[name].replace(old, new)
                self.write({name: text})
                self.complains(3, line, "run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--cost", model,
                               "--out", "out")

    def plant(self, name, old, new):
        self.assertIn(old, FILES[name])
        self.write({name: FILES[name].replace(old, new or "")})
        if new is None:
            (self.dir / name).unlink()

    def test_unused_files_are_read(self):
        for model, name, old, new, line in UNUSED:
            with self.subTest(name=name, new=new):
                self.plant(name, old, new)
                self.complains(3, line, "check", "suite.yaml")
                self.complains(3, line, "run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--cost", model,
                               "--out", "out")

    def test_check_finds_more(self):
        for model, name, old, new, line in ONLY_CHECKED:
            with self.subTest(name=name, new=new):
                self.plant(name, old, new)
                self.complains(3, line, "check", "suite.yaml")
                self.run_suite("--cost", model)
                shutil.rmtree(self.dir / "out")

    def test_check_reads_files_of_maestro(self):
        self.write({"flat.m": FLAT, "two.m": 2 * BLOCK})
        done = self.hilbert("check", "ws.m", "flat.m", "two.m")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "ws.m: mapping, 2 levels\nflat.m: hardware, 1 part, 1024 PEs\ntwo.m: hardware, 2 parts, 2048 PEs\n")
        self.write({"ws.m": FILES["ws.m"].replace("SpatialMap", "SpecialMap", 1), "flat.m": FLAT.replace("num_pes", "pes")})
        self.complains(3, "ws.m:4:3: expected TemporalMap, SpatialMap, Cluster or }, got SpecialMap", "check", "ws.m")
        self.assertIn("flat.m:1:1: unknown key pes, expected one of num_pes", self.hilbert("check", "flat.m").stderr)
        self.complains(3, "none.m: No such file or directory", "check", "none.m")

    def test_check_and_run_agree_on_bad_files(self):
        """check reports what run with the table does, in the same words."""
        for name, old, new, line in BAD:
            if "cost_table" not in line:
                with self.subTest(name=name, new=new):
                    self.plant(name, old, new)
                    self.complains(3, line, "check", "suite.yaml")

    def test_hardware_files(self):
        expected = {model: self.run_suite("--cost", model) for model in ("table", "maestro", "roofline")}
        for text in (FLAT, BLOCK, BLOCK.replace(" Acc0_1K", ""), FLAT + "NoC_NumHops: 1;\n"):
            self.write({"acc.yaml": BY_HARDWARE, "hw.m": text})
            self.assertEqual(self.hilbert("check", "acc.yaml").stdout, "acc.yaml: accelerator acc, 1 part, 1K PEs, 1000 MHz\n")
            for model, rows in expected.items():
                self.assertEqual(self.run_suite("--cost", model), rows)
        # two parts, in the order of the blocks
        parts = "  - {dataflow: WS, pes: %u, noc_elements_per_cycle: %u, offchip_elements_per_cycle: %u}\n"
        head = FILES["acc.yaml"].split("  - ")[0]
        self.write({"acc.yaml": head + parts % (256, 16, 8) + parts % (1024, 64, 32)})
        two = self.run_suite("--cost", "maestro")
        self.write({"acc.yaml": head.replace("label: A\n", "label: A\nhardware: hw.m\n") + 2 * "  - {dataflow: WS}\n",
                    "hw.m": BLOCK.replace("1024", "256").replace("64\n", "16\n").replace("bw: 32", "bw: 8") + BLOCK})
        self.assertEqual(self.run_suite("--cost", "maestro"), two)
        self.assertEqual({row["pes"] for row in two}, {"1280"})

    def test_bad_hardware_files(self):
        for good, old, new, line in BAD_HARDWARE:
            with self.subTest(new=new, line=line):
                self.assertIn(old, good)
                self.write({"acc.yaml": BY_HARDWARE, "hw.m": good.replace(old, new or "")})
                if new is None:
                    (self.dir / "hw.m").unlink()
                self.complains(3, line, "check", "suite.yaml")
                self.complains(3, line, "run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--out", "out")
        for old, new, line in BAD_BY_HARDWARE:
            self.write({"acc.yaml": BY_HARDWARE.replace(old, new), "hw.m": FLAT})
            self.complains(3, line, "check", "suite.yaml")

    def test_no_prefix_of_a_hardware_file_crashes(self):
        for text in (FLAT, 2 * BLOCK):
            for length in range(0, len(text), 5):
                self.write({"acc.yaml": BY_HARDWARE, "hw.m": text[:length]})
                self.assertIn(self.hilbert("check", "acc.yaml").returncode, (0, 3))

    def test_published_hardware_files(self):
        """Accelerator J is Dual_4K.m of the published evaluation; given as such, its costs are the same."""
        text = BLOCK.replace("1024", "2048").replace("64\n", "128\n").replace("offchip_bw: 32", "offchip_bw: 128")
        given = (SCENARIOS / "xrbench/accelerators/j-4k.yaml").read_text()
        self.assertEqual(given.count("pes: 2048, noc_elements_per_cycle: 128, offchip_elements_per_cycle: 128}"), 2)
        suite = (SCENARIOS / "xrbench/all.yaml").read_text().replace(": published", f": {SCENARIOS}/xrbench/published")
        suite = suite[:suite.index("accelerators:")] + "accelerators: [j.yaml]\n"
        (self.dir / "hw.m").write_text(2 * text)
        (self.dir / "all.yaml").write_text(suite)
        rows = {}
        for name, changed in (("yaml", given),
                              ("hw", given.replace("clock_mhz", "hardware: hw.m\nclock_mhz").replace(
                                  ", pes: 2048, noc_elements_per_cycle: 128, offchip_elements_per_cycle: 128}", "}"))):
            (self.dir / "j.yaml").write_text("\n".join(l for l in changed.splitlines() if not l.startswith("rtl_soc")) + "\n")
            for cost in ("table", "maestro"):
                rows[name, cost] = self.run_suite("--cost", cost, suite="all.yaml")
        self.assertEqual(rows["yaml", "maestro"], rows["hw", "maestro"])
        self.assertEqual(rows["yaml", "table"], rows["hw", "table"])

    def test_a_table_without_energies(self):
        self.write({"suite.yaml": FILES["suite.yaml"].replace("layers:", "zero_energy: true\nlayers:"),
                    "table.csv": TABLE.replace("2,20", "2,0")})
        self.assertEqual(self.run_suite()[1]["value"], f"{(1490 + 1500) / 3000:.6f}")

    def test_quoted_values(self):
        rows = self.run_suite()
        for text in ("\n".join(",".join(f'"{v}"' for v in line.split(",")) for line in TABLE.splitlines()),
                     TABLE.replace(",10\n", ',"10"\n').replace("\n", "\r\n"),
                     "\ufeff" + TABLE, "\ufeff\"model\"" + TABLE[len("model"):],
                     TABLE.replace("\n", "\n\n# a comment, \"quoted\n")):
            self.write({"table.csv": text})
            self.assertEqual(self.run_suite(), rows)

    def test_score_constants_of_the_command_line(self):
        rows = self.run_suite("--score", "k_per_ms=0,energy_max_mj=100")
        self.assertEqual([r["value"] for r in rows], ["0.500000", f"{0.5 * (0.9 + 0.8) / 2:.6f}"])
        rows = self.run_suite("--score", "energy_max_mj=100")  # what is not named is the suite's
        self.assertEqual(rows[0]["value"], "1.000000")

    def test_every_model_answers(self):
        for model in ("table", "maestro", "roofline", "systolic"):
            with self.subTest(model=model):
                for row in self.run_suite("--cost", model):
                    self.assertTrue(0 < float(row["value"]) <= 1)

    def test_no_prefix_of_a_good_file_crashes(self):
        for name, text in FILES.items():
            for length in range(0, len(text), 7):
                self.write({name: text[:length]})
                for model in ("table", "maestro") if name.endswith(".m") else ("table",):
                    done = self.hilbert("run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--cost", model,
                                        "--out", "o")
                    self.assertIn(done.returncode, (0, 3), (name, length))

    def test_usage(self):
        for args, line in USAGE:
            with self.subTest(args=args):
                self.complains(2, "hilbert: " + line, "run", "suite.yaml", "--out", "out", *args)
        done = self.hilbert("run", "suite.yaml", "--engine", "analytical", "--rules", "xrbench", "--cost", "guess")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "^hilbert: --cost: expected one of table.*, got guess\n$")
        self.complains(3, "suite.yaml:1:1: suite: expected the first key to be scenario", "run", "suite.yaml", "--out", "out")

    def test_results_are_those_asked_for(self):
        rows = self.run_suite()
        self.assertEqual([(r["pes"], r["scenario"], r["accelerator"], r["score"]) for r in rows],
                         [("1K", "one", "A", "RT"), ("1K", "one", "A", "Overall")])
        self.assertEqual(rows[0]["value"], "1.000000")
        # 10 mJ and 20 mJ of 1500, nothing dropped: (1490 + 1480) / 2 / 1500
        self.assertEqual(rows[1]["value"], f"{(1490 + 1480) / 3000:.6f}")

    def test_every_constant_is_settable(self):
        suite = FILES["suite.yaml"]
        self.write({"suite.yaml": suite.replace("1500", "100").replace("k_per_ms: 15", "k_per_ms: 0")})
        rows = self.run_suite()
        self.assertEqual([r["value"] for r in rows], ["0.500000", f"{0.5 * (0.9 + 0.8) / 2:.6f}"])
        self.write({"suite.yaml": suite.replace("score_constants: {k_per_ms: 15, energy_max_mj: 1500}",
                                                "accuracy: [{model: a, measured: 6, target: 3, better: lower}]")})
        self.assertEqual(self.run_suite()[1]["value"], f"{(1490 / 2 + 1480) / 3000:.6f}")

    def test_layers_add_up(self):
        self.write({"table.csv": BY_LAYER + "a,conv2,WS,1024,64,0.5,4\n"})
        self.assertEqual(self.run_suite(), self.run_suite(out="again"))
        self.assertEqual(self.run_suite()[1]["value"], f"{(1490 + 1480) / 3000:.6f}")

    def test_slower_clock_takes_longer(self):
        self.write({"acc.yaml": FILES["acc.yaml"].replace("1000", "100")})  # A takes 15 ms of 10
        self.assertLess(float(self.run_suite()[0]["value"]), 0.6)

    def test_tasks(self):
        """What tasks.csv says adds up to scores.csv."""
        rows = self.run_suite(suite="xrbench/all")
        with open(self.dir / "out" / "tasks.csv", newline="", encoding="utf-8") as file:
            tasks = list(csv.DictReader(file))
        self.assertEqual(len(tasks), 26 * 26)
        for row in rows:
            own = [t for t in tasks if all(t[key] == row[key] for key in ("pes", "scenario", "accelerator"))]
            column = "model" if row["score"] == "Overall" else row["score"]
            mean = sum(float(t[column] or 0) for t in own) / len(own)
            self.assertAlmostEqual(mean, float(row["value"]), places=5)
            for task in own:
                frames = int(task["executed"]) + int(task["dropped"])
                self.assertEqual(task["QoE"], f"{int(task['executed']) / frames:.6f}" if frames else "")

    def test_inferences(self):
        """What inferences.csv says adds up to tasks.csv; each of its scores is that of its line."""
        self.run_suite(suite="xrbench/all")
        with open(self.dir / "out" / "inferences.csv", newline="", encoding="utf-8") as file:
            frames = list(csv.DictReader(file))
        with open(self.dir / "out" / "tasks.csv", newline="", encoding="utf-8") as file:
            tasks = {tuple(t[key] for key in ("pes", "scenario", "accelerator", "task")): t for t in csv.DictReader(file)}
        sums = {key: {"executed": 0, "dropped": 0, "RT": 0.0, "EN": 0.0, "score": 0.0} for key in tasks}
        for frame in frames:
            sum_of = sums[tuple(frame[key] for key in ("pes", "scenario", "accelerator", "task"))]
            if frame["outcome"] == "dropped":
                sum_of["dropped"] += 1
                self.assertEqual([frame[key] for key in ("energy_mj", "real_time", "energy", "accuracy", "score")],
                                 ["", "", "", "", "0.000000"])
                self.assertGreater(float(frame["ended_ms"]), float(frame["deadline_ms"]))
                continue
            late = float(frame["ended_ms"]) - float(frame["deadline_ms"])
            # Times have six decimals, of which 15 make the exponent.
            self.assertAlmostEqual(float(frame["real_time"]), 1 / (1 + math.exp(min(15 * late, 700))), delta=1e-5)
            self.assertAlmostEqual(float(frame["energy"]), 1 - float(frame["energy_mj"]) / 1500, delta=2e-6)
            self.assertEqual(frame["accuracy"], "1.000000")
            product = float(frame["real_time"]) * float(frame["energy"])
            self.assertAlmostEqual(float(frame["score"]), product, delta=2e-6)
            sum_of["executed"] += 1
            for key, column in (("RT", "real_time"), ("EN", "energy"), ("score", "score")):
                sum_of[key] += float(frame[column])
        for key, task in tasks.items():
            sum_of = sums[key]
            executed, dropped = sum_of["executed"], sum_of["dropped"]
            self.assertEqual((executed, dropped), (int(task["executed"]), int(task["dropped"])))
            if executed:
                self.assertAlmostEqual(sum_of["RT"] / executed, float(task["RT"]), delta=2e-6)
                self.assertAlmostEqual(sum_of["EN"] / executed, float(task["EN"]), delta=2e-6)
            if executed + dropped:
                qoe = executed / (executed + dropped)
                self.assertAlmostEqual(sum_of["score"] / (executed + dropped) * qoe, float(task["model"]), delta=2e-6)

    def test_seeds(self):
        self.run_suite("--seeds", "3", "--seed", "5")
        lines = (self.dir / "out" / "seeds.csv").read_text().splitlines()
        self.assertEqual(len(lines), 1 + 3 * 2)
        self.assertEqual([line.split(",")[0] for line in lines[1:]], ["5", "5", "6", "6", "7", "7"])
        self.run_suite("--seed", "5")  # and what an earlier run left is gone
        self.assertEqual(sorted(p.name for p in (self.dir / "out").iterdir()), ["inferences.csv", "scores.csv", "tasks.csv"])

    def test_same_seed_same_bytes_and_fast(self):
        begin = time.monotonic()
        self.run_suite(suite="xrbench/all", out="one")
        seconds = time.monotonic() - begin
        self.run_suite(suite="xrbench/all", out="two")
        self.assertEqual((self.dir / "one" / "scores.csv").read_bytes(), (self.dir / "two" / "scores.csv").read_bytes())
        self.run_suite("--seed", "2", suite="xrbench/all", out="three")
        self.assertNotEqual((self.dir / "one" / "scores.csv").read_bytes(), (self.dir / "three" / "scores.csv").read_bytes())
        self.assertLess(seconds, 2)

    def test_shipped_accelerators_are_the_published_ones(self):
        done = self.hilbert("list", "accelerators")
        names = [line.split()[0] for line in done.stdout.splitlines()]
        self.assertEqual(names, [f"{letter}-{size}" for letter in "abcdefghijklm" for size in ("4k", "8k")])
        for size, pes in (("4k", "4K"), ("8k", "8K")):
            files = [str(SCENARIOS / "xrbench" / "accelerators" / f"{letter}-{size}.yaml") for letter in "abcdefghijklm"]
            done = self.hilbert("check", *files)
            self.assertEqual(done.returncode, 0)
            for line in done.stdout.splitlines():
                self.assertIn(f" PEs, 1000 MHz", line)


if __name__ == "__main__":
    HILBERT = os.path.abspath(sys.argv[1])
    SCENARIOS = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1])
