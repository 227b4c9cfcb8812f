#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One proof, cover check or planted bug of one RTL module, by Yosys' SAT-based temporal induction.

The properties, tests/formal/<module>.sv, are inserted before the module's last `endmodule`, in a copy: so
they see every register and memory, and the RTL stays free of them. Modes:

  prove  holds from reset for DEPTH cycles, and by induction from any DEPTH cycles in which it held
  cover  every cover statement is reached within DEPTH cycles: the assumptions can be met
  bug    with OLD replaced by NEW in the copy, a property fails within DEPTH cycles of reset

Exit code: 0 as claimed, 1 not, 2 usage, 4 a tool failed.
"""
import argparse
import pathlib
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description="prove one property file")
    parser.add_argument("mode", choices=["prove", "cover", "bug"])
    parser.add_argument("module")
    parser.add_argument("--depth", type=int, required=True, help="cycles")
    parser.add_argument("--param", action="append", default=[], help="Name=Value of the module")
    parser.add_argument("--bug", nargs=2, metavar=("OLD", "NEW"), help="text of the module, found exactly once")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for intermediate files")
    parser.add_argument("sources", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    if (args.mode == "bug") != (args.bug is not None):
        parser.error("--bug goes with mode bug")

    args.work.mkdir(parents=True, exist_ok=True)
    properties = pathlib.Path(__file__).with_name(args.module + ".sv")
    copy = args.work / (args.module + ".sv")
    source = next((s for s in args.sources if s.stem == args.module), None)
    if source is None:
        parser.error(f"no source named {args.module}.sv")
    text = source.read_text()
    if args.bug:
        old, new = args.bug
        if text.count(old) != 1:
            print(f"{source}: the text of the planted bug is there {text.count(old)} times, not once: {old}")
            return 1
        text = text.replace(old, new)
    head, end, tail = text.rpartition("endmodule")
    copy.write_text(head + properties.read_text() + end + tail)

    files = " ".join(str(copy if s == source else s) for s in args.sources)
    includes = " ".join("-I" + i for i in args.include)
    params = "".join(f" -set {p.replace('=', ' ')}" for p in args.param)
    smt2 = args.work / (args.module + ".smt2")
    read = (f"read_verilog -sv -formal -DSYNTHESIS {includes} {files}; " +
            (f"chparam{params} {args.module}; " if params else "") +
            f"prep -flatten -top {args.module}; memory_map; async2sync; opt; dffunmap; check -assert; chformal -cover -remove; ")

    def solve(want):
        """Whether Yosys' temporal induction ends with the text wanted."""
        done = subprocess.run(["yosys", "-p", read + "sat -tempinduct -prove-asserts -set-assumes "
                               f"-maxsteps {args.depth} {args.module}"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout[-2000:])
            sys.exit(4)
        if want in done.stdout:
            return True
        print(done.stdout[-3000:])
        return False

    counterexample = "model found for base case: FAIL!"
    ok = True
    if args.mode == "cover":
        # Each cover statement alone becomes the claim that it is never reached, which must be refuted.
        covers = list(re.finditer(r"\bcover \((.*?)\);", properties.read_text(), re.S))
        if not covers:
            ok = False
        for cover in covers:
            only = re.sub(r"\bassert \(.*?\);", ";", properties.read_text().replace(
                cover.group(0), f"restrict_here({cover.group(1)});", 1), flags=re.S)
            only = only.replace("restrict_here(", "assert (!(").replace(f"{cover.group(1)});", f"{cover.group(1)}));", 1)
            copy.write_text(head + only + end + tail)
            ok = solve(counterexample) and ok
    else:
        ok = solve(counterexample if args.mode == "bug" else "Induction step proven: SUCCESS!")
    if not ok:
        print(f"{args.module}: " + {"prove": "not proved", "cover": "a cover statement was not reached",
                                    "bug": "the planted bug was not found"}[args.mode])
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
