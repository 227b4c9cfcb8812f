#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_regs: the tile's programming model (rtl/regs/hb_tile.toml) as SystemVerilog, C and Markdown.

usage: gen_regs.py MAP.toml OUTDIR

Writes OUTDIR/{hb_regs.svh, hilbert/hb_tile_regs.h, hilbert/hb_cmd.h, hb_tile.md}. A file whose text
would not change is not touched, so that nothing is rebuilt. The map is checked first: keys, names,
alignment, overlaps, duplicates; the first mistake is one line on stderr and exit code 3.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

COMMAND_BYTES = 64
ACCESS = ("ro", "rw", "wo", "w1")
UPPER = re.compile(r"[A-Z][A-Z0-9_]*")
LOWER = re.compile(r"[a-z][a-z0-9_]*")


class MapError(Exception):
    """A mistake in the map: `where` names the place as a person would look for it."""

    def __init__(self, section, index, key, expected):
        super().__init__(expected)
        self.section, self.index, self.key, self.expected = section, index, key, expected


# ------------------------------------------------------------------------------------------ check


class Checker:
    """Checks one entry (a table of the map) and remembers where it is for the message."""

    def __init__(self, section, index, entry):
        self.section, self.index, self.entry = section, index, entry

    def fail(self, key, expected):
        raise MapError(self.section, self.index, key, expected)

    def keys(self, table, required, optional=(), key=""):
        if not isinstance(table, dict):
            self.fail(key, "expected a table")
        for name in required:
            if name not in table:
                self.fail(key or name, f"missing key '{name}'")
        for name in table:
            if name not in required and name not in optional:
                self.fail(name, f"unknown key '{name}'")

    def name(self, value, pattern, key):
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fail(key, f"expected a name like {pattern.pattern}, not {value!r}")

    def number(self, value, low, high, key):
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"expected an integer {low}..{high}, not {value!r}")

    def text(self, value, key):
        if not isinstance(value, str):
            self.fail(key, "expected a string")

    def unique(self, value, seen, key, what):
        if value in seen:
            self.fail(key, f"{what} {value!r} is already taken")
        seen.add(value)


def check_values(c, field, width):
    """Named values of a register or command field."""
    numbers = set()
    c.keys(field.get("values", {}), (), field.get("values", {}), field["name"])
    for name, value in field.get("values", {}).items():
        c.name(name, UPPER, field["name"])
        c.number(value, 0, (1 << width) - 1, f"{field['name']}.{name}")
        c.unique(value, numbers, f"{field['name']}.{name}", "value")


def check_registers(registers):
    names, offsets, constants = set(), set(), set()
    for i, reg in enumerate(registers):
        c = Checker("register", i, reg)
        c.keys(reg, ("name", "offset", "access", "doc", "fields"))
        c.name(reg["name"], UPPER, "name")
        c.unique(reg["name"], names, reg["name"], "register name")
        c.number(reg["offset"], 0, 0xFFFC, "offset")
        if reg["offset"] % 4:
            c.fail("offset", f"expected a multiple of 4, not {reg['offset']:#x}")
        c.unique(reg["offset"], offsets, "offset", f"{reg['name']}: registers overlap: offset")
        c.text(reg["doc"], "doc")
        if reg["access"] not in ACCESS:
            c.fail("access", f"expected one of {', '.join(ACCESS)}")
        used, fields = 0, set()
        for field in reg["fields"]:
            c.keys(field, ("name", "lsb", "width", "doc"), ("values",), reg["name"])
            c.name(field["name"], UPPER, reg["name"])
            c.unique(field["name"], fields, field["name"], "field name")
            c.number(field["lsb"], 0, 31, field["name"])
            c.number(field["width"], 1, 32 - field["lsb"], field["name"])
            c.text(field["doc"], field["name"])
            c.unique(f"{reg['name']}_{field['name']}", constants, field["name"], "constant")
            check_values(c, field, field["width"])
            mask = field_mask(field)
            if used & mask:
                c.fail(field["name"], f"overlaps another field of {reg['name']}")
            used |= mask


