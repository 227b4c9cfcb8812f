#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole of XRBench on hetero-16, layer by layer, by twins and by RTL: what must hold, and what host/validate/README.md shows.

usage: test_xrbench.py ROOT HILBERT
"""

import csv
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile


def main():
    root = pathlib.Path(sys.argv[1])
    os.environ["HILBERT"] = sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([root / "scripts" / "validate", "--layers", "--out", folder], stdout=subprocess.PIPE,
                              text=True, check=True)
        with open(pathlib.Path(folder) / "layers" / "validate.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        twin = pathlib.Path(folder) / "layers" / "validate.csv"
        rtl = pathlib.Path(folder) / "rtl"
        subprocess.run([sys.argv[2], "validate", "--soc", "hetero-16", "--models", "xrbench", "--engine", "rtl", "--out", rtl],
                       stdout=subprocess.DEVNULL, check=True)
        assert twin.read_bytes() == (rtl / "validate.csv").read_bytes(), "RTL measures something else than twins"
    assert len({row["model"] for row in rows}) == 11, "expected eleven models"
    for row in rows:
        measured = int(row["measured"])
        assert int(row["roofline"]) <= measured, f"above the roof: {row}"
        assert abs(int(row["mapper"]) - measured) < 100 + 0.25 * measured, f"the mapper's estimate: {row}"
        assert (row["systolic"] == "") == row["tile"].startswith("vec"), row
    shown = [numbers(line.strip()) for line in (root / "host" / "validate" / "README.md").read_text().splitlines()]
    lines = [line for line in done.stdout.splitlines() if line.startswith(("all on", "ws16 ", "os16 ", "vec16 "))
             and " jobs " not in line]
    assert len(lines) > 40, lines
    missing = [line for line in lines if not any(near(numbers(line), other) for other in shown)]
    if missing:
        sys.exit("host/validate/README.md has other numbers than these:\n" + "\n".join(missing))


def number(word):
    try:
        return float(word)
    except ValueError:
        return None


def numbers(line):
    """What a line of a table is about, and its numbers."""
    words = line.split()
    begin = next((i for i, word in enumerate(words) if number(word) is not None), len(words))
    return words[:begin], list(map(number, itertools.takewhile(lambda word: number(word) is not None, words[begin:])))


def near(a, b):
    """Equal but for what the moment of a refresh changes, which moves with every change of the firmware."""
    return a[0] == b[0] and len(a[1]) == len(b[1]) and all(abs(x - y) <= 0.5 + 0.02 * abs(x) for x, y in zip(a[1], b[1]))


if __name__ == "__main__":
    main()
