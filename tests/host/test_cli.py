#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hilbert program as a user meets it: exit codes, the one line of a complaint, what is left behind.

usage: test_cli.py HILBERT SCENARIOS GROUP, GROUP being the name of a class below
"""

import csv
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT = ""
SCENARIOS = pathlib.Path()

SOC = """\
soc: s
clock_mhz: 100
irq_cycles: 4
noc:
  columns: 2
  rows: 2
  flit_bits: 128
  buffer_flits: 4
  router_cycles: 1
  link_cycles: 1
host: {node: [0, 0]}
sensors: {node: [0, 1]}
dram:
  preset: custom
  size_mib: 256
  nodes: [[1, 0]]
  interleave_bytes: 256
  banks: 8
  row_bytes: 4096
  burst_bytes: 32
  queue_depth: 16
  tck_ns: 0.833
  trcd_ns: 13.32
  trp_ns: 13.32
  tcl_ns: 13.328
  tcwl_ns: 9.996
  tras_ns: 32
  tccd_ns: 5.0
  twr_ns: 15
  twtr_ns: 7.5
  trtp_ns: 7.5
  trfc_ns: 350
  trefi_ns: 7800
  trrd_ns: 6.4
  tfaw_ns: 30
tiles:
  - {name: tile0, model: ws8, node: [1, 1]}
"""

MODEL = """\
model: m
layers:
  - {name: a, op: conv, in: [3, 8, 8], out_channels: 16, kernel: [3, 3], padding: [1, 1, 1, 1]}
  - name: b
    op: conv
    out_channels: 8
    kernel: [1, 1]
  - {name: c, op: matmul, out_channels: 4}
"""

# With a block that frames skip and an exit.
PATHS = """\
model: m
layers:
  - {name: a, op: conv, in: [16, 8, 8], out_channels: 16}
  - {name: b, op: conv, out_channels: 16}
  - {name: c, op: add, inputs: [b, a], y_scale: "0.03125"}
  - {name: d, op: conv, out_channels: 16}
  - {name: e, op: conv, out_channels: 4}
blocks:
  - {name: one, layers: [b, c], skip_probability: 0.5}
exits:
  - {after: d, probability: 0.25}
"""

# 16 blocks and 17 exits.
MANY_PATHS = ("model: m\nlayers:\n  - {name: l0, op: conv, in: [16, 2, 2], out_channels: 16}\n"
              + "".join(f"  - {{name: l{i}, op: conv, out_channels: 16}}\n" for i in range(1, 51))
              + "exits:\n" + "".join(f"  - {{after: l{i}, probability: 0.1}}\n" for i in range(33, 50))
              + "blocks:\n" + "".join(f"  - {{name: b{i}, layers: [l{i}, l{i + 1}], skip_probability: 0.1}}\n"
                                      for i in range(1, 33, 2)))

OPERATORS = ("conv, matmul, conv_transpose, batch_matmul, add, sub, mul, max_pool, avg_pool, resize, reduce, softmax, "
             "layer_norm, unary, requantise, concat, slice, transpose")

SCENARIO = """\
scenario: t
soc: soc.yaml
duration_ms: 2
sensors:
  - {name: camera, jitter_us: 5}
tasks:
  - {name: A, model: model.yaml, rate_hz: 1000, sensor: camera}
  - {name: B, model: model.yaml, rate_hz: 1000, sensor: camera, depends_on: A}
  - name: C
    model: model.yaml
    rate_hz: 16.67
    sensor: camera