def check_statuses(statuses):
    names, values = set(), set()
    for i, status in enumerate(statuses):
        c = Checker("status", i, status)
        c.keys(status, ("name", "value", "doc"))
        c.name(status["name"], UPPER, "name")
        c.unique(status["name"], names, status["name"], "status name")
        c.number(status["value"], 0, 255, "value")
        c.unique(status["value"], values, "value", "status value")
        c.text(status["doc"], "doc")


def check_commands(tokens, common, commands):
    c = Checker("tokens", 0, tokens)
    bits = set()
    for name, bit in tokens.items():
        c.name(name, UPPER, name)
        c.number(bit, 0, 3, name)
        c.unique(bit, bits, name, "token bit")
    c = Checker("command_common", 0, common)
    c.keys(common, ("fields",))
    offset, names = check_fields(c, common["fields"], 0, set())
    if offset != 4:
        c.fail("fields", f"expected 4 common bytes, not {offset}")
    opcodes, command_names = set(), set()
    for i, command in enumerate(commands):
        c = Checker("command", i, command)
        c.keys(command, ("name", "opcode", "doc", "fields"), ("flags", "wait", "push", "legal"))
        c.name(command["name"], UPPER, "name")
        c.unique(command["name"], command_names, command["name"], "command name")
        c.number(command["opcode"], 1, 255, "opcode")
        c.unique(command["opcode"], opcodes, "opcode", "opcode")
        c.text(command["doc"], "doc")
        for key in ("wait", "push"):
            for token in command.get(key, []):
                if token not in tokens:
                    c.fail(key, f"unknown token {token!r}")
        for rule in command.get("legal", []):
            c.text(rule, "legal")
        bits, flags = set(), set()
        for flag in command.get("flags", []):
            c.keys(flag, ("name", "bit", "doc"), (), "flags")
            c.name(flag["name"], UPPER, "flags")
            c.unique(flag["name"], flags, flag["name"], "flag name")
            c.number(flag["bit"], 0, 15, flag["name"])
            c.unique(flag["bit"], bits, flag["name"], "flag bit")
            c.text(flag["doc"], flag["name"])
        check_fields(c, command["fields"], offset, set(names))


def check_fields(c, fields, offset, names):
    """Fields of a command, from byte `offset` on. Returns the end and the names."""
    for field in fields:
        c.keys(field, ("name", "bits", "doc"), ("values", "signed"), "fields")
        c.name(field["name"], LOWER, "fields")
        c.unique(field["name"], names, field["name"], "field name")
        if field["bits"] not in (8, 16, 32):
            c.fail(field["name"], f"expected 8, 16 or 32 bits, not {field['bits']!r}")
        if not isinstance(field.get("signed", False), bool):
            c.fail(field["name"], "signed: expected true or false")
        c.text(field["doc"], field["name"])
        check_values(c, field, field["bits"])
        size = field["bits"] // 8
        if offset % size:
            c.fail(field["name"], f"misaligned: {field['bits']} bits at byte {offset}")
        offset += size
        if offset > COMMAND_BYTES:
            c.fail(field["name"], f"ends beyond the {COMMAND_BYTES} bytes of a command")
    return offset, names


def check(model):
    c = Checker("", 0, model)
    c.keys(model, ("version", "register", "status", "tokens", "command_common", "command"))
    c.number(model["version"], 1, 0xFFFF, "version")
    check_registers(model["register"])
    check_statuses(model["status"])
    check_commands(model["tokens"], model["command_common"], model["command"])


# ----------------------------------------------------------------------------------------- layout


def field_mask(field):
    return ((1 << field["width"]) - 1) << field["lsb"]


def placed(model, command):
    """(field, byte offset) of a command's own fields; they follow the four common bytes."""
    offset = 4
    for field in command["fields"]:
        yield field, offset
        offset += field["bits"] // 8


def token_mask(model, names):
    return sum(1 << model["tokens"][name] for name in names)


