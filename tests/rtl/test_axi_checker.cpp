/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * AxiChecker accepts a legal exchange and names every violation it promises to. usage:
 * test_axi_checker CASE
 */

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

#include "sim/tile/axi_checker.h"

using namespace hb;

namespace {

/* One boundary under the test's hand. */
struct Wire {
  AxiChecker checker;
  TileOut out;
  TileIn in;

  /* One cycle; what was taken is taken back. */
  void step() {
    checker.check(out, in);
    if (in.m_arready != 0) out.m_arvalid = 0;
    if (in.m_awready != 0) out.m_awvalid = 0;
    if (in.m_wready != 0) out.m_wvalid = 0;
    if (out.m_rready != 0) in.m_rvalid = 0;
    if (out.m_bready != 0) in.m_bvalid = 0;
    if (out.s_awready != 0) in.s_awvalid = 0;
    if (out.s_wready != 0) in.s_wvalid = 0;
    if (out.s_arready != 0) in.s_arvalid = 0;
    if (in.s_bready != 0) out.s_bvalid = 0;
    if (in.s_rready != 0) out.s_rvalid = 0;
  }
  Wire() { ready(1); }
  void ready(uint8_t level) {
    in.m_arready = in.m_awready = in.m_wready = out.m_rready = out.m_bready = level;
    out.s_awready = out.s_wready = out.s_arready = in.s_bready = in.s_rready = level;
  }
  void ar(uint32_t addr, uint8_t len) { out.m_arvalid = 1, out.m_araddr = addr, out.m_arlen = len; }
  void aw(uint32_t addr, uint8_t len) { out.m_awvalid = 1, out.m_awaddr = addr, out.m_awlen = len; }
  void w(uint32_t data, bool last) { out.m_wvalid = 1, out.m_wdata[0] = data, out.m_wlast = last; }
  void r(bool last) { in.m_rvalid = 1, in.m_rlast = last; }
  void b() { in.m_bvalid = 1; }
};

struct Case {
  const char *name;
  const char *violation;  // what the text must contain; "" for none
  std::function<void(Wire &)> run;
};

const Case kCases[] = {
    {"good", "",
     [](Wire &x) {
       for (int round = 0; round < 3; ++round) {
         x.ready(0);
         x.ar(0x80000100, 1), x.aw(0x80000200, 1), x.w(1, false);
         x.step(), x.step();
         x.ready(1);
         x.step();
         x.w(2, true), x.r(false);
         x.step();
         x.r(true), x.b();
         x.step();
         x.in.s_awvalid = x.in.s_wvalid = x.in.s_arvalid = 1;
         x.step();
         x.out.s_bvalid = x.out.s_rvalid = 1;
         x.step();
         x.out.idle = 1;
         x.step();
         x.out.idle = 0;
       }
     }},
    {"ar_drops", "AR changed",
     [](Wire &x) { x.ready(0), x.ar(0x100, 0), x.step(), x.out.m_arvalid = 0, x.step(); }},
    {"ar_changes", "AR changed",
     [](Wire &x) { x.ready(0), x.ar(0x100, 0), x.step(), x.ar(0x200, 0), x.step(); }},
    {"aw_changes", "AW changed",
     [](Wire &x) { x.ready(0), x.aw(0x100, 0), x.step(), x.aw(0x100, 1), x.step(); }},
    {"w_changes", "W changed",
     [](Wire &x) { x.ready(0), x.w(1, true), x.step(), x.w(2, true), x.step(); }},
    {"good_long", "",
     [](Wire &x) {
       x.ar(0x1000, 255), x.aw(0x2000, 255);
       for (int beat = 0; beat < 256; ++beat) {
         x.w(1, beat == 255), x.step();
         x.r(beat == 255), x.step();
       }
       x.b(), x.step();
       x.out.idle = 1, x.step();
     }},
    {"crosses_4096", "AR burst crosses a 4096-byte boundary",
     [](Wire &x) { x.ar(0x1100, 239), x.step(), x.ar(0x1110, 239), x.step(); }},
    {"aw_crosses_4096", "AW burst crosses a 4096-byte boundary",
     [](Wire &x) { x.aw(0x1f0, 1), x.step(), x.aw(0xff0, 1), x.step(); }},
    {"crosses_256", "256-byte boundary",
     [](Wire &x) { x.checker = AxiChecker(AxiChecker::kOurTiles), x.ar(0x1f0, 1), x.step(); }},
    {"misaligned", "multiple of the bus width", [](Wire &x) { x.aw(0x108, 0), x.step(); }},
    {"wlast_early", "wlast", [](Wire &x) { x.aw(0x100, 1), x.w(1, true), x.step(); }},
    {"wlast_late", "wlast", [](Wire &x) { x.aw(0x100, 0), x.w(1, false), x.step(); }},
    {"wlast_late_before_address", "wlast",
     [](Wire &x) { x.w(1, false), x.step(), x.w(1, true), x.step(), x.aw(0x100, 0), x.step(); }},
    {"wlast_never", "longer than 256",
     [](Wire &x) {
       for (int beat = 0; beat < 256; ++beat)
         x.w(1, false), x.step();
     }},
    {"read_unasked", "R for an id", [](Wire &x) { x.r(true), x.step(); }},
    {"rlast_late", "rlast", [](Wire &x) { x.ar(0x100, 0), x.step(), x.r(false), x.step(); }},
    {"rlast_wrong", "rlast", [](Wire &x) { x.ar(0x100, 1), x.step(), x.r(true), x.step(); }},
    {"b_unasked", "B for an id", [](Wire &x) { x.b(), x.step(); }},
    {"b_before_data", "B before", [](Wire &x) { x.aw(0x100, 0), x.step(), x.b(), x.step(); }},
    {"b_same_cycle", "B before",
     [](Wire &x) { x.aw(0x100, 1), x.w(1, false), x.step(), x.w(1, true), x.b(), x.step(); }},
    {"r_changes", "R changed",
     [](Wire &x) {
       x.ar(0x100, 0), x.step(), x.ready(0), x.r(true), x.step();
       x.in.m_rdata[3] = 1;
       x.step();
     }},
    {"idle_outstanding", "idle while",
     [](Wire &x) { x.ar(0x100, 0), x.step(), x.out.idle = 1, x.step(); }},
    {"lite_b_unasked", "AXI4-Lite B without",
     [](Wire &x) { x.in.s_awvalid = 1, x.step(), x.out.s_bvalid = 1, x.step(); }},
    {"lite_r_unasked", "AXI4-Lite R without", [](Wire &x) { x.out.s_rvalid = 1, x.step(); }},
    {"lite_r_changes", "AXI4-Lite R changed",
     [](Wire &x) {
       x.in.s_arvalid = 1, x.step(), x.ready(0), x.out.s_rvalid = 1, x.step();
       x.out.s_rdata = 1;
       x.step();
     }},
    {"lite_aw_changes", "AXI4-Lite AW changed",
     [](Wire &x) { x.ready(0), x.in.s_awvalid = 1, x.step(), x.in.s_awaddr = 4, x.step(); }},
};

}  // namespace

int main(int argc, char **argv) {
  for (const Case &c : kCases) {
    if (argc != 2 || std::strcmp(c.name, argv[1]) != 0) continue;
    Wire wire;
    c.run(wire);
    const std::string &text = wire.checker.violation();
    std::printf("%s: \"%s\"\n", c.name, text.c_str());
    return *c.violation == '\0' ? !text.empty() : text.find(c.violation) == std::string::npos;
  }
  std::fprintf(stderr, "usage: test_axi_checker CASE\n");
  return 2;
}