"""

# For supernets: 32 bits of paths in the heavy one, two in the other.
HEAVY = MANY_PATHS.replace("model: m\n", "model: heavy\n").replace("  - {after: l33, probability: 0.1}\n", "")
TEXTS = {"soc": SOC, "model": MODEL, "scenario": SCENARIO, "heavy": HEAVY, "paths": PATHS.replace("[16, 8, 8]", "[16, 1, 1]")}

# What is changed in which file (every place the old text stands at), and the one line that must come of it.
BAD_FILES = [
    *(("model", MODEL, PATHS.replace(old, new), "%s" % line) for old, new, line in (
        ("skip_probability: 0.5", "skip_probability: 1.5", "9:51: blocks[0].skip_probability: expected 0 .. 1, got 1.5"),
        ("skip_probability: 0.5", "skip_probability: -0.5", "9:51: blocks[0].skip_probability: expected 0 .. 1, got -0.5"),
        ("skip_probability: 0.5", "skip_probability: 1.0000001",
         "9:51: blocks[0].skip_probability: expected 0 .. 1 with at most 6 decimals, got 1.0000001"),
        ("skip_probability", "probability", "9:33: blocks[0].probability: unknown key, expected one of name, layers, skip_probability"),
        (", skip_probability: 0.5", "", "9:5: blocks[0]: missing key skip_probability"),
        ("[b, c]", "[b]", "9:25: blocks[0].layers: expected 2 items, got 1"),
        ("[b, c]", "[b, x]", "9:29: blocks[0].layers[1]: no layer is named x"),
        ("[b, c]", "[c, b]", "9:29: blocks[0].layers[1]: b comes before c"),
        ("[b, c]", "[a, c]", "9:25: blocks[0].layers: a reads the model's input, which nothing may be written over"),
        ("[b, c]", "[b, e]", "9:25: blocks[0].layers: a skipped block leaves its input: a leaves [16, 8, 8], e [4, 8, 8]"),
        ("y_scale: \"0.03125\"", "y_scale: \"0.0625\"",
         "9:25: blocks[0].layers: a skipped block leaves its input: type, zero point and scale of a and c must be the same"),
        ("[b, c]", "[d, d]", "9:25: blocks[0].layers: d cannot write over c while it reads it; the last layer is an add, sub, "
         "mul, unary or requantise of the same shape, or reads something else"),
        ("e, op: conv", "e, inputs: [a], op: conv", "9:25: blocks[0].layers: e reads a, which the block overwrites"),
        ("e, op: conv", "e, inputs: [b], op: conv", "9:25: blocks[0].layers: e reads b, which is not there if the block is skipped"),
        ("skip_probability: 0.5}\n", "skip_probability: 0.5}\n  - {name: two, layers: [c, d], skip_probability: 0.5}\n",
         "10:25: blocks[1].layers: expected layers behind those of block one"),
        ("skip_probability: 0.5}\n", "skip_probability: 0.5}\n  - {name: one, layers: [d, d], skip_probability: 0.5}\n",
         "10:12: blocks[1].name: another block is named one already"),
        ("after: d", "after: x", "11:13: exits[0].after: no layer is named x"),
        ("after: d", "after: e", "11:13: exits[0].after: e is the last layer: there is nothing to leave out"),
        ("after: d", "after: b", "11:13: exits[0].after: b is in block one, which may be skipped"),
        ("probability: 0.25", "probability: often", "11:29: exits[0].probability: expected 0 .. 1 as a plain decimal, got often"),
        ("  - {after: d", "  - {after: d, probability: 0.1}\n  - {after: d", "12:13: exits[1].after: expected a layer behind d, the exit before"),
        ("{name: d,", "{name: d, constants_of: x,", "6:29: layers[3].constants_of: expected an earlier layer, got x"),
        ("{name: d,", "{name: d, constants_of: e,", "6:29: layers[3].constants_of: expected an earlier layer, got e"),
        ("{name: e,", "{name: e, constants_of: d,",
         "7:29: layers[4].constants_of: d differs in more than its inputs: operator, shapes, types, scales, zero points and clip must "
         "be the same"),
        ("{name: c,", "{name: c, constants_of: a,", "5:29: layers[2].constants_of: not for a add"))),
    ("model", MODEL, MANY_PATHS, "55:3: exits: 16 blocks and 17 exits: a frame's path has 32 bits"),
    # supernets, times, scheduler
    *(("scenario", "    model: model.yaml\n    rate", f"    {new}\n    rate", line) for new, line in (
        ("slots: 2", "9:5: tasks[2].model: a task needs the key model, or supernet"),
        ("model: model.yaml\n    supernet: [{model: model.yaml, accuracy: 1}]", "10:12: tasks[2].model: give model or supernet, not both"),
        ("supernet: [{model: model.yaml}]", "10:16: tasks[2].supernet[0]: missing key accuracy"),
        ("supernet: [{model: model.yaml, accuracy: 0}]", "10:46: tasks[2].supernet[0].accuracy: expected 0.000001 .. 1, got 0"),
        ("supernet: [{model: model.yaml, accuracy: 1.1}]", "10:46: tasks[2].supernet[0].accuracy: expected 0.000001 .. 1, got 1.1"),
        ("supernet: [{model: no.yaml, accuracy: 1}]", "10:24: tasks[2].supernet[0].model: cannot read no.yaml"),
        ("supernet: []", "10:15: tasks[2].supernet: expected 1 .. 8 items, got 0"),
        ("model: model.yaml\n    start_ms: -1", "11:15: tasks[2].start_ms: expected 0 .. 3600000, got -1"),
        ("model: model.yaml\n    start_ms: 1\n    stop_ms: 1", "12:14: tasks[2].stop_ms: must be above start_ms"),
        ("model: model.yaml\n    start_ms: 2", "11:15: tasks[2].start_ms: must be below duration_ms, the run's end"),
        ("model: model.yaml\n    stop_ms: 2.000000001", "11:14: tasks[2].stop_ms: must not be above duration_ms, the run's end"),
        ("model: model.yaml\n    priority: urgent", "11:15: tasks[2].priority: expected low, medium or high, got 'urgent'"),
        ("model: model.yaml\n    stop_ms: 0", "11:14: tasks[2].stop_ms: expected 0.000000001 .. 3600000, got 0"))),
    ("scenario", "    model: model.yaml\n", "    supernet: [{model: model.yaml, accuracy: 1}, {model: heavy.yaml, accuracy: 0.5}]\n",
     "10:58: tasks[2].supernet[1].model: the heaviest comes first: heavy has more MACs than the one before"),
    ("scenario", "    model: model.yaml\n", "    supernet: [{model: heavy.yaml, accuracy: 1}, {model: paths.yaml, accuracy: 0.5}]\n",
     "10:58: tasks[2].supernet[1].model: with this model the supernet has more than 32 blocks and exits"),
    ("scenario", "depends_on: A}", "depends_on: A, stop_ms: 1}",
     "8:77: tasks[1].depends_on: frames are matched by number, so B and A need the same start_ms and stop_ms"),
    *(("scenario", "duration_ms: 2\n", f"duration_ms: 2\nscheduler:\n  {new}\n", line) for new, line in (
        ("alpha: 2.1", "5:10: scheduler.alpha: expected 0 .. 2, got 2.1"),
        ("beta: x", "5:9: scheduler.beta: expected 0 .. 2 as a plain decimal, got x"),
        ("mapscore: 1", "5:13: scheduler.mapscore: expected true or false"),
        ("gamma: 1", "5:3: scheduler.gamma: unknown key, expected one of alpha, beta, drop, drop_window, drop_max, mapscore, supernet, tune, "
         "tune_interval_ms, tune_step, tune_stop"),
        ("drop: 3", "5:9: scheduler.drop: expected true or false"),
        ("drop_window: 33", "5:16: scheduler.drop_window: expected 1 .. 32, got 33"),
        ("drop_max: 11", "5:13: scheduler.drop_max: expected 0 .. 10, got 11"),
        ("tune_step: 0", "5:14: scheduler.tune_step: expected 0.000001 .. 2, got 0"),
        ("tune_interval_ms: 1001", "5:21: scheduler.tune_interval_ms: expected 0.000000001 .. 1000, got 1001"))),
    # not YAML, not ours
    ("scenario", SCENARIO, "", "1:1: expected keys and values, the first key scenario, model, soc, suite or accelerator"),
    ("scenario", SCENARIO, "text\n", "1:1: expected keys and values, the first key scenario, model, soc, suite or accelerator"),
    ("scenario", "soc: soc.yaml", "soc: 'soc.yaml", "13:1: not YAML: found unexpected end of stream"),
    ("scenario", "scenario: t", "scenario: t\x01", "1:1: not YAML: control characters are not allowed"),
    ("scenario", "scenario: t", "name: t", "1:1: expected the first key to be scenario, model, soc, suite or accelerator"),
    ("scenario", "    sensor: camera\n", "    sensor: camera\n---\nmodel: x\n", "14:1: expected one document in a file"),
    # keys
    ("scenario", "rate_hz: 16.67", "rate_khz: 16.67",
     "11:5: tasks[2].rate_khz: unknown key, expected one of name, model, supernet, start_ms, stop_ms, rate_hz, sensor, sensors, depends_on, probability, slots, accuracy, priority"),
    ("scenario", "    rate_hz: 16.67\n", "", "9:5: tasks[2]: missing key rate_hz"),
    ("scenario", "duration_ms: 2\n", "", "1:1: missing key duration_ms"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nduration_ms: 3", "4:1: duration_ms: duplicate key, already given in line 3"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    rate_hz: 16.67", "12:5: tasks[2].rate_hz: duplicate key, already given in line 11"),
    ("soc", "rows: 2\n", "rows: 2\n  depth: 1\n",
     "7:3: noc.depth: unknown key, expected one of columns, rows, flit_bits, buffer_flits, router_cycles, link_cycles, "
     "virtual_channels, routing, arbitration, priority, max_outstanding"),
    # types
    ("soc", "irq_cycles: 4", "irq_cycles: many", "3:13: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: 4.5", "3:13: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: 0x4", "3:13: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: 010", "3:13: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: '4'", "3:13: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: -4", "3:13: irq_cycles: expected 0 .. 4294967295, got -4"),
    ("soc", "irq_cycles: 4", "irq_cycles: 5000000000", "3:13: irq_cycles: expected 0 .. 4294967295, got 5000000000"),
    ("soc", "irq_cycles: 4", "irq_cycles:", "3:12: irq_cycles: expected a whole number"),
    ("soc", "irq_cycles: 4", "irq_cycles: [4]", "3:13: irq_cycles: expected a whole number"),
    ("soc", "host: {node: [0, 0]}", "host: 3", "11:7: host: expected keys and values"),
    ("soc", "host: {node: [0, 0]}", "host: {node: 0}", "11:14: host.node: expected a list"),
    ("soc", "host: {node: [0, 0]}", "host: {node: [0, 0, 0]}", "11:14: host.node: expected 2 items, got 3"),
    ("soc", "soc: s", "soc: [s]", "1:6: soc: expected text or a number"),
    ("soc", "soc: s", "soc:", "1:5: soc: must not be empty"),
    ("soc", "soc: s\n", "soc: " + 48 * "s" + "\n", "1:6: soc: longer than 47 bytes"),
    ("soc", "soc: s\n", "soc: a/b\n", "1:6: soc: expected letters, digits, '.', '_' and '-', the first a letter or digit"),
    ("scenario", "scenario: t", "scenario: ..", "1:11: scenario: expected letters, digits, '.', '_' and '-', the first a letter or digit"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\ndrop_late: maybe", "4:12: drop_late: expected true or false"),
    ("scenario", "{name: camera, jitter_us: 5}", "&x {name: camera, jitter_us: 5}\n  - *x", "5:5: sensors[1]: aliases are not supported"),
    ("model", "op: matmul", "op: pool", "8:19: layers[2].op: expected one of " + OPERATORS + ", got pool"),
    # decimals
    ("scenario", "rate_hz: 16.67", "rate_hz: fast", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000 as a plain decimal, got fast"),
    ("scenario", "rate_hz: 16.67", "rate_hz: -1", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000, got -1"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 1e3", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000 as a plain decimal, got 1e3"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 0", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000, got 0"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 0.0", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000, got 0.0"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 1.0000001", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000 with at most 6 decimals, got 1.0000001"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 99999999999999999999999", "11:14: tasks[2].rate_hz: expected 0.000001 .. 1000000, got 99999999999999999999999"),
    ("scenario", "duration_ms: 2", "duration_ms: 0", "3:14: duration_ms: expected 0.000000001 .. 3600000, got 0"),
    ("soc", "tccd_ns: 5.0", "tccd_ns: 5.0001", "28:12: dram.tccd_ns: expected 0.001 .. 1000000 with at most 3 decimals, got 5.0001"),
    ("soc", "tccd_ns: 5.0", "tccd_ns: 0", "28:12: dram.tccd_ns: expected 0.001 .. 1000000, got 0"),
    ("soc", "clock_mhz: 100", "clock_mhz: 0", "2:12: clock_mhz: expected 0.001 .. 10000, got 0"),
    # scenarios: meaning
    ("scenario", "name: C", "name: A", "9:11: tasks[2].name: another task is named A already"),
    ("scenario", "name: C", "name: -C", "9:11: tasks[2].name: expected letters, digits, '.', '_' and '-', the first a letter or digit"),
    ("scenario", "    sensor: camera\n", "    sensor: lidar\n", "12:13: tasks[2].sensor: no sensor is named lidar"),
    ("scenario", "  - {name: camera, jitter_us: 5}\n", "  - {name: camera}\n  - {name: imu}\n", "6:12: sensors[1].name: no task uses sensor imu"),
    ("scenario", "  - {name: camera, jitter_us: 5}\n", "  - {name: camera}\n  - {name: camera}\n", "6:12: sensors[1].name: another sensor is named camera already"),
    ("scenario", "    sensor: camera\n", "", "9:5: tasks[2]: a task needs the key sensor, or sensors"),
    ("scenario", "    sensor: camera\n", "    sensor: camera\n    sensors: [camera]\n",
     "13:14: tasks[2].sensors: give sensor or sensors, not both"),
    ("scenario", "    sensor: camera\n", "    sensors: [camera, lidar]\n", "12:23: tasks[2].sensors[1]: no sensor is named lidar"),
    ("scenario", "    sensor: camera\n", "    sensors: [camera, camera]\n",
     "12:23: tasks[2].sensors[1]: the task has sensor camera already"),
    ("scenario", "    sensor: camera\n", "    sensors: []\n", "12:14: tasks[2].sensors: expected 1 .. 4 items, got 0"),
    ("scenario", "jitter_us: 5", "rate_hz: 60", "7:43: tasks[0].rate_hz: above the rate_hz of sensor camera, 60"),
    ("scenario", "jitter_us: 5", "rate_hz: 0", "5:29: sensors[0].rate_hz: expected 0.000001 .. 1000000, got 0"),
    ("scenario", "jitter_us: 5", "rate_hz: 2000, jitter_us: 250", "5:46: sensors[0].jitter_us: must be below half the sensor's period"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nmodel_sets: [{name: a, folder: .}, {name: a, folder: .}]",
     "4:43: model_sets[1].name: another set is named a already"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nmodel_sets: [{name: a}]", "4:14: model_sets[0]: missing key folder"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nmodel_sets: [{name: a, folder: no}]",
     "8:22: tasks[0].model: cannot read no/model.yaml"),
    ("scenario", "jitter_us: 5", "jitter_us: 500", "5:31: sensors[0].jitter_us: must be below half the period of task A"),
    ("scenario", "depends_on: A", "depends_on: X", "8:77: tasks[1].depends_on: no task is named X"),
    ("scenario", "depends_on: A", "depends_on: C", "8:77: tasks[1].depends_on: frames are matched by number, so B and C need the same rate_hz"),
    ("scenario", "depends_on: A", "depends_on: B", "8:77: tasks[1].depends_on: dependency cycle: B -> B"),
    ("scenario", "    rate_hz: 16.67\n    sensor: camera\n", "    rate_hz: 16.67\n    sensor: camera\n    probability: 1.5\n",
     "13:18: tasks[2].probability: expected 0 .. 1, got 1.5"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    accuracy: {measured: 0, target: 1, better: higher}",
     "12:26: tasks[2].accuracy.measured: expected 0.000001 .. 1000000, got 0"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    accuracy: {measured: 0.9, target: 1000001, better: higher}",
     "12:39: tasks[2].accuracy.target: expected 0.000001 .. 1000000, got 1000001"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    accuracy: {measured: 90 %, target: 1, better: higher}",
     "12:26: tasks[2].accuracy.measured: expected 0.000001 .. 1000000 as a plain decimal, got 90 %"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    accuracy: {measured: 1, target: 1, better: more}",
     "12:48: tasks[2].accuracy.better: expected one of higher, lower, got more"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    accuracy: {measured: 1, target: 1}",
     "12:15: tasks[2].accuracy: missing key better"),
    ("scenario", "    model: model.yaml\n",
     "    supernet: [{model: model.yaml, accuracy: 0.9}]\n    accuracy: {measured: 1, target: 1, better: higher}\n",
     "11:15: tasks[2].accuracy: the models of a supernet have accuracies of their own"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    slots: 1", "12:12: tasks[2].slots: expected 2 .. 8, got 1"),
    ("scenario", "rate_hz: 16.67", "rate_hz: 16.67\n    slots: 9", "12:12: tasks[2].slots: expected 2 .. 8, got 9"),
    # scenarios: faults
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: hang}", "5:5: faults[0]: missing key time"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: melt, time: 1 ms}", "5:21: faults[0].kind: expected hang or error, got 'melt'"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 16, kind: hang, time: 1 ms}", "5:12: faults[0].tile: expected 0 .. 15, got 16"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: error, time: 1 ms}\n  - {tile: 3, kind: hang, time: 1 ms}",
     "6:12: faults[1].tile: SoC s has tiles 0 .. 0, got 3"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: hang, time: soon}",
     "5:33: faults[0].time: expected a time up to an hour, such as 10 ms, got 'soon'"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: hang, time: 1  ms}",
     "5:33: faults[0].time: expected a time up to an hour, such as 10 ms, got '1  ms'"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: hang, time: 2 h}",
     "5:33: faults[0].time: expected a time up to an hour, such as 10 ms, got '2 h'"),
    ("scenario", "duration_ms: 2", "duration_ms: 2\nfaults:\n  - {tile: 0, kind: hang, time: 2 ms}",
     "5:33: faults[0].time: must be before duration_ms, the run's end, got '2 ms'"),
    ("scenario", "jitter_us: 5", "offset_ms: 2",
     "7:57: tasks[0].sensor: with the sensor's offset_ms the first frame would come after duration_ms, the run's end"),
    ("scenario", "    model: model.yaml", "    model: no.yaml", "10:12: tasks[2].model: cannot read no.yaml"),
    ("scenario", "soc: soc.yaml", "soc: no.yaml", "2:6: soc: cannot read no.yaml"),
    ("scenario", "    model: model.yaml", "    model: soc.yaml", "soc.yaml:1:1: soc: expected the first key to be model"),
    # models: meaning
    ("model", "name: c", "name: a", "8:12: layers[2].name: another layer is named a already"),
    ("model", "in: [3, 8, 8], ", "", "3:5: layers[0].in: the first layer must give its input shape, in: [channels, height, width]"),
    ("model", "in: [3, 8, 8]", "in: [3, 8]", "3:29: layers[0].in: expected [channels, height, width] for a conv"),
    ("model", "in: [3, 8, 8]", "in: [3, 0, 8]", "3:33: layers[0].in[1]: expected 1 .. 65535, got 0"),
    ("model", "in: [3, 8, 8]", "in: [3, 8, 65536]", "3:36: layers[0].in[2]: expected 1 .. 65535, got 65536"),
    ("model", "op: matmul, out_channels: 4", "op: requantise, in: [8, 8, 9]",
     "8:35: layers[2].in: the layer before it leaves 8 channels of 8 x 8; leave `in` out, give a shape of the same bytes, or say "
     "`chained: false` for the model"),
    ("model", "op: matmul, out_channels: 4", "op: requantise, in: [16, 8, 4]",
     "8:35: layers[2].in: the layer before it leaves 8 channels of 8 x 8; leave `in` out, give a shape of the same bytes, or say "
     "`chained: false` for the model"),
    ("model", "op: matmul,", "op: matmul, in: [64, 9],",
     "8:31: layers[2].in: the layer before it leaves 8 channels of 1 x 64; leave `in` out, give a shape of the same bytes, or say `chained: false` for the model"),
    ("model", "op: matmul,", "op: matmul, kernel: [1, 1],", "8:35: layers[2].kernel: not for a matmul"),
    ("model", "kernel: [3, 3]", "kernel: [3, 256]", "3:70: layers[0].kernel[1]: expected 1 .. 255, got 256"),
    ("model", "kernel: [3, 3]", "kernel: [3, 11]", "3:5: layers[0]: the output would be empty: the kernel spans 11 columns, the padded input has 10"),
    ("model", "kernel: [1, 1]", "kernel: [1, 1]\n    dilation: [1, 0]", "8:19: layers[1].dilation[1]: expected 1 .. 255, got 0"),
    ("model", "padding: [1, 1, 1, 1]", "padding: [1, 1, 1, 1], same_padding: true", "3:111: layers[0].same_padding: give padding or same_padding, not both"),
    ("model", "out_channels: 8", "out_channels: 0", "6:19: layers[1].out_channels: expected 1 .. 65535, got 0"),
    ("model", "out_channels: 8", "out_channels: 8\n    y_type: int32", "7:13: layers[1].y_type: int32 output is for the last layer only"),
    ("model", "out_channels: 4", "out_channels: 4, y_type: int32, clip: [0, 1]", "8:65: layers[2].clip: not for an int32 output"),
    ("model", "out_channels: 8", "out_channels: 8\n    y_zero_point: 256", "7:19: layers[1].y_zero_point: expected 0 .. 255, got 256"),
    ("model", "out_channels: 8", "out_channels: 8\n    w_zero_point: 128", "7:19: layers[1].w_zero_point: expected -128 .. 127, got 128"),
    ("model", "out_channels: 8", "out_channels: 8\n    clip: [9, 8]", "7:15: layers[1].clip[1]: expected 9 .. 255, got 8"),
    ("model", ", out_channels: 4", "", "8:5: layers[2]: a matmul needs the key out_channels"),
    ("model", "op: matmul", "op: max_pool", "8:43: layers[2].out_channels: not for a max_pool"),
    ("model", "op: matmul, out_channels: 4", "op: max_pool", "8:5: layers[2]: a max_pool needs the key kernel"),
    ("model", "op: matmul, out_channels: 4", "op: unary, function: cube",
     "8:36: layers[2].function: expected one of sigmoid, tanh, gelu, hard_swish, hard_sigmoid, swish, relu, leaky_relu, elu, "
     "softplus, exp, sqrt, reciprocal, abs, neg, got cube"),
    ("model", "op: matmul, out_channels: 4", "op: softmax, alpha: 1", "8:35: layers[2].alpha: not for a softmax"),
    ("model", "out_channels: 8", "out_channels: 8\n    groups: 3",
     "4:5: layers[1]: 3 groups do not divide 16 input and 8 output channels"),
    ("model", "op: matmul, out_channels: 4", "op: add", "8:5: layers[2]: a add needs the key inputs: [first, second]"),
    ("model", "op: matmul, out_channels: 4", "op: add, inputs: [b]", "8:32: layers[2].inputs: a add has two inputs"),
    ("model", "op: matmul, out_channels: 4", "op: add, inputs: [b, d]",
     "8:36: layers[2].inputs[1]: expected `input` or an earlier layer, got d"),
    ("model", "op: matmul, out_channels: 4", "op: add, inputs: [c, b]",
     "8:33: layers[2].inputs[0]: expected `input` or an earlier layer, got c"),
    ("model", "op: matmul, out_channels: 4", "op: add, inputs: [b, input]",
     "8:36: layers[2].inputs[1]: the model's input can only be the first operand"),
    ("model", "op: matmul, out_channels: 4", "op: add, inputs: [a, b]",
     "8:5: layers[2]: operands of 16 x 8 x 8 and 8 x 8 x 8 do not fit"),
    ("model", "op: matmul, out_channels: 4", "op: unary, function: tanh, y_type: int32",
     "8:50: layers[2].y_type: a unary has no int32 output"),
    ("model", "op: matmul, out_channels: 4", "op: unary, function: tanh, y_scale: 0",
     "8:51: layers[2].y_scale: expected 0.000000001 .. 1000000, got 0"),
    ("model", "op: matmul, out_channels: 4", "op: slice, from: [4, 0, 0], out_channels: 5",
     "8:5: layers[2]: the slice leaves the input of 8 x 8 x 8"),
    # SoCs: meaning
    ("soc", "flit_bits: 128", "flit_bits: 96", "7:14: noc.flit_bits: expected a power of two from 64 to 512, got 96"),
    ("soc", "buffer_flits: 4", "buffer_flits: 1", "8:17: noc.buffer_flits: expected 2 .. 128, got 1"),
    ("soc", "  rows: 2\n", "  rows: 2\n  virtual_channels: 5\n", "7:21: noc.virtual_channels: expected 1 .. 4, got 5"),
    ("soc", "  rows: 2\n", "  rows: 2\n  virtual_channels: 0\n", "7:21: noc.virtual_channels: expected 1 .. 4, got 0"),
    ("soc", "  rows: 2\n", "  rows: 2\n  routing: zx\n", "7:12: noc.routing: expected xy or yx, got zx"),
    ("soc", "  rows: 2\n", "  rows: 2\n  arbitration: random\n", "7:16: noc.arbitration: expected round-robin or age, got random"),
    ("soc", "  rows: 2\n", "  rows: 2\n  priority: bulk\n", "7:13: noc.priority: expected none or control, got bulk"),
    ("soc", "  rows: 2\n", "  rows: 2\n  max_outstanding: 17\n", "7:20: noc.max_outstanding: expected 1 .. 16, got 17"),
    ("soc", "  rows: 2\n", "  rows: 2\n  max_outstanding: 0\n", "7:20: noc.max_outstanding: expected 1 .. 16, got 0"),
    ("soc", "columns: 2", "columns: 17", "5:12: noc.columns: expected 1 .. 16, got 17"),
    ("soc", "node: [1, 1]", "node: [2, 1]", "37:37: tiles[0].node: [2, 1] is outside the 2 x 2 mesh"),
    ("soc", "node: [1, 1]", "node: [1, 0]", "37:37: tiles[0].node: node [1, 0] is taken by a DRAM channel"),
    ("soc", "sensors: {node: [0, 1]}", "sensors: {node: [0, 0]}", "12:17: sensors.node: node [0, 0] is taken by the host"),
    ("soc", "model: ws8", "model: ws7", "37:26: tiles[0].model: no tile model is named ws7; `hilbert list tiles` names them"),
    ("soc", "banks: 8", "banks: 6", "18:10: dram.banks: expected a power of two from 1 to 64, got 6"),
    ("soc", "interleave_bytes: 256", "interleave_bytes: 128", "17:21: dram.interleave_bytes: expected a power of two from 256 to 1048576, got 128"),
    ("soc", "size_mib: 256", "size_mib: 4096", "15:13: dram.size_mib: expected 1 .. 2048, got 4096"),
    ("soc", "nodes: [[1, 0]]", "nodes: []", "16:10: dram.nodes: expected 1 .. 4 items, got 0"),
    ("soc", "queue_depth: 16", "queue_depth: 16\n  page_policy: half", "22:16: dram.page_policy: expected open or closed, got half"),
    ("soc", "queue_depth: 16", "queue_depth: 16\n  starvation_cap: 0", "22:19: dram.starvation_cap: expected 1 .. 1000000, got 0"),
    ("soc", "tfaw_ns: 30", "tfaw_ns: 6.399", "35:12: dram.tfaw_ns: must be at least trrd, 6.400 ns, got 6.399"),
    ("soc", "tras_ns: 32", "tras_ns: 13.319", "27:12: dram.tras_ns: must be at least trcd, 13.320 ns, got 13.319"),
    ("soc", "trefi_ns: 7800", "trefi_ns: 699.999", "33:13: dram.trefi_ns: must be at least twice trfc, 700.000 ns, got 699.999"),
    ("soc", "tras_ns: 32", "tras_ns: 32\n  trc_ns: 45.319", "28:11: dram.trc_ns: must be at least tras and trp, 45.320 ns, got 45.319"),
    ("soc", "tck_ns: 0.833", "tck_ns: 9000", "22:11: dram.tck_ns: must be at most tccd, 5.000 ns, got 9000.000"),
    ("soc", "trcd_ns: 13.32\n  trp_ns: 13.32\n  tcl_ns: 13.328\n  tcwl_ns: 9.996\n  tras_ns: 32",
     "trcd_ns: 9000\n  trp_ns: 13.32\n  tcl_ns: 13.328\n  tcwl_ns: 9.996\n  tras_ns: 9000",
     "33:13: dram.trefi_ns: 7799.379 ns between refreshes (in clocks of tck) leave no time for an access: expected at least "
     "27559.805, to close rows, refresh, open rows and move a burst"),
    ("soc", "trfc_ns: 350\n  trefi_ns: 7800", "trfc_ns: 40\n  trefi_ns: 99.999",
     "33:13: dram.trefi_ns: must be at least that of any device, 100.000 ns, got 99.999"),
    ("soc", "tiles:\n", "energy:\n  mac_pj: -1\ntiles:\n", "37:11: energy.mac_pj: expected 0 .. 1000000000, got -1"),
    ("soc", "tiles:\n", "energy:\n  dram_read_pj: 1000000001\ntiles:\n", "37:17: energy.dram_read_pj: expected 0 .. 1000000000, got 1000000001"),
    ("soc", "tiles:\n", "energy:\n  mac: 1\ntiles:\n",
     "37:3: energy.mac: unknown key, expected one of mac_pj, sram_8kib_pj, sram_32kib_pj, sram_1mib_pj, flit_hop_pj, "
     "dram_activate_pj, dram_read_pj, dram_write_pj, dram_refresh_pj, tile_static_mw, dram_static_mw"),
    ("soc", "preset: custom", "preset: ddr5", "14:11: dram.preset: expected one of lpddr4-3200, ddr4-2400, hbm2-2000, custom, got ddr5"),
    ("soc", "  trcd_ns: 13.32\n", "", "14:3: dram: trcd_ns is missing; preset custom has no value for it"),
    ("soc", "  banks: 8\n", "", "14:3: dram: banks is missing; preset custom has no value for it"),
    ("soc", "banks: 8", "banks: 8\n  ranks: 16", "19:10: dram.ranks: expected a power of two from 1 to 8, got 16"),
    ("soc", "banks: 8", "banks: 32\n  ranks: 4", "19:10: dram.ranks: 4 ranks of 32 banks: a channel has at most 64"),
    ("soc", "banks: 8", "banks: 8\n  bank_groups: 16", "19:16: dram.bank_groups: 16 groups of 8 banks"),
    ("soc", "banks: 8", "banks: 8\n  write_high: 17", "19:15: dram.write_high: expected 0 .. 16, got 17"),
    ("soc", "banks: 8", "banks: 8\n  write_high: 8\n  write_low: 8", "20:14: dram.write_low: expected 0 .. 7, got 8"),
    ("soc", "banks: 8", "banks: 8\n  write_low: 1", "19:14: dram.write_low: expected 0 .. 0, got 1"),
    ("soc", "tccd_ns: 5.0", "tccd_ns: 5.0\n  tccd_l_ns: 4.9", "29:14: dram.tccd_l_ns: must be at least tccd, 5.000 ns, got 4.900"),
    ("soc", "trrd_ns: 6.4", "trrd_ns: 6.4\n  trrd_l_ns: 6.3", "35:14: dram.trrd_l_ns: must be at least trrd, 6.400 ns, got 6.300"),
    ("soc", "twtr_ns: 7.5", "twtr_ns: 7.5\n  twtr_l_ns: 7.4", "31:14: dram.twtr_l_ns: must be at least twtr, 7.500 ns, got 7.400"),
    *(("soc", "banks: 8", f"banks: 8\n  mapping: {text}",
       "19:12: dram.mapping: expected row, rank, bank, group and column in some order, highest address bits first, "
       f"with ':' between them, got {text}")
      for text in ("row", "row:rank:bank:group:group", "row:rank:bank:group:col",
                   "row:rank:bank:group:column:row")),
    ("soc", "size_mib: 256", "size_mib: 255\n  mapping: rank:row:bank:group:column",
     "16:12: dram.mapping: only with the row first may a bank have 8160 rows, which is no power of two"),
    ("soc", "  - {name: tile0, model: ws8, node: [1, 1]}\n", 2 * "  - {name: tile0, model: ws8, node: [1, 1]}\n",
     "38:12: tiles[1].name: another tile is named tile0 already"),
]


def without_notes(done):
    """Without what the address sanitizer says of SystemC's coroutines, in a build with it."""
    done.stderr = re.sub(r"(?m)^==\d+==WARNING: ASan is ignoring requested __asan_handle_no_return.*\n.*\n.*\n", "", done.stderr)
    return done


