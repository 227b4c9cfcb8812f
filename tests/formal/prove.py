#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One proof, cover check or planted bug of one RTL module, by yosys-smtbmc with cvc4.

The properties, tests/formal/<module>.sv, are inserted before the module's last `endmodule`, in a copy: so
they see every register and memory, and the RTL stays free of them. Modes:

  prove  holds for DEPTH cycles from reset, and by induction from any DEPTH cycles in which it held
  cover  every cover statement is reached within DEPTH cycles: the assumptions can be met
  bug    with OLD replaced by NEW in the copy, a property fails within DEPTH cycles of reset

Exit code: 0 as claimed, 1 not, 2 usage, 4 a tool failed.
"""
import argparse
import pathlib
import subprocess
import sys

# One satisfiability question at a time, translated to bits at once: much faster than cvc4's incremental mode.
SOLVER = ["-s", "cvc4", "-S", "--bitblast=eager", "--noincr", "--noprogress",
          "--logic", "QF_BV"]


def run(command, log):
    """What the command prints, and its exit code; what it prints is kept in log too."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    log.write_text(done.stdout)
    return done.stdout, done.returncode


def inserted(text, properties):
    """The text of a module with properties before its end."""
    head, end, tail = text.rpartition("endmodule")
    return head + properties.read_text() + end + tail


def main():
    parser = argparse.ArgumentParser(description="prove one property file")
    parser.add_argument("mode", choices=["prove", "cover", "bug"])
    parser.add_argument("module")
    parser.add_argument("--depth", type=int, required=True, help="cycles")
    parser.add_argument("--param", action="append", default=[], help="Name=Value of the module")
    parser.add_argument("--bug", nargs=2, metavar=("OLD", "NEW"), help="text of the module, found exactly once")
    parser.add_argument("--with", dest="helpers", nargs=2, action="append", default=[], metavar=("MODULE", "FILE"),
                        help="insert FILE, of this folder, in a module that is part of the one to prove")
    parser.add_argument("--cut", action="append", default=[], metavar="INSTANCE",
                        help="its outputs become free: the proof holds whatever it does")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for intermediate files")
    parser.add_argument("sources", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    if (args.mode == "bug") != (args.bug is not None):
        parser.error("--bug goes with mode bug")

    args.work.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).parent
    additions = {args.module: here / (args.module + ".sv")}
    additions.update((module, here / name) for module, name in args.helpers)
    sources = {s.stem: s for s in args.sources}
    for module, properties in additions.items():
        if module not in sources:
            parser.error(f"no source named {module}.sv")
        source = sources[module]
        text = source.read_text()
        if args.bug and module == args.module:
            old, new = args.bug
            if text.count(old) != 1:
                print(f"{source}: the text of the planted bug is there {text.count(old)} times, not once: {old}")
                return 1
            text = text.replace(old, new)
        sources[module] = args.work / (module + ".sv")
        sources[module].write_text(inserted(text, properties))

    smt2 = args.work / (args.module + ".smt2")
    script = [
        "read_verilog -sv -formal -DSYNTHESIS " + " ".join("-I" + i for i in args.include) + " " +
        " ".join(str(s) for s in sources.values()),
        *[f"chparam -set {p.replace('=', ' ')} {args.module}" for p in args.param],
        f"hierarchy -check -top {args.module}; proc",
        *[f"select -assert-any {args.module}/{i}; cutpoint {args.module}/{i}" for i in args.cut],
        f"flatten; prep -top {args.module}; memory_map; async2sync",
        "chformal -cover -remove" if args.mode != "cover" else "chformal -assert -remove",
        # What is only behind outputs, and read by no property, needs no solver.
        "delete -port o:*; opt -purge; dffunmap; opt_clean -purge; check -assert",
        f"write_smt2 -stbv -wires {smt2}",
    ]
    out, code = run(["yosys", "-p", "; ".join(script)], args.work / "yosys.log")
    if code != 0:
        print(out[-2000:])
        return 4

    claim = "; yosys-smt2-cover" if args.mode == "cover" else "; yosys-smt2-assert"
    if claim not in smt2.read_text():
        print(f"{args.module}: there is nothing to show")
        return 1

    def solve(name, *options):
        """Output of the solver, which ends with its verdict."""
        out, _ = run(["yosys-smtbmc", *SOLVER, *options, "-t", str(args.depth), "-m", args.module, str(smt2)],
                     args.work / (name + ".log"))
        if not out.rstrip().endswith(("Status: PASSED", "Status: FAILED")):
            print(out[-2000:])
            sys.exit(4)
        return out

    def expect(out, *wanted):
        """Whether the output has every text; else prints its end."""
        if all(w in out for w in wanted):
            return True
        print(out[-3000:])
        return False

    if args.mode == "cover":
        ok = expect(solve("cover", "-c"), "Reached cover", "Status: PASSED")
    elif args.mode == "bug":
        ok = expect(solve("bug"), "Assert failed in", "Status: FAILED")
    else:
        ok = expect(solve("base"), "Status: PASSED")
        ok = ok and expect(solve("induction", "-i"), "Status: PASSED")
    if not ok:
        print(f"{args.module}: " + {"prove": "not proved", "cover": "a cover statement was not reached",
                                    "bug": "the planted bug was not found"}[args.mode])
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
