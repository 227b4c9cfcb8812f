#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_csv.py HILBERT: `hilbert trace dump --csv` is the JSON dump of a stream, read by another program's CSV reader."""

import csv
import json
import os
import subprocess
import sys
import tempfile


def main(hilbert):
    def run(*args):
        return subprocess.run([hilbert, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    problems = []
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        run("run", "tiny", "--duration=2ms", "--trace=jobs", f"--out={out}")
        trace = os.path.join(out, "trace.hbt")
        for stream in ("boot", "frame_arrived", "decision", "job", "irq"):
            rows = list(csv.reader(run("trace", "dump", "--csv", f"--stream={stream}", trace).stdout.splitlines()))
            records = [json.loads(line) for line in run("trace", "dump", "--json", f"--stream={stream}", trace).stdout.splitlines()]
            head, *rows = rows
            if len(rows) != len(records) or not rows:
                problems.append(f"{stream}: {len(rows)} rows for {len(records)} records")
            for row, record in zip(rows, records):
                for key, text in zip(head, row, strict=True):
                    want = record.get(f"{key}_name", record[key])
                    got = str(int(text, 16)) if text.startswith("0x") else text
                    if got != str(int(want) if isinstance(want, bool) else want):
                        problems.append(f"{stream}: {key} is '{text}', expected '{want}'")
        for code, text, *args in ((2, "--csv needs one stream", "dump", "--csv"), (2, "not both", "dump", "--csv", "--json", "--stream=job"),
                                  (2, "--csv needs one stream", "dump", "--csv", "--stream=job,irq"), (2, "has no --csv", "info", "--csv")):
            done = run("trace", args[0], *args[1:], trace)
            if done.returncode != code or text not in done.stderr:
                problems.append(f"{args}: exit code {done.returncode}, '{done.stderr.strip()}'")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