class Case(unittest.TestCase):
    """A folder with a good scenario in it, and ways to run hilbert there."""

    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hilbert-test-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.write()

    def write(self, changed=None, text=""):
        for kind, good in TEXTS.items():
            (self.dir / f"{kind}.yaml").write_text(text if kind == changed else good)

    def hilbert(self, *args, env=None):
        done = subprocess.run([HILBERT, *args], cwd=self.dir, capture_output=True, text=True, timeout=100,
                              env={**os.environ, "HILBERT_DATA": str(SCENARIOS), **(env or {})})
        return without_notes(done)

    def complains(self, exit_code, line, *args, env=None):
        """hilbert ends with that code, prints that line and nothing else, and leaves nothing."""
        before = sorted(self.dir.rglob("*"))
        done = self.hilbert(*args, env=env)
        self.assertEqual(done.stderr, line + "\n")
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.returncode, exit_code)
        self.assertEqual(sorted(self.dir.rglob("*")), before)


class BadFiles(Case):
    def test_every_case(self):
        for kind, old, new, line in BAD_FILES:
            with self.subTest(kind=kind, new=new):
                self.assertIn(old, TEXTS[kind])
                self.write(kind, TEXTS[kind].replace(old, new))
                name = f"{kind}.yaml"
                # the error may be in a file that this one refers to
                line = line if re.match(r"[a-z]+\.yaml:", line) else f"{name}:{line}"
                self.complains(3, line, "check", name)
                if kind == "soc":
                    self.complains(3, line, "run", "scenario.yaml", "--out", "o")
                elif kind == "scenario" and "first key" not in line:
                    self.complains(3, line, "run", name, "--out", "o")

    def test_longer_cycle_is_named(self):
        text = SCENARIO.replace("rate_hz: 1000, sensor: camera}", "rate_hz: 1000, sensor: camera, depends_on: C}")
        text = text.replace("rate_hz: 16.67", "rate_hz: 1000.0\n    depends_on: B")
        self.write("scenario", text)
        self.complains(3, "scenario.yaml:7:77: tasks[0].depends_on: dependency cycle: A -> C -> B -> A",
                       "check", "scenario.yaml")

    def test_error_in_a_model_points_into_the_model(self):
        self.write("model", MODEL.replace("op: matmul", "op: pool"))
        self.complains(3, "model.yaml:8:19: layers[2].op: expected one of " + OPERATORS + ", got pool", "check", "scenario.yaml")

    def test_paths_are_relative_to_the_file(self):
        (self.dir / "deep").mkdir()
        (self.dir / "deep" / "s.yaml").write_text(SCENARIO.replace("    model: model.yaml", "    model: ../no.yaml")
                                                  .replace("model: model.yaml", "model: ../model.yaml")
                                                  .replace("soc: soc.yaml", "soc: ../soc.yaml"))
        self.complains(3, "deep/s.yaml:10:12: tasks[2].model: cannot read deep/../no.yaml", "check", "deep/s.yaml")

    def test_check_reads_everything_a_scenario_names(self):
        """Every set of models, every network of a supernet, and the SoC."""
        sets = SCENARIO.replace("soc: soc.yaml\n", "soc: soc.yaml\nmodel_sets: [{name: one, folder: .}, {name: two, folder: deep}]\n")
        (self.dir / "deep").mkdir()
        (self.dir / "deep" / "model.yaml").write_text(MODEL)
        self.write("scenario", sets)
        self.assertEqual(self.hilbert("check", "scenario.yaml").returncode, 0)
        (self.dir / "deep" / "model.yaml").write_text(MODEL.replace("op: matmul", "op: matmul, groups: 2"))
        done = self.hilbert("check", "scenario.yaml")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, "", "deep/model.yaml:8:35: layers[2].groups: not for a matmul\n"))
        (self.dir / "deep" / "model.yaml").unlink()
        done = self.hilbert("check", "scenario.yaml")
        self.assertEqual((done.returncode, done.stderr), (3, "scenario.yaml:8:22: tasks[0].model: cannot read deep/model.yaml\n"))
        supernet = SCENARIO.replace("    model: model.yaml\n", "    supernet:\n      - {model: model.yaml, accuracy: 1}\n"
                                    "      - {model: paths.yaml, accuracy: 0.9}\n")
        self.write("paths", TEXTS["paths"].replace("probability: 0.25", "probability: 25"))
        (self.dir / "scenario.yaml").write_text(supernet)
        self.complains(3, "paths.yaml:11:29: exits[0].probability: expected 0 .. 1, got 25", "check", "scenario.yaml")
        self.write("soc", SOC.replace("flit_bits: 128", "flit_bits: 100"))
        self.complains(3, "soc.yaml:7:14: noc.flit_bits: expected a power of two from 64 to 512, got 100", "check", "scenario.yaml")

    def test_missing_files(self):
        self.complains(3, "no.yaml: No such file or directory", "check", "no.yaml")
        self.complains(3, "no.yaml: No such file or directory", "run", "no.yaml")
        self.complains(3, ".: Is a directory", "check", ".")
        self.complains(3, "no.yaml: No such file or directory", "run", "scenario.yaml", "--soc", "no.yaml")
        self.complains(3, "hilbert: nope: no such scenario; `hilbert list scenarios` names them", "run", "nope")
        self.complains(3, f"hilbert: xrbench/all: expected a scenario, but {SCENARIOS / 'xrbench' / 'all.yaml'} is a suite",
                       "run", "xrbench/all")
        self.complains(3, "hilbert: nope: no such soc; `hilbert list socs` names them", "run", "tiny", "--soc", "nope")
        self.complains(3, "hilbert: no.elf: No such file or directory",
                       "run", "scenario.yaml", "--firmware", "no.elf")

    def test_a_kind_in_the_place_of_another(self):
        self.complains(3, "soc.yaml:1:1: soc: expected the first key to be scenario", "run", "soc.yaml")
        self.complains(3, "model.yaml:1:1: model: expected the first key to be soc", "run", "tiny", "--soc", "model.yaml")

    def test_check_goes_on_after_a_bad_file(self):
        self.write("soc", SOC.replace("banks: 8", "banks: 6"))
        done = self.hilbert("check", "soc.yaml", "model.yaml")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(done.stdout, "model.yaml: model m, 3 layers, 0.000 GMAC\n")

    def test_no_prefix_of_a_good_file_crashes(self):
        for kind, good in TEXTS.items():
            for length in range(0, len(good), 7):
                self.write(kind, good[:length])
                done = self.hilbert("check", f"{kind}.yaml")
                self.assertIn(done.returncode, (0, 3), good[:length])
                self.assertEqual(len(done.stderr.splitlines()), 1 if done.returncode else 0, done.stderr)