def constants(model):
    """(group title, [(name, value, doc)]) of all registers: what C and SystemVerilog share."""
    yield "Version of the map", [("HB_TILE_MAP_VERSION", model["version"], "")]
    yield "Register offsets, bytes", [
        ("HB_TILE_REG_" + r["name"], r["offset"], r["doc"]) for r in model["register"]
    ]
    fields, values = [], []
    for reg in model["register"]:
        for f in reg["fields"]:
            prefix = f"HB_TILE_{reg['name']}_{f['name']}"
            fields += [
                (prefix + "_LSB", f["lsb"], f["doc"]),
                (prefix + "_WIDTH", f["width"], ""),
                (prefix + "_MASK", field_mask(f), ""),
            ]
            values += [
                (f"HB_TILE_{f['name']}_{name}", value, "") for name, value in f.get("values", {}).items()
            ]
    yield "Fields", fields
    yield "Values of fields", values
    yield "Job status codes", [
        ("HB_TILE_STATUS_" + s["name"], s["value"], s["doc"]) for s in model["status"]
    ]


def command_constants(model):
    """The same for commands."""
    yield "Size of every command", [("HB_CMD_BYTES", COMMAND_BYTES, "")]
    yield "Opcodes", [("HB_CMD_OP_" + c["name"], c["opcode"], "") for c in model["command"]]
    yield "Tokens: a bit of the wait mask; the push mask is the same, shifted left by 4", [
        ("HB_CMD_TOKEN_" + name, 1 << bit, "") for name, bit in model["tokens"].items()
    ]
    allowed, flags, values = [], [], []
    for c in model["command"]:
        prefix = f"HB_CMD_{c['name']}_"
        allowed.append((prefix + "MAY_WAIT", token_mask(model, c.get("wait", [])), ""))
        allowed.append((prefix + "MAY_PUSH", token_mask(model, c.get("push", [])), ""))
        flags += [(f"{prefix}FLAG_{f['name']}", 1 << f["bit"], f["doc"]) for f in c.get("flags", [])]
        for f in c["fields"]:
            values += [
                (f"{prefix}{f['name'].upper()}_{name}", value, "")
                for name, value in f.get("values", {}).items()
            ]
    yield "Tokens a command may name", allowed
    yield "Flags", flags
    yield "Values of fields", values


# ----------------------------------------------------------------------------------------- output

NOTICE = "Generated by scripts/gen_regs.py from rtl/regs/hb_tile.toml: do not edit."


def check_constant_names(model):
    seen = set()
    for source in (constants(model), command_constants(model)):
        for _, group in source:
            for name, _, _ in group:
                Checker("", 0, model).unique(name, seen, name, "constant")


def c_constants(groups):
    lines = []
    for title, group in groups:
        lines += ["", f"/* {title} */"]
        for name, value, doc in group:
            number = f"0x{value:x}u" if name.endswith("_MASK") or "_REG_" in name else f"{value}u"
            line = f"#define {name} {number}"
            lines.append(f"{line} /* {doc} */" if doc else line)
    return lines


def emit_tile_regs_h(model):
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        f"/* {NOTICE} */",
        "",
        "/**",
        " * @file",
        " * Registers of a tile: offsets from its window, fields, status codes of jobs.",
        " */",
        "",
        "#ifndef HILBERT_HB_TILE_REGS_H_",
        "#define HILBERT_HB_TILE_REGS_H_",
    ]
    lines += c_constants(constants(model))
    lines += ["", "/* X(name, value, text): the job status codes, for messages and traces. */"]
    rows = [f'  X({s["name"]}, {s["value"]}, {json.dumps(s["doc"])})' for s in model["status"]]
    lines += [" \\\n".join(["#define HB_TILE_STATUS_TABLE(X)"] + rows)]
    return lines + ["", "#endif /* HILBERT_HB_TILE_REGS_H_ */"]


