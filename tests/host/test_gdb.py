# SPDX-License-Identifier: Apache-2.0
"""hilbert run --gdb: test_gdb.py HILBERT SCENARIOS CLASS

What a debugger sees is what is there, and a run that was looked at is the run that was not: the same trace, the same
metrics but for wall time. With gdb-multiarch itself, and with a client of our own for what that would not do.
"""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HILBERT = None
SCENARIOS = None
GDB = shutil.which("gdb-multiarch")
MAGIC = 0x474D4948  # HB_IMAGE_MAGIC
SCENARIO = "tiny"


class Client:
    """Speaks the remote serial protocol."""

    def __init__(self, port):
        self.socket = socket.create_connection(("localhost", port), timeout=60)
        self.input = b""

    def send(self, data):
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))

    def byte(self):
        while not self.input:
            self.input = self.socket.recv(4096)
            if not self.input:
                raise EOFError
        byte, self.input = self.input[:1], self.input[1:]
        return byte

    def reply(self):
        while self.byte() != b"$":
            pass
        data = b""
        while (byte := self.byte()) != b"#":
            data += byte
        assert int(self.byte() + self.byte(), 16) == sum(data) % 256
        return data.decode()

    def ask(self, data):
        self.send(data.encode())
        return self.reply()

    def word(self, addr):
        return int.from_bytes(bytes.fromhex(self.ask(f"m{addr:x},4")), "little")

    def cycle(self):
        return int(bytes.fromhex(self.ask("qRcmd," + b"cycle".hex())))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def start(self, *options, port=0, out="debugged"):
        self.process = subprocess.Popen(
            [HILBERT, "run", SCENARIO, "--gdb", str(port), "--out", out, "--progress", "never", *options], cwd=self.dir,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)))
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        line = self.process.stderr.readline()
        found = re.fullmatch(r"hilbert: waiting for a debugger: gdb-multiarch (\S+) -ex 'target remote localhost:(\d+)'\n", line)
        self.assertTrue(found, line + self.process.stderr.read() if not found else line)
        self.firmware = found[1]
        return int(found[2])

    def client(self, port):
        client = Client(port)
        self.addCleanup(client.socket.close)
        return client

    def end(self, code=0):
        """Waits for the run; what it printed on stderr after its first line."""
        _, stderr = self.process.communicate(timeout=120)
        self.assertEqual(self.process.returncode, code, stderr)
        return stderr

    def plain(self, *options):
        done = subprocess.run([HILBERT, "run", SCENARIO, "--out", "plain", *options], cwd=self.dir, capture_output=True,
                              text=True, env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)))
        self.assertEqual(done.returncode, 0, done.stderr)

    def same(self):
        """The run that was debugged is the one that was not."""
        self.assertEqual((self.dir / "plain/trace.hbt").read_bytes(), (self.dir / "debugged/trace.hbt").read_bytes())
        plain, debugged = (json.loads((self.dir / out / "metrics.json").read_text()) for out in ("plain", "debugged"))
        for metrics in (plain, debugged):
            del metrics["wall_s"]
        self.assertEqual(plain, debugged)

    def gdb(self, port, script):
        (self.dir / "script").write_text("set pagination off\nset confirm off\n" + script)
        done = subprocess.run([GDB, "-nx", "-batch", self.firmware, "-ex", f"target remote localhost:{port}", "-x", "script"],
                              cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.stdout


class Session(Case):
    def test_break_step_look_and_go_on(self):
        self.plain()
        text = self.gdb(self.start(), """
monitor cycle
echo entry:\\n
print/x $pc
break hb_main_step
continue
echo step:\\n
print $pc == &hb_main_step
print self == &hb_boot_self
print/x self->tables.header->magic
print/x *(unsigned *)0x100000
print self->tables.header->num_models
monitor cycle
shell sleep 0.3
monitor cycle
print *(unsigned long *)0x02000000 > 1000
set $before = $pc
set $bytes = (*(unsigned char *)$pc & 3) == 3 ? 4 : 2
stepi
print $pc == $before + $bytes
delete
break fcfs.c:choose
continue
echo choose:\\n
backtrace 3
print view->num_jobs
print view->num_tiles
print/x *(unsigned char *)view->jobs[0].programs[0].addr
finish
delete
watch hb_boot_self.jobs.free_tiles
continue
echo watched:\\n
delete
continue
""")
        self.assertEqual(self.end(), "")
        self.assertRegex(text, r"\n0\nentry:\n\$1 = 0x0\n")
        part = text.split("step:\n")[1].split("choose:\n")
        values = re.findall(r"^\$\d+ = (\S+)$", part[0], re.M)
        self.assertEqual(values[:6], ["1", "1", hex(MAGIC), hex(MAGIC), "3", "1"], text)
        self.assertEqual(values[6:7], ["1"], text)  # past a single instruction
        cycles = re.findall(r"^(\d+)$", part[0], re.M)
        self.assertEqual(len(cycles), 2, text)
        self.assertEqual(cycles[0], cycles[1], "time passed while the CPU stood still")
        self.assertGreater(int(cycles[0]), 1000)
        self.assertRegex(part[1], r"#0 +choose \(")
        values = re.findall(r"^\$\d+ = (\S+)$", part[1], re.M)
        self.assertEqual((int(values[0]) > 0, values[1], values[2]), (True, "1", "0x1"), text)  # HB_CMD_OP_LOAD
        self.assertRegex(part[1], r"Hardware watchpoint \d+: hb_boot_self.jobs.free_tiles\n\nOld value = 1\nNew value = 0\n")
        self.assertRegex(part[1], r"exited normally")
        self.same()

    def test_every_stop_of_a_run_changes_nothing(self):
        self.plain("--trace", "packets")
        text = self.gdb(self.start("--trace", "packets"), """
break hb_main_step
commands
  silent
  info registers
  x/64xw 0x80000000
  x/6xw 0x02000000
  continue
end
continue
""")
        self.assertEqual(self.end(), "")
        self.assertGreater(text.count("\npc "), 20)
        self.same()

    def test_values_can_be_changed(self):
        port = self.start()
        text = self.gdb(port, """
break hb_main_step
continue
set $a5 = 0x12345678
print/x $a5
set var *(unsigned *)0x80000100 = 0xcafe
print/x *(unsigned *)0x80000100
set var hb_boot_self.jobs.alarm = 0x1122334455667788
print/x hb_boot_self.jobs.alarm
set var *(unsigned *)0x02000014 = 1
echo refused\\n
kill
""")
        self.assertRegex(text, r"= 0x12345678\n")
        self.assertRegex(text, r"= 0xcafe\n")
        self.assertRegex(text, r"= 0x1122334455667788\n")
        self.assertRegex(text, r"Cannot access memory at address 0x2000014")
        self.process.wait(timeout=60)


class Ends(Case):
    def test_detached_run_goes_on(self):
        self.plain()
        self.gdb(self.start(), "break hb_main_step\ncontinue\ndetach\n")
        self.assertEqual(self.end(), "")
        self.same()

    def test_client_that_vanishes_does_not_matter(self):
        self.plain()
        for stopped in (True, False):
            client = self.client(self.start())
            self.assertRegex(client.ask("?"), "^T05")
            self.assertEqual(client.ask("Z0,100,2"), "OK")
            if not stopped:
                client.send(b"c")
            client.socket.close()
            self.assertEqual(self.end(), "")
            self.same()

    def test_killed_run_leaves_a_readable_trace(self):
        text = self.gdb(self.start(), "break hb_main_step\ncontinue\ncontinue\nkill\n")
        self.assertIn("killed", text)
        stderr = self.end(130)
        self.assertRegex(stderr, r"^hilbert: killed by the debugger at cycle \d+ of \d+; what was recorded is in debugged\n$")
        m = json.loads((self.dir / "debugged/metrics.json").read_text())
        self.assertEqual((m["complete"], m["why"]), (False, "killed by the debugger"))
        info = subprocess.run([HILBERT, "trace", "info", "debugged/trace.hbt"], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual((info.returncode, info.stderr), (0, ""))
        self.assertIn("killed by the debugger", info.stdout)

    def test_ctrl_c_of_the_client_stops_a_running_cpu(self):
        options = ("--duration", "300ms")
        self.plain(*options)
        client = self.client(self.start(*options))
        cycles = []
        for _ in range(3):
            client.send(b"c")
            time.sleep(0.2)
            client.socket.sendall(b"\x03")
            self.assertRegex(client.reply(), "^T02")
            cycles.append(client.cycle())
            self.assertEqual(client.word(0x100000), MAGIC)
            time.sleep(0.1)
            self.assertEqual(client.cycle(), cycles[-1])
        self.assertEqual(sorted(set(cycles)), cycles, "time goes on in between")
        self.assertRegex(client.ask("s"), "^T05")  # from within wfi: the next instruction after it
        self.assertEqual(client.ask("D"), "OK")
        self.assertEqual(self.end(), "")
        self.same()

    def test_ctrl_c_at_hilbert_ends_it(self):
        for connected in (True, False):
            port = self.start()
            client = self.client(port) if connected else None
            if connected:
                client.ask("?")
            time.sleep(0.3)
            self.process.send_signal(signal.SIGINT)
            self.assertRegex(self.end(130), r"^hilbert: interrupted at cycle 0 of \d+; what was recorded is in debugged\n$")

    def test_crash_can_be_looked_at(self):
        client = self.client(self.start())
        self.assertEqual(client.ask("P20=00000003"), "OK")  # pc: where there is no code
        self.assertRegex(client.ask("c"), "^T0b")
        self.assertEqual(client.ask("p20"), "00000003")
        self.assertEqual(client.ask("c"), "X0b")
        self.assertRegex(self.end(1), r"instruction fetch from 0x03000000")


class Protocol(Case):
    def test_registers_and_memory(self):
        client = self.client(self.start())
        self.assertIn("qXfer:features:read+", client.ask("qSupported:xmlRegisters=i386"))
        text, at = "", 0
        while not text.endswith("</target>"):
            part = client.ask(f"qXfer:features:read:target.xml:{at:x},100")
            text += part[1:]
            at += len(part) - 1
            self.assertEqual(part[0], "l" if text.endswith("</target>") else "m")
        self.assertIn("<architecture>riscv:rv32</architecture>", text)
        self.assertEqual(len(re.findall("<reg ", text)), 33)
        self.assertEqual(client.ask("g"), 33 * "00000000")
        for i in range(1, 32):
            self.assertEqual(client.ask(f"P{i:x}={i:02x}0000ff"), "OK")
        self.assertEqual(client.ask("P0=01000000"), "OK")  # x0 stays what it is
        self.assertEqual(client.ask("g"), "00000000" + "".join(f"{i:02x}0000ff" for i in range(1, 32)) + "00000000")
        self.assertEqual(client.ask("G" + 32 * "01020304" + "00000000"), "OK")
        self.assertEqual(client.ask("p1f"), "01020304")
        self.assertEqual(client.ask("M3fffe,2:abcd"), "OK")
        self.assertEqual(client.ask("m3fffe,8"), "abcd")  # the TCM ends
        self.assertEqual(client.ask("M3fffe,4:00000000"), "E0e")
        self.assertEqual(client.ask("m3fffe,2"), "abcd")
        self.assertEqual(client.ask("M8ffffffe,2:1234"), "OK")
        self.assertEqual(client.ask("m8ffffffe,2"), "1234")
        for packet in ("m90000000,1", "m3000000,4", "m40000000,4", "m50000000,4", "m2000030,4", "m40000,4", "mfffffffe,4",
                       "M2000014,4:00000000", "M40000000,4:00000000"):
            self.assertEqual(client.ask(packet), "E0e", packet)
        client.ask("D")
        self.process.wait(timeout=60)

    def test_bad_packets(self):
        client = self.client(self.start())
        for packet in ("m", "m0", "m0,", "m0,x", "m0,4z", "m0,100000", "mffffffffff,1", "M0,4:00", "M0,4:0000000000", "M0,2:zz00",
                       "p", "p21", "pzz", "P", "P1", "P1=", "P1=0000", "P21=00000000", "P20=01000000", "G", "G00",
                       "Z0", "Z0,1,2", "Z0,40000,2", "Z0,,", "Z2,0,0", "c1", "czz", "C", "S1", "vCont;c1", "qXfer:features:read:target.xml:",
                       "qXfer:features:read:target.xml:fffff,10", "Z0,0,2zz"):
            self.assertEqual(client.ask(packet), "E16", packet)
        for packet in ("", "x", "vCont;t", "vMustReplyEmpty", "Z9,0,2", "qFoo", "Q", "X0,1:a"):
            self.assertEqual(client.ask(packet), "", packet)
        client.socket.sendall(b"$?#00")
        self.assertEqual(client.byte(), b"-")
        client.socket.sendall(b"garbage $m0,4$?#3f")  # a packet cut off by the next
        self.assertEqual(client.byte(), b"+")
        self.assertRegex(client.reply(), "^T05")
        client.send(b"m0," + 100000 * b"0")
        self.assertEqual(client.reply(), "E16")
        client.send(b"?")
        self.assertRegex(client.reply(), "^T05")
        client.socket.sendall(b"-")  # once more
        self.assertRegex(client.reply(), "^T05")
        client.ask("D")
        self.process.wait(timeout=60)

    def test_random_bytes_do_no_harm(self):
        rng = random.Random(1)
        client = self.client(self.start())
        for _ in range(3000):
            kind = rng.choice(b"?gGpPmMZzHTqQvX")  # all but those that let it go
            data = bytes([kind]) + bytes(rng.choice(b"0123456789abcdef,:;=#$}*\x03\x80zc") for _ in range(rng.randrange(40)))
            client.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256 if rng.random() < 0.8 else rng.randrange(256)))
            if rng.random() < 0.02:  # what comes back is taken now and then
                client.socket.settimeout(0.02)
                try:
                    while client.socket.recv(4096):
                        pass
                except (TimeoutError, socket.timeout):
                    pass
                client.socket.settimeout(60)
        client.input = b""
        client.send(b"qRcmd,00")
        while "6d6f6e69746f723a" not in client.reply():  # "monitor:"
            pass
        client.send(b"k")
        self.end(130)