class ShorterRuns(Case):
    TEXT = SCENARIO.replace("duration_ms: 2", "duration_ms: 20\nfaults:\n  - {tile: 0, kind: error, time: 15 ms}").replace(
        "    rate_hz: 16.67\n", "    rate_hz: 16.67\n    start_ms: 2\n    stop_ms: 18.5\n")

    def test_what_is_left_out_is_said_once(self):
        """--duration may end a run before what the scenario has planned: one line, and a note in the results."""
        self.write("scenario", self.TEXT)
        note = ("--duration ends the run at 1 ms, before faults[0] at 15 ms, the first frame of C at 2 ms, "
                "stop_ms of C at 18.5 ms")
        for extra in ((), ("--wave", "w.fst")):
            done = self.hilbert("run", "scenario.yaml", "--engine", "twin", "--duration", "1ms", "--out", "o", *extra)
            self.assertEqual((done.returncode, done.stderr), (0, f"hilbert: warning: {note}\n"))
            self.assertEqual(json.loads((self.dir / "o" / "metrics.json").read_text())["note"], note)

    def test_more_than_three_are_counted(self):
        text = self.TEXT.replace("time: 15 ms}", "time: 15 ms}" + 3 * "\n  - {tile: 0, kind: error, time: 16.5 ms}")
        self.write("scenario", text)
        done = self.hilbert("run", "scenario.yaml", "--engine", "twin", "--duration", "17ms", "--out", "o")
        self.assertEqual(done.stderr, "hilbert: warning: --duration ends the run at 17 ms, before stop_ms of C at 18.5 ms\n")
        done = self.hilbert("run", "scenario.yaml", "--engine", "twin", "--duration", "1ms", "--out", "o")
        self.assertEqual(done.stderr, "hilbert: warning: --duration ends the run at 1 ms, before faults[0] at 15 ms, "
                                      "faults[1] at 16.5 ms, faults[2] at 16.5 ms and 3 more\n")

    def test_a_run_of_full_length_has_no_note(self):
        done = self.hilbert("run", "scenario.yaml", "--engine", "twin", "--duration", "2ms", "--out", "o")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("note", json.loads((self.dir / "o" / "metrics.json").read_text()))


