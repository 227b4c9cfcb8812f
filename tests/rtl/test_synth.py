#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_synth.py SYNTH CASE: scripts/synth takes a good module and names what is wrong with a bad one."""

import os
import subprocess
import sys
import tempfile

PORTS = "input logic clk_i, input logic en_i, input logic [3:0] d_i, output logic [3:0] q_o"
# Case: body of the module, exit code, what the output says.
CASES = {
    "good": ("always_ff @(posedge clk_i) if (en_i) q_o <= d_i + 4'd1;", 0, " 4 "),
    "latch": ("always_comb if (en_i) q_o = d_i;", 1, "Latch inferred"),
    "loop": ("logic [3:0] a, b; assign a = b ^ d_i; assign b = a & {4{en_i}}; always_ff @(posedge clk_i) q_o <= a;", 1, "loop"),
    # Through the ports of two modules, each of which has none.
    "loop_through_ports": ("logic [3:0] a, b; part u_a (.x(b), .y(d_i), .z(a)); part u_b (.x(a), .y({4{en_i}}), .z(b));"
                           " always_ff @(posedge clk_i) q_o <= a;\nendmodule\n"
                           "module part (input logic [3:0] x, input logic [3:0] y, output logic [3:0] z); assign z = x & y;",
                           1, "loop"),
    "syntax": ("assign q_o = ;", 1, "syntax error"),
}


def main(synth, case):
    body, code, text = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "small.sv")
        with open(source, "w", encoding="utf-8") as file:
            file.write(f"module small ({PORTS});\n{body}\nendmodule\n")
        result = subprocess.run([synth, "--target", "ecp5", "--source", source, "--top", "small"], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
    print(result.stdout)
    if result.returncode != code or text not in result.stdout:
        print(f"exit code {result.returncode}, expected {code} and '{text}'")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