def emit_cmd_h(model):
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        f"/* {NOTICE} */",
        "",
        "/**",
        " * @file",
        " * Commands of a tile program: 64 bytes each, little endian, unused bytes zero.",
        " */",
        "",
        "#ifndef HILBERT_HB_CMD_H_",
        "#define HILBERT_HB_CMD_H_",
        "",
        "#include <stddef.h>",
        "#include <stdint.h>",
    ]
    lines += c_constants(command_constants(model))
    lines += [
        "",
        "#ifdef __cplusplus",
        "#define HB_CMD_ASSERT_(cond_) static_assert(cond_, #cond_)",
        "#else",
        "#define HB_CMD_ASSERT_(cond_) _Static_assert(cond_, #cond_)",
        "#endif",
    ]

    def struct(title, name, own):
        members, asserts = [], []
        offset = 0
        for f in model["command_common"]["fields"] + own:
            kind = "int" if f.get("signed") else "uint"
            members.append(f"  {kind}{f['bits']}_t {f['name']}; /* {f['doc']} */")
            asserts.append(f"HB_CMD_ASSERT_(offsetof({name}, {f['name']}) == {offset});")
            offset += f["bits"] // 8
        if offset < COMMAND_BYTES:
            members.append(f"  uint8_t reserved[{COMMAND_BYTES - offset}]; /* zero */")
            asserts.append(f"HB_CMD_ASSERT_(offsetof({name}, reserved) == {offset});")
        asserts.append(f"HB_CMD_ASSERT_(sizeof({name}) == HB_CMD_BYTES);")
        doc = ["/**"] + [f" * {line}".rstrip() for line in title.splitlines()] + [" */"]
        return ["", *doc, f"typedef struct {name[:-2]} {{", *members, f"}} {name};", "", *asserts]

    lines += struct("What every command starts with.", "hb_cmd_common_t", [])
    union = ["  hb_cmd_common_t common;"]
    for c in model["command"]:
        lower = c["name"].lower()
        lines += struct(f"{c['name']}: {c['doc']}", f"hb_cmd_{lower}_t", c["fields"])
        union.append(f"  hb_cmd_{lower}_t {lower};")
    lines += [
        "",
        "/** Any command. */",
        "typedef union hb_cmd {",
        *union,
        "  uint8_t bytes[HB_CMD_BYTES];",
        "} hb_cmd_t;",
        "",
        "HB_CMD_ASSERT_(sizeof(hb_cmd_t) == HB_CMD_BYTES);",
        "",
        "#undef HB_CMD_ASSERT_",
        "",
        "#endif /* HILBERT_HB_CMD_H_ */",
    ]
    return lines