class Usage(Case):
    def test_model_sets(self):
        scenario = SCENARIOS / "xrbench" / "social-interaction-b.yaml"
        self.complains(3, f"{scenario}:9:3: model_sets: no set is named nope; there are corrected, published",
                       "run", scenario, "--models", "nope")
        scenario = SCENARIOS / "demo" / "tiny.yaml"
        self.complains(3, f"{scenario}:3:11: scenario: no model_sets to choose nope from", "run", scenario, "--models", "nope")

    def test_every_case(self):
        for line, *args in [
            ("bogus: no such command; `hilbert --help` lists them", "bogus"),
            ("bogus: no such command; `hilbert --help` lists them", "help", "bogus"),
            ("usage: hilbert run SCENARIO; `hilbert run --help` explains", "run"),
            ("usage: hilbert run SCENARIO; `hilbert run --help` explains", "run", "a", "b"),
            ("usage: hilbert check FILE...; `hilbert check --help` explains", "check"),
            ("--frob: unknown option; `hilbert run --help` explains", "run", "tiny", "--frob"),
            ("--out: missing argument; `hilbert run --help` explains", "run", "tiny", "--out"),
            ("--policy: no policy is named lifo; `hilbert list policies` names them", "run", "tiny", "--policy", "lifo"),
            ("--sched: parameters of the policy dream, not of fcfs", "run", "tiny", "--sched", "alpha=0.5"),
            ("--sched: expected key=value, such as alpha=0.5 or drop=off, got alpha", "run", "tiny", "--sched", "alpha"),
            ("--sched: alpha: expected 0 .. 2, got 2.5", "run", "tiny", "--sched", "beta=1,alpha=2.5"),
            ("--sched: alpha is given twice", "run", "tiny", "--sched", "alpha=0.5,beta=1,alpha=0.5"),
            ("--score: k_per_ms: expected 0 .. 1000000, got -1", "run", "tiny", "--score", "k_per_ms=-1"),
            ("--score: energy_max_mj is given twice", "run", "tiny", "--score", "energy_max_mj=1,energy_max_mj=2"),
            ("--score: unknown key k, expected one of k_per_ms, energy_max_mj", "run", "tiny", "--score", "k=15"),
            ("--score: expected key=value, such as k_per_ms=15, got 15", "run", "tiny", "--score", "15"),
            ("--score: expected key=value, such as k_per_ms=15, got nothing", "run", "tiny", "--score", ""),
            ("--score: expected key=value, such as k_per_ms=15, got nothing behind a comma", "run", "tiny", "--score", "k_per_ms=1,"),
            ("--score: expected key=value, such as k_per_ms=15, got nothing before a comma", "run", "tiny", "--score", ",k_per_ms=1"),
            ("--sched: drop: expected on or off, got true", "run", "tiny", "--sched", "drop=true"),
            ("--sched: drop_max: expected 0 .. drop_window, got 3", "run", "tiny", "--sched", "drop_window=2,drop_max=3"),
            ("--sched: tune_interval_ms: expected 0.000000001 .. 1000, got 0", "run", "tiny", "--sched", "tune_interval_ms=0"),
            ("--sched: mapscore: expected on or off, got 0", "run", "tiny", "--sched", "mapscore=0"),
            ("--sched: unknown key gamma, expected one of alpha, beta, drop, drop_window, drop_max, mapscore, supernet, tune, "
             "tune_interval_ms, tune_step, tune_stop", "run", "tiny", "--sched", "gamma=1"),
            ("--duration: expected 1ps to 3600s, such as 34ms or 1.5s, got 34", "run", "tiny", "--duration", "34"),
            ("--duration: expected 1ps to 3600s, such as 34ms or 1.5s, got 0ms", "run", "tiny", "--duration", "0ms"),
            ("--duration: expected 1ps to 3600s, such as 34ms or 1.5s, got 2h", "run", "tiny", "--duration", "2h"),
            ("--seed: expected a whole number from 0 to 18446744073709551615, got -1", "run", "tiny", "--seed=-1"),
            ("--stall-ppm: expected a whole number from 0 to 900000, got 2e6", "run", "tiny", "--stall-ppm", "2e6"),
            ("--trace: expected decisions, jobs, packets, boundary or off, got all", "run", "tiny", "--trace", "all"),
            ("--progress: expected auto, always or never, got x", "run", "tiny", "--progress", "x"),
            ("cats: expected scenarios, models, socs, suites, accelerators, policies or tiles to list", "list", "cats"),
            ("eat: expected info, dump, stat, diff, slice, recover or export", "trace", "eat", "x.hbt"),
            ("--from: expected a cycle or a time, such as 1.2ms, got x",
             "trace", "dump", "x.hbt", "--from", "x"),
        ]:
            with self.subTest(args=args):
                self.complains(2, "hilbert: " + line, *args)

    def test_no_command_shows_help(self):
        done = self.hilbert()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: hilbert COMMAND", done.stderr)

    def test_help(self):
        for command in ("run", "check", "list", "trace"):
            self.assertIn(f"  {command}", self.hilbert("--help").stdout)
            for args in (("help", command), (command, "--help")):
                done = self.hilbert(*args)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"Usage: hilbert {command}", done.stdout)
        self.assertRegex(self.hilbert("--version").stdout, r"^hilbert \d+\.\d+\.\d+\n$")


