#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""golden.py HILBERT GOLDEN.txt OUT_DIR SCENARIO [hilbert run arguments...]

Runs a scenario, decodes its trace and compares it with a golden one, line by line. The first record
that differs is shown with the last ones both have in common. HB_UPDATE_GOLDEN=1 rewrites the golden
file instead: review the difference like code.
"""

import os
import shlex
import subprocess
import sys

CONTEXT = 5


def decoded_trace(hilbert, out, scenario, args):
    subprocess.run([hilbert, "run", scenario, "--out", out, *args], check=True, stdout=subprocess.DEVNULL)
    dump = subprocess.run([hilbert, "trace", "dump", os.path.join(out, "trace.hbt")], check=True,
                          stdout=subprocess.PIPE, text=True)
    return dump.stdout.splitlines()


def cycle_of(line):
    return int(line.split()[0]) if line else None


def report(golden_path, golden, lines, command):
    first = next((i for i, (old, new) in enumerate(zip(golden, lines)) if old != new), min(len(golden), len(lines)))
    old = golden[first] if first < len(golden) else ""
    new = lines[first] if first < len(lines) else ""
    cycles = [c for c in (cycle_of(old), cycle_of(new)) if c is not None]
    print(f"{golden_path}: record {first + 1} differs, at cycle {min(cycles)}")
    for line in golden[max(0, first - CONTEXT):first]:
        print(f"    {line}")
    print(f"  - {old or '(the golden trace ends here)'}")
    print(f"  + {new or '(this trace ends here)'}")
    print(f"{len(golden)} records in the golden trace, {len(lines)} in this one")
    hilbert, _, out, *run = command[1:]
    print("to look at it:")
    print(f"  {shlex.join([hilbert, 'run', *run, '--out', out, '--wave', 'wave.fst', '--wave-around', f'cycle {min(cycles)}'])}")
    print(f"  {shlex.join(['scripts/wave', out])}")
    print(f"if it is meant to change: HB_UPDATE_GOLDEN=1 {shlex.join(command)}")


def main(argv):
    if len(argv) < 5:
        print(__doc__, file=sys.stderr)
        return 2
    hilbert, golden_path, out, scenario, *args = argv[1:]
    lines = decoded_trace(hilbert, out, scenario, args)
    if not lines:
        print(f"{scenario}: the trace is empty")
        return 1
    if os.environ.get("HB_UPDATE_GOLDEN") == "1":
        with open(golden_path, "w", encoding="utf-8") as golden_file:
            golden_file.writelines(f"{line}\n" for line in lines)
        return 0
    with open(golden_path, encoding="utf-8") as golden_file:
        golden = golden_file.read().splitlines()
    if golden == lines:
        return 0
    report(golden_path, golden, lines, argv)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
