#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_gen_regs: the register map generator refuses every mistake it promises to, and names the place.

usage: test_gen_regs.py GEN_REGS MAP CASE

Each case edits the real map in one way and says what the one line on stderr must contain.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

# case: (text to find in the map, replacement, expected in the message)
BAD = {
    "misaligned_field": ('name = "mem", bits = 8', 'name = "mem", bits = 16', "dst: misaligned: 16 bits at byte 7"),
    "too_many_bytes": ('name = "planes", bits = 16, doc', 'name = "planes", bits = 16, doc = "" },\n' + "".join(
        f'  {{ name = "x{i}", bits = 8, doc = "" }},\n' for i in range(39)) + '  { name = "last", bits = 8, doc',
        "ends beyond the 64 bytes"),
    "overlapping_registers": ("offset = 0x01c", "offset = 0x018", "registers overlap: offset 24 is already taken"),
    "misaligned_register": ("offset = 0x01c", "offset = 0x01e", "expected a multiple of 4, not 0x1e"),
    "overlapping_fields": ('name = "SIZE", lsb = 16', 'name = "SIZE", lsb = 15', "SIZE: overlaps another field of ID"),
    "field_beyond_register": ('name = "KIND", lsb = 24, width = 8', 'name = "KIND", lsb = 25, width = 8',
                              "KIND: expected an integer 1..7, not 8"),
    "duplicate_register": ('name = "JOB_BASE1"', 'name = "JOB_BASE0"', "register name 'JOB_BASE0' is already taken"),
    "duplicate_field": ('name = "rows", bits = 16, doc = "rows in', 'name = "beats", bits = 16, doc = "rows in',
                        "field name 'beats' is already taken"),
    "duplicate_opcode": ("opcode = 0x03", "opcode = 0x02", "command.opcode: opcode 2 is already taken"),
    "duplicate_status": ("value = 5", "value = 4", "status value 4 is already taken"),
    "duplicate_flag_bit": ('name = "Y_SIGNED", bit = 1', 'name = "Y_SIGNED", bit = 0', "flag bit 0 is already taken"),
    "unknown_key": ('access = "rw"\ndoc = "Control', 'access = "rw"\nreset = 0\ndoc = "Control', "unknown key 'reset'"),
    "unknown_token": ('wait = ["E2S"]', 'wait = ["E2X"]', "unknown token 'E2X'"),
    "missing_key": ('access = "rw"\ndoc = "Control', 'doc = "Control', "missing key 'access'"),
    "not_toml": ("version = 2", "version = ", "not TOML"),
}


def run(script, text, out):
    path = out / "map.toml"
    path.write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, script, path, out], capture_output=True, text=True, check=False)


def check(condition, message):
    if not condition:
        sys.exit(f"FAIL: {message}")


def main():
    script, source, case = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"), sys.argv[3]
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        if case == "good":
            result = run(script, source, out)
            check(result.returncode == 0 and not result.stderr, result.stderr)
            header = (out / "hilbert/hb_cmd.h").read_text(encoding="utf-8")
            check("HB_CMD_ASSERT_(offsetof(hb_cmd_exec_t, w_zp) == 41);" in header, "offset of w_zp")
            regs = (out / "hilbert/hb_tile_regs.h").read_text(encoding="utf-8")
            check("#define HB_TILE_REG_PERF_COMPLETED 0x64u" in regs, "offset of PERF_COMPLETED")
            check("#define HB_TILE_ID_KIND_MASK 0xff000000u" in regs, "mask of ID.KIND")
            before = (out / "hb_regs.svh").stat().st_mtime_ns
            run(script, source, out)
            check((out / "hb_regs.svh").stat().st_mtime_ns == before, "an unchanged file was written again")
            return
        old, new, expected = BAD[case]
        check(source.count(old) == 1, f"the map no longer has exactly one {old!r}")
        result = run(script, source.replace(old, new), out)
        check(result.returncode == 3, f"exit code {result.returncode}, expected 3")
        check(expected in result.stderr, f"message {result.stderr!r} lacks {expected!r}")
        check(result.stderr.count("\n") == 1, f"more than one line: {result.stderr!r}")
        check(not (out / "hb_regs.svh").exists(), "wrote output for a bad map")


main()