class Options(Case):
    def fails(self, code, *options):
        done = subprocess.run([HILBERT, "run", SCENARIO, "--out", "o", *options], cwd=self.dir, capture_output=True, text=True,
                              env=dict(os.environ, HILBERT_DATA=str(SCENARIOS)), timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertFalse((self.dir / "o").exists())
        return done.stderr

    def test_bad_options(self):
        for port in ("x", "-1", "65536", "1.5", ""):
            self.assertRegex(self.fails(2, "--gdb", port), r"^hilbert: --gdb: expected a whole number from 0 to 65535, got [^\n]*\n$")
        self.assertEqual(self.fails(2, "--gdb", "0", "--wave", "w.fst"), "hilbert: --gdb: not with --wave, which runs twice\n")

    def test_port_in_use(self):
        with socket.create_server(("localhost", 0)) as server:
            port = server.getsockname()[1]
            self.assertEqual(self.fails(1, "--gdb", str(port)), f"hilbert: --gdb: port {port}: Address already in use\n")

    def test_the_port_that_was_asked_for(self):
        with socket.create_server(("localhost", 0)) as server:
            port = server.getsockname()[1]
        self.assertEqual(self.start(port=port), port)
        self.client(port).ask("D")
        self.end()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    HILBERT = sys.argv[1]
    SCENARIOS = pathlib.Path(sys.argv[2])
    if GDB is None:
        sys.exit("no gdb-multiarch: scripts/setup installs it")
    unittest.main(argv=[sys.argv[0], sys.argv[3]], verbosity=1)