class Shipped(Case):
    def test_every_shipped_file_is_good(self):
        files = sorted(SCENARIOS.rglob("*.yaml"))
        self.assertGreaterEqual(len(files), 14)
        done = self.hilbert("check", *map(str, files))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), len(files))

    def test_names_and_file_names_agree(self):
        for what, least in (("scenarios", 4), ("socs", 2), ("models", 8), ("suites", 1), ("accelerators", 26)):
            lines = self.hilbert("list", what).stdout.splitlines()
            self.assertGreaterEqual(len(lines), least)
            for line in lines:
                name, path = line.split()
                self.assertEqual(pathlib.Path(path).stem, name)
        policies = self.hilbert("list", "policies").stdout.split()
        self.assertEqual(policies[:2], ["fcfs", "edf"])
        self.assertEqual(len(set(policies)), len(policies))
        self.assertIn("dream", policies)

    def test_bare_names(self):
        for name in ("social-interaction-a", "social-interaction-b", "vr-gaming", "tiny"):
            self.assertIn(name, self.hilbert("list", "scenarios").stdout)
        copy = self.dir / "data"
        (copy / "one").mkdir(parents=True)
        (copy / "two").mkdir()
        for folder in ("one", "two"):
            (copy / folder / "twin.yaml").write_text(SCENARIO)
        self.complains(3, f"hilbert: twin: both {copy}/one/twin.yaml and {copy}/two/twin.yaml; give a path",
                       "run", "twin", env={"HILBERT_DATA": str(copy)})
        for name in ("win", "three/twin", "one/twin/"):
            self.complains(3, f"hilbert: {name}: no such scenario; `hilbert list scenarios` names them",
                           "run", name, env={"HILBERT_DATA": str(copy)})
        # found, and then something else is wrong with it
        self.complains(3, f"{copy}/two/twin.yaml:2:6: soc: cannot read {copy}/two/soc.yaml",
                       "run", "two/twin", env={"HILBERT_DATA": str(copy)})


