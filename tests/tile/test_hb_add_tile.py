#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_hb_add_tile.py CMAKE SOURCE_DIR CASE: what hb_add_tile() and hb_add_tile_models() say of a wrong call.

A project of a few lines is configured; the models it would build are only printed.
"""
import pathlib
import subprocess
import sys
import tempfile

GOOD = "hb_add_tile(NAME mine TOP top SOURCES top.v PARAMS A=1 B=2)\n"
CASES = {  # case: (calls, text of the error or None)
    "good": (GOOD + "hb_add_tile_models(models TILES mine)", None),
    "no_name": ("hb_add_tile(TOP top SOURCES top.v)", "NAME is missing"),
    "no_top": ("hb_add_tile(NAME mine SOURCES top.v)", "hb_add_tile(NAME mine): TOP is missing"),
    "no_sources": ("hb_add_tile(NAME mine TOP top)", "hb_add_tile(NAME mine): SOURCES is missing"),
    "no_file": ("hb_add_tile(NAME mine TOP top SOURCES nosuch.v)", "there is no file"),
    "bad_name": ("hb_add_tile(NAME My-Tile TOP top SOURCES top.v)", "NAME My-Tile: expected lower-case"),
    "bad_param": ("hb_add_tile(NAME mine TOP top SOURCES top.v PARAMS A)", "PARAMS A: expected Name=Value"),
    "twice": (GOOD + GOOD, "there is a tile mine already"),
    "unknown_argument": ("hb_add_tile(NAME mine TOP top SOURCES top.v ONE_EDGE odd)", "unknown argument: odd"),
    "no_perf_name": ("hb_add_tile(NAME mine TOP top SOURCES top.v PERF)", "no value for PERF"),
    "unknown_perf": ("hb_add_tile(NAME mine TOP top SOURCES top.v PERF u_perf)", "PERF u_perf: no source has an instance"),
    "models_without_tiles": (GOOD + "hb_add_tile_models(models)", "TILES is missing"),
    "models_twice": (GOOD + "hb_add_tile_models(models TILES mine mine)", "a tile is named twice"),
    "models_unknown_argument": (GOOD + "hb_add_tile_models(models odd TILES mine)", "unknown argument: odd"),
    "unknown_tile": (GOOD + "hb_add_tile_models(models TILES mine yours)", "there is no tile yours"),
}

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(tile LANGUAGES CXX)
set(PROJECT_SOURCE_DIR "{source}")
function(hb_add_verilated target)
  list(JOIN ARGN " " arguments)
  message(STATUS "built: ${{target}} ${{arguments}}")
  add_library(${{target}} INTERFACE)
endfunction()
add_library(hb_generated INTERFACE)
add_library(hb_warnings INTERFACE)
include("{source}/scripts/cmake/HbTile.cmake")
{calls}
"""


def main():
    cmake, source, case = sys.argv[1:]
    calls, error = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "top.v").write_text("module top; endmodule\n")
        (folder / "CMakeLists.txt").write_text(PROJECT.format(source=source, calls=calls))
        done = subprocess.run([cmake, "-S", folder, "-B", folder / "build"], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = " ".join(done.stdout.split())  # CMake breaks lines
    if error is None:
        ok = done.returncode == 0 and "built: hb_vmine TOP top PREFIX Vmine" in said and "PARAMS A=1 B=2" in said
    else:
        ok = done.returncode != 0 and error in said
    if not ok:
        print(f"expected: {error}\n{done.stdout}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
