# SPDX-License-Identifier: Apache-2.0
"""test_list.py ROOT BUILD CASE: the list of faults and scripts/mutate itself."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile

ROOT, BUILD, CASE = sys.argv[1:4]
SCRIPT = os.path.join(ROOT, "scripts", "mutate")

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("mutate", SCRIPT)
mutate = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", LOADER))
LOADER.exec_module(mutate)

FAULT = """[[fault]]
id = "one"
file = "tile/hb_tokens.sv"
kind = "operand"
old = "push_i[i] ? count_q + 1'b1 : count_q - 1'b1"
new = "take_i[i] ? count_q - 1'b1 : count_q + 1'b1"
test = "formal.hb_tokens.never_wrap"
"""


def run_list(text):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        return subprocess.run([sys.executable, SCRIPT, "--list", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)


def refuses(text, code, message):
    result = run_list(text)
    assert result.returncode == code and message in result.stdout, (result.returncode, result.stdout)


def texts_occur_once():
    faults = mutate.read_faults(mutate.LIST)
    assert len(faults) >= 30, len(faults)
    assert {f["kind"] for f in faults} == mutate.KINDS
    for fault in faults:
        mutate.planted(fault, ROOT)


def tests_exist():
    tests = mutate.tests_of(BUILD)
    missing = {f["test"] for f in mutate.read_faults(mutate.LIST)} - set(tests)
    assert not missing, missing


def table_agrees():
    with open(os.path.join(ROOT, "tests", "README.md"), encoding="utf-8") as file:
        text = file.read()
    assert mutate.table(mutate.read_faults(mutate.LIST)) in text, "put the output of scripts/mutate --table into tests/README.md"


def unknown_key_bad():
    refuses(FAULT + 'why = "x"\n', 3, "why")


def path_outside_bad():
    refuses(FAULT.replace("tile/hb_tokens.sv", "../tests/README.md"), 3, "expected a path below rtl/")


def value_no_text_bad():
    refuses(FAULT.replace('"operand"', "3"), 3, "every value is a text")


def text_twice_bad():
    refuses(FAULT.replace("push_i[i] ? count_q + 1'b1 : count_q - 1'b1", "push_i[i]"), 3, "2 times")


def text_missing_bad():
    refuses(FAULT.replace("push_i[i] ? count_q", "push_i[i] ? count"), 3, "0 times")


def survivor_bad():
    # The same sum, written in another way.
    refuses(FAULT, 1, "one survives")


globals()[CASE]()
