#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_install.py CMAKE BUILD HILBERT MAKE_TRACE: the installed trace library serves a program outside of this tree.

Installs component `trace` into a folder, compiles consumer.c and the example of hb_trace_reader.h with cc and
pkg-config alone, and compares what they read with what `hilbert trace` prints.
"""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE = BUILD = HILBERT = MAKE_TRACE = None
HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = ["hb_status.h", "hb_trace.h", "hb_trace_reader.h", "hb_trace_writer.h"]


def output(*args, **more):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        # Installed, then moved: nothing may remember where it was put.
        first, cls.prefix = os.path.join(cls.folder, "first"), os.path.join(cls.folder, "moved")
        output(CMAKE, "--install", BUILD, "--component", "trace", "--prefix", first)
        os.rename(first, cls.prefix)
        cls.installed = sorted(os.path.relpath(os.path.join(at, name), cls.prefix)
                               for at, _, names in os.walk(cls.prefix) for name in names)
        (pc,) = [path for path in cls.installed if path.endswith("pkgconfig/hilbert-trace.pc")]
        cls.environment = {"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": os.path.dirname(os.path.join(cls.prefix, pc))}
        cls.trace = os.path.join(cls.folder, "t.hbt")
        output(MAKE_TRACE, "--quiet", cls.trace, "5000")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def pkg_config(self, *args):
        return output("pkg-config", *args, "hilbert-trace", env=self.environment).split()

    def compile(self, source):
        program = os.path.join(self.folder, "program")
        output("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, "-o", program,
               *self.pkg_config("--cflags", "--libs"), cwd=self.folder, env=self.environment)
        return program

    def records(self, path):
        return [json.loads(line) for line in output(HILBERT, "trace", "dump", "--json", path).splitlines()]

    def test_what_is_installed(self):
        names = [path for path in self.installed if not path.startswith("lib")]
        self.assertEqual(names, [f"include/hilbert/{name}" for name in HEADERS])
        self.assertEqual([os.path.basename(path) for path in self.installed if path.startswith("lib")],
                         ["libhilbert-trace.a", "hilbert-trace.pc"])

    def test_pkg_config(self):
        self.assertEqual(os.path.normpath(self.pkg_config("--cflags")[0]), f"-I{self.prefix}/include")
        self.assertLessEqual({"-lhilbert-trace", "-lz"}, set(self.pkg_config("--libs")))
        self.assertEqual(self.pkg_config("--modversion"), output(HILBERT, "--version").split()[1:])

    def test_each_header_stands_alone(self):
        for name in HEADERS:
            source = os.path.join(self.folder, "alone.c")
            with open(source, "w", encoding="ascii") as file:
                file.write(f"#include <hilbert/{name}>\nint main(void) {{ return 0; }}\n")
            self.compile(source)

    def test_a_program_reads_and_writes(self):
        shutil.copy(os.path.join(HERE, "consumer.c"), self.folder)
        program = self.compile(os.path.join(self.folder, "consumer.c"))
        counts = os.path.join(self.folder, "counts.hbt")
        self.assertEqual(output(program, self.trace, counts), "complete, success\n")
        records = self.records(self.trace)
        expected = collections.Counter(record["stream"] for record in records)
        stat = json.loads(output(HILBERT, "trace", "stat", "--json", self.trace))
        self.assertEqual(expected["job"], sum(tile["jobs"] for tile in stat["tiles"]))
        written = self.records(counts)
        self.assertEqual({r["stream_name"]: r["records"] for r in written if r["records"]}, expected)
        self.assertEqual({r["cycle"] for r in written}, {records[-1]["cycle"]})
        self.assertEqual(subprocess.run([program, __file__, counts], stdout=subprocess.DEVNULL, check=False).returncode, 1)

    def test_the_example_of_the_header(self):
        with open(os.path.join(self.prefix, "include/hilbert/hb_trace_reader.h"), encoding="ascii") as file:
            lines = file.read().split(" * EXAMPLE")[1].split(" * DESCRIPTION")[0].splitlines()[2:]
        source = os.path.join(self.folder, "example.c")
        with open(source, "w", encoding="ascii") as file:
            file.write("\n".join(line[5:] for line in lines))
        program = self.compile(source)
        jobs = [r for r in self.records(self.trace) if r["stream"] == "job"]
        self.assertEqual(output(program, self.trace), f"{jobs[-1]['end']} {len(jobs)}\n")


if __name__ == "__main__":
    CMAKE, BUILD, HILBERT, MAKE_TRACE = sys.argv[1:5]
    del sys.argv[1:5]
    unittest.main()