def emit_svh(model):
    lines = [
        "// SPDX-License-Identifier: Apache-2.0",
        f"// {NOTICE}",
        "// Included inside hb_pkg. The names are those of the C headers.",
    ]
    for source in (constants(model), command_constants(model)):
        for title, group in source:
            lines += ["", f"// {title}"]
            for name, value, _ in group:
                width = sv_width(name)
                lines.append(f"localparam logic [{width - 1}:0] {name} = {width}'h{value:x};"
                             if width else f"localparam int {name} = {value};")
    lines += ["", "// Bit positions of command fields"]
    for c in model["command"]:
        fields = list(placed(model, c))
        if c is model["command"][0]:
            offset = 0
            for f in model["command_common"]["fields"]:
                lines += sv_field("HB_CMD_" + f["name"].upper(), f, offset)
                offset += f["bits"] // 8
        for f, offset in fields:
            lines += sv_field(f"HB_CMD_{c['name']}_{f['name'].upper()}", f, offset)
        end = max((o + f["bits"] // 8 for f, o in fields), default=4)
        lines.append(f"localparam int HB_CMD_{c['name']}_USED_BITS = {8 * end};")
    return lines


def sv_width(name):
    """Bits of a constant that is compared with hardware of that width; 0: a plain number."""
    for prefix, width in (
        ("HB_TILE_REG_", 16), ("HB_TILE_STATUS_", 8), ("HB_TILE_KIND_", 8), ("HB_CMD_OP_", 8), ("HB_CMD_TOKEN_", 4),
    ):
        if name.startswith(prefix):
            # HB_TILE_STATUS_<FIELD>_LSB and the like belong to the STATUS register.
            if prefix == "HB_TILE_STATUS_" and re.search(r"_(LSB|WIDTH|MASK)$", name):
                break
            return width
    if name.endswith("_MASK"):
        return 32
    if name.endswith(("_MAY_WAIT", "_MAY_PUSH")):
        return 4
    if "_MEM_" in name or "_FN_" in name:
        return 8
    return 16 if "_FLAG_" in name else 0


def sv_field(prefix, field, offset):
    return [
        f"localparam int {prefix}_LSB = {8 * offset};",
        f"localparam int {prefix}_WIDTH = {field['bits']};",
    ]


def emit_md(model):
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f"<!-- {NOTICE} -->",
        "# The tile's programming model",
        "",
        f"Version {model['version']}. All registers are 32 bits; everything is little endian.",
        "",
        "## Registers",
        "",
        "| offset | name | access | meaning |",
        "|---|---|---|---|",
    ]
    lines += [f"| `0x{r['offset']:03x}` | {r['name']} | {r['access']} | {r['doc']} |" for r in model["register"]]
    lines += ["", "## Fields", "", "| register | bits | field | meaning |", "|---|---|---|---|"]
    for r in model["register"]:
        for f in r["fields"]:
            high = f["lsb"] + f["width"] - 1
            lines.append(f"| {r['name']} | {high}:{f['lsb']} | {f['name']} | {f['doc']} |")
    lines += ["", "## Job status codes", "", "| value | name | meaning |", "|---|---|---|"]
    lines += [f"| {s['value']} | {s['name']} | {s['doc']} |" for s in model["status"]]
    lines += ["", "## Commands", ""]
    lines += ["| byte | bits | field of every command | meaning |", "|---|---|---|---|"]
    offset = 0
    for f in model["command_common"]["fields"]:
        lines.append(f"| {offset} | {f['bits']} | {f['name']} | {f['doc']} |")
        offset += f["bits"] // 8
    for c in model["command"]:
        lines += ["", f"### {c['name']} (opcode 0x{c['opcode']:02x})", "", c["doc"], ""]
        waits, pushes = ", ".join(c.get("wait", [])), ", ".join(c.get("push", []))
        lines.append(f"May wait: {waits or 'nothing'}. May push: {pushes or 'nothing'}.")
        if c.get("legal"):
            lines += ["", "Legal if:", ""] + [f"- {rule}" for rule in c["legal"]]
        if c.get("flags"):
            lines += ["", "| flag bit | name | meaning |", "|---|---|---|"]
            lines += [f"| {f['bit']} | {f['name']} | {f['doc']} |" for f in c["flags"]]
        if c["fields"]:
            lines += ["", "| byte | bits | field | meaning |", "|---|---|---|---|"]
            lines += [f"| {o} | {f['bits']} | {f['name']} | {f['doc']} |" for f, o in placed(model, c)]
    return lines


OUTPUTS = {
    "hb_regs.svh": emit_svh,
    "hilbert/hb_tile_regs.h": emit_tile_regs_h,
    "hilbert/hb_cmd.h": emit_cmd_h,
    "hb_tile.md": emit_md,
}

# ------------------------------------------------------------------------------------------- main


def find_line(text, error):
    """Line of the mistake: the entry's, or the key's or name's inside it where it can be found."""
    lines = text.splitlines()
    headers = [i for i, line in enumerate(lines) if line.strip() in (f"[{error.section}]", f"[[{error.section}]]")]
    if error.index >= len(headers):
        return 1
    start = headers[error.index]
    end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("[")), len(lines))
    word = re.compile(rf"(^\s*{re.escape(error.key)}\s*=|name = \"{re.escape(error.key)}\")")
    found = [i for i in range(start, end) if word.search(lines[i])]
    return (found[-1] if found else start) + 1


def main(argv):
    if len(argv) != 3:
        print("usage: gen_regs.py MAP.toml OUTDIR", file=sys.stderr)
        return 2
    path, out = Path(argv[1]), Path(argv[2])
    try:
        text = path.read_text(encoding="utf-8")
        model = tomllib.loads(text)
        check(model)
        check_constant_names(model)
    except OSError as error:
        print(f"{path}: cannot be read: {error.strerror}", file=sys.stderr)
        return 3
    except tomllib.TOMLDecodeError as error:
        print(f"{path}: not TOML: {error}", file=sys.stderr)
        return 3
    except MapError as error:
        line = find_line(text, error)
        print(f"{path}:{line}:1: {error.section}.{error.key}: {error.expected}", file=sys.stderr)
        return 3
    for name, emit in OUTPUTS.items():
        content = "\n".join(emit(model)) + "\n"
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text(encoding="utf-8") != content:
            target.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