class Run(Case):
    def run_tiny(self, out, *args):
        done = self.hilbert("run", "tiny", "--out", out, *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def metrics(self, out):
        return json.loads((self.dir / out / "metrics.json").read_text())

    def test_tables_and_metrics(self):
        text = self.run_tiny("o")
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertTrue(text.endswith("wrote o\n"))
        self.assertEqual(sorted(p.name for p in (self.dir / "o").iterdir()), ["inferences.csv", "metrics.json", "trace.hbt"])
        m = self.metrics("o")
        for key in "schema scenario soc engine policy seed cycles clock_mhz wall_s models tiles noc dram host scores".split():
            self.assertIn(key, m)
        self.assertIs(m["complete"], True)
        self.assertEqual(m["cycles"], 1000000)
        self.assertEqual([model["name"] for model in m["models"]], ["conv", "head", "odd"])
        for model in m["models"]:
            self.assertGreater(model["completed"], 0)
            self.assertEqual(model["frames"], model["completed"] + model["overdue"] + model["dropped"] + model["in_flight"])
            spread = [model["latency_ms"][p] for p in ("min", "p50", "p95", "p99", "max")]
            self.assertEqual(spread, sorted(spread))
            self.assertGreater(spread[0], 0)
            self.assertRegex(text, rf"(?m)^{model['name']} +{model['frames']} +{model['completed']} ")
        self.assertGreater(m["tiles"][0]["macs"], 0)
        self.assertLessEqual(m["tiles"][0]["mac_busy_percent"], 100)
        self.assertGreater(m["host"]["irq_to_doorbell_cycles"]["count"], 0)
        self.assertGreater(m["dram"]["reads"], 0)

    def test_same_seed_same_bytes(self):
        for out in ("one", "two"):
            self.run_tiny(out)
        texts = [re.sub(r'"wall_s": [0-9.]+', "", (self.dir / out / "metrics.json").read_text())
                 for out in ("one", "two")]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual((self.dir / "one/trace.hbt").read_bytes(), (self.dir / "two/trace.hbt").read_bytes())

    def test_idle_skipping_changes_nothing(self):
        for stall in ("0", "200000"):
            for out, args in (("skip", []), ("no-skip", ["--no-skip"])):
                self.run_tiny(out, "--stall-ppm", stall, "--stall-seed", "7", *args)
            texts = [re.sub(r'"wall_s": [0-9.]+', "", (self.dir / out / "metrics.json").read_text())
                     for out in ("skip", "no-skip")]
            self.assertEqual(texts[0], texts[1])
            self.assertEqual((self.dir / "skip/trace.hbt").read_bytes(), (self.dir / "no-skip/trace.hbt").read_bytes())

    def test_back_pressure_is_felt_and_seeded(self):
        latencies = []
        for out, seed in (("a", "7"), ("b", "7"), ("c", "8")):
            self.run_tiny(out, "--stall-ppm", "300000", "--stall-seed", seed)
            latencies.append([model["latency_ms"] for model in self.metrics(out)["models"]])
        self.run_tiny("calm")
        calm = [model["latency_ms"] for model in self.metrics("calm")["models"]]
        self.assertEqual(latencies[0], latencies[1])
        self.assertNotEqual(latencies[0], latencies[2])
        self.assertGreater(latencies[0][0]["p50"], calm[0]["p50"])

    def test_jobs_that_never_end_cost_their_frames_and_the_tile(self):
        # 1.5 million cycles to open a row: beyond any job's limit
        (self.dir / "soc.yaml").write_text(
            SOC.replace("clock_mhz: 100", "clock_mhz: 10000").replace("trcd_ns: 13.32", "trcd_ns: 150000")
            .replace("tras_ns: 32", "tras_ns: 150000").replace("trefi_ns: 7800", "trefi_ns: 1000000"))
        done = self.hilbert("run", "scenario.yaml", "--out", "o")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        m = self.metrics("o")
        self.assertIs(m["complete"], True)
        faults = m["faults"]
        self.assertEqual({key: faults[key] for key in ("injected_hangs", "injected_errors", "resets", "jobs_run_again",
                                                       "jobs_run_again_elsewhere", "tiles_retired")},
                         {"injected_hangs": 0, "injected_errors": 0, "resets": 3, "jobs_run_again": 1,
                          "jobs_run_again_elsewhere": 0, "tiles_retired": 1})
        self.assertIs(m["tiles"][0]["retired"], True)
        self.assertEqual([model["completed"] for model in m["models"]], [0, 0, 0])
        lost = [model["lost_to_faults"] for model in m["models"]]
        self.assertEqual(faults["frames_lost"], sum(lost))
        self.assertEqual([lost[0], lost[2]], [m["models"][0]["frames"], m["models"][2]["frames"]])
        self.assertRegex(done.stdout, rf"(?m)^ +1 jobs run again \(0 elsewhere\), {sum(lost)} frames lost, 1 tiles retired$")
        self.assertRegex(done.stdout, rf"(?m)^ +tile0: 3 resets cost it {faults['lost_cycles']} cycles .*, retired$")

    def test_json_is_metrics_json(self):
        text = self.run_tiny("o", "--json")
        self.assertEqual(text, (self.dir / "o/metrics.json").read_text())

    def test_default_directory_and_short_duration(self):
        done = self.hilbert("run", "tiny", "--duration", "500us", "--policy", "edf", "--seed", "9")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        m = self.metrics("out/tiny-mini-ws8-edf")
        self.assertEqual((m["cycles"], m["policy"], m["seed"]), (50000, "edf", 9))

    def test_trace_can_be_read_or_left_out(self):
        self.run_tiny("o")
        info = self.hilbert("trace", "info", "o/trace.hbt")
        self.assertEqual((info.returncode, info.stderr), (0, ""))
        self.assertRegex(info.stdout, r"(?m)^scenario +tiny$")
        dump = self.hilbert("trace", "dump", "o/trace.hbt", "--stream", "frame_done")
        self.assertEqual(dump.returncode, 0)
        self.assertEqual(len(dump.stdout.splitlines()), sum(m["completed"] for m in self.metrics("o")["models"]))
        self.run_tiny("o", "--trace", "off")
        self.assertEqual(sorted(p.name for p in (self.dir / "o").iterdir()), ["inferences.csv", "metrics.json"])

    def test_cut_trace_is_refused_in_one_line(self):
        self.run_tiny("o")
        whole = (self.dir / "o/trace.hbt").read_bytes()
        (self.dir / "cut.hbt").write_bytes(whole[: len(whole) // 2])
        done = self.hilbert("trace", "info", "cut.hbt")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"^cut\.hbt: [^\n]+\n$")

    def test_parts_of_a_killed_run_are_cleared_away(self):
        (self.dir / "o").mkdir()
        for name in ("metrics.json.7.part", "certificate.json.123.part", "trace.hbt"):
            (self.dir / "o" / name).write_text("half")
        self.run_tiny("o", "--trace", "off")
        self.assertEqual(sorted(p.name for p in (self.dir / "o").iterdir()), ["inferences.csv", "metrics.json"])
        (self.dir / "o" / "metrics.json.x.part").write_text("mine")
        self.complains(3, "hilbert: o: holds metrics.json.x.part, which no run wrote; give another directory with --out or "
                          "move it away", "run", "tiny", "--out", "o")

    def test_directory_of_somebody_else_is_refused(self):
        (self.dir / "mine").mkdir()
        (self.dir / "mine" / "thesis.tex").write_text("dear to me")
        self.complains(3, "hilbert: mine: holds thesis.tex, which no run wrote; give another directory with --out or "
                          "move it away", "run", "tiny", "--out", "mine")
        self.complains(3, "hilbert: soc.yaml: Not a directory", "run", "tiny", "--out", "soc.yaml")

    def test_altered_firmware_is_refused(self):
        elf = bytearray((pathlib.Path(HILBERT).parent / "firmware.elf").read_bytes())
        (self.dir / "cut.elf").write_bytes(elf[: len(elf) // 2])
        elf[len(elf) // 2] ^= 1
        (self.dir / "bit.elf").write_bytes(elf)
        for name in ("cut.elf", "bit.elf"):
            done = self.hilbert("run", "tiny", "--firmware", name, "--out", "o")
            self.assertEqual(done.returncode, 3)
            self.assertRegex(done.stderr, rf"^{name}: [^\n]+\n$")
            self.assertFalse((self.dir / "o").exists())

    def test_model_that_does_not_fit_is_refused(self):
        self.write("model", MODEL.replace("in: [3, 8, 8]", "in: [3, 200, 200]"))
        (self.dir / "soc.yaml").write_text(SOC.replace("size_mib: 256", "size_mib: 1"))
        done = self.hilbert("run", "scenario.yaml", "--out", "o")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"^soc\.yaml: scenario t does not fit: [^\n]+\n$")
        self.assertFalse((self.dir / "o").exists())


class Unscored(Case):
    """A run too short for a frame to end or to be due: no score is not a score of 0."""

    def run_short(self):
        done = self.hilbert("run", "tiny", "--duration", "10us", "--out", "o")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_null_in_metrics_and_a_dash_in_tables(self):
        self.assertIn("\nscore - (XRBench): no frame ended or was due\n", self.run_short())
        m = json.loads((self.dir / "o/metrics.json").read_text())
        for scores in (m["scores"], *(model["scores"] for model in m["models"])):
            self.assertEqual(len(scores), 6)
            self.assertEqual(set(scores.values()), {None})

    def test_report_and_sweep_and_validate_take_it(self):
        self.run_short()
        done = self.hilbert("report", "o")
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.dir / "o/report.html").read_text()
        self.assertIn("XRBench score: - of 100 without energy, - with it.", page)
        self.assertEqual(page.count("<td>-</td><td>-</td></tr>"), 3)
        done = self.hilbert("sweep", "tiny", "--policies", "fcfs", "--duration", "10us", "--out", "s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^fcfs .* -$")
        for name in ("sweep.csv", "summary.csv"):
            with open(self.dir / "s" / name, encoding="utf-8", newline="") as file:
                row = next(csv.DictReader(file))
            self.assertEqual([row[key] for key in ("xrbench", "xrbench_with_energy", "accuracy", "deadline_misses")],
                             ["", "", "", "0"])
        cell = json.loads((self.dir / "s/sweep.json").read_text())["cells"][0]
        self.assertEqual((cell["xrbench"], cell["accuracy"], cell["deadline_misses"]), (None, None, 0))
        done = self.hilbert("validate", "--soc", "mini-ws8", "demo/tiny", "--duration", "10us", "--out", "v")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^demo/tiny +twin +\d+ +0 +0 +0 +-$")
        with open(self.dir / "v/scenarios.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.assertEqual((row["score"], row["qoe"], row["task_score_with_energy"]), ("", "", ""))


class Output(Case):
    """What cannot be written is said, with its reason, and ends with 1."""

    def into(self, path, *args, limit=None):
        def set_limit():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with open(path, "w", encoding="utf-8") as out:
            return without_notes(subprocess.run([HILBERT, *map(str, args)], cwd=self.dir, stdout=out, stderr=subprocess.PIPE, text=True,
                                                timeout=100, env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)), preexec_fn=set_limit))

    def test_a_full_disk_behind_the_output(self):
        self.assertEqual(self.hilbert("run", "tiny", "--duration", "2ms", "--out", "o").returncode, 0)
        for args in (["run", "tiny", "--duration", "2ms", "--out", "p"], ["run", "tiny", "--duration", "2ms", "--out", "p", "--json"],
                     ["check", "model.yaml"], ["list", "models"], ["--help"], ["help", "run"], ["--version"],
                     ["validate", "--soc", "mini-ws8", "--models", "tiny-matmul", "--out", "v"],
                     ["trace", "info", "o/trace.hbt"], ["trace", "dump", "o/trace.hbt"], ["trace", "stat", "o/trace.hbt"],
                     ["trace", "diff", "o/trace.hbt", "o/trace.hbt"], ["trace", "recover", "o/trace.hbt", "r.hbt"],
                     ["sweep", "tiny", "--policies", "fcfs", "--duration", "2ms", "--out", "s"]):
            with self.subTest(args=args):
                done = self.into("/dev/full", *args)
                self.assertEqual((done.stderr, done.returncode),
                                 ("hilbert: cannot write the output: No space left on device\n", 1))

    def test_a_limit_on_the_size_of_files(self):
        for name, limit, args, line in (("run", 1000, ["run", "tiny", "--trace", "off"], r"run/metrics\.json: File too large"),
                                        ("trace", 1000, ["run", "tiny"], r"trace/trace\.hbt: cannot write: File too large; the trace ends after 0 bytes"),
                                        ("validate", 1000, ["validate", "--soc", "mini-ws8", "demo/tiny"], r"/.*/metrics\.json: File too large"),
                                        ("report", 5000, ["report", "good"], r"/.*: File too large")):
            with self.subTest(args=args):
                out = [] if name == "report" else ["--out", name]
                if name == "report":
                    self.assertEqual(self.hilbert("run", "tiny", "--out", "good").returncode, 0)
                done = self.into("/dev/null", *args, *out, limit=limit)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertRegex(done.stderr, rf"(?m)^(hilbert: )?{line}$")
                self.assertFalse(list(self.dir.rglob("*.part")))

    def test_a_limit_in_a_sweep(self):
        done = self.into(self.dir / "table.txt", "sweep", "tiny", "--policies", "fcfs", "--duration", "2ms", "--out", "s", limit=2000)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex((self.dir / "table.txt").read_text(),
                         r"seed 1: exit code 1: hilbert: s/runs/mini-ws8/tiny/fcfs/seed-1/[a-z.]+: File too large\n")

    def test_a_limit_on_the_output(self):
        done = self.into(self.dir / "list.txt", "list", "models", limit=20)
        self.assertEqual((done.stderr, done.returncode), ("hilbert: cannot write the output: File too large\n", 1))


class Interrupt(Case):
    def interrupted(self, number, *args, seconds=0.5):
        process = subprocess.Popen([HILBERT, *args], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)))
        self.addCleanup(process.kill)
        while not list(self.dir.glob("o/*")) and process.poll() is None:
            time.sleep(0.02)
        time.sleep(seconds)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertEqual([p for p in (self.dir / "o").iterdir() if ".part" in p.name], [])
        return stdout, stderr

    def test_analytical_engine(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                stdout, stderr = self.interrupted(number, "run", "tiny", "--engine", "analytical", "--duration", "3600s", "--out", "o")
                found = re.fullmatch(r"hilbert: interrupted at cycle (\d+) of 360000000000; what was recorded is in o\n", stderr)
                self.assertTrue(found, stderr)
                self.assertIn("INCOMPLETE", stdout)
                m = json.loads((self.dir / "o/metrics.json").read_text())
                self.assertEqual((m["complete"], m["why"], m["cycles"]), (False, "interrupted", int(found[1])))
                self.assertIn("interrupted", self.hilbert("trace", "info", "o/trace.hbt").stdout)
                shutil.rmtree(self.dir / "o")

    def test_rules(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                _, stderr = self.interrupted(number, "run", "xrbench/all", "--engine", "analytical", "--rules", "xrbench", "--seeds",
                                             "100000", "--out", "o", seconds=1)
                self.assertEqual(stderr, "hilbert: interrupted before o/seeds.csv was whole\n")
                self.assertEqual(sorted(p.name for p in (self.dir / "o").iterdir()), ["inferences.csv", "scores.csv", "tasks.csv"])
                shutil.rmtree(self.dir / "o")

    def test_ctrl_c_leaves_a_readable_trace_and_says_where(self):
        process = subprocess.Popen([HILBERT, "run", "tiny", "--duration", "60s", "--out", "o", "--progress", "never"],
                                   cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)))
        self.addCleanup(process.kill)
        while not (self.dir / "o/trace.hbt").exists() and process.poll() is None:
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertRegex(stderr, r"^hilbert: interrupted at cycle \d+ of 6000000000; what was recorded is in o\n$")
        self.assertIn("INCOMPLETE", stdout)
        m = json.loads((self.dir / "o/metrics.json").read_text())
        self.assertEqual((m["complete"], m["why"]), (False, "interrupted"))
        self.assertLess(m["cycles"], 6000000000)
        info = self.hilbert("trace", "info", "o/trace.hbt")
        self.assertEqual((info.returncode, info.stderr), (0, ""))
        self.assertIn("interrupted", info.stdout)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    HILBERT = sys.argv[1]
    SCENARIOS = pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], sys.argv[3]], verbosity=1)
