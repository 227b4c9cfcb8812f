// SPDX-License-Identifier: Apache-2.0
//
// hb_scratchpad: memory with one write and one read port.
//
// Read data follows the address by one cycle and holds until the next read. Reading a word in the cycle
// in which it is written gives the old or the new word; programs order the two with tokens.

module hb_scratchpad #(
  parameter int Width = 128,
  parameter int Words = 1024,
  localparam int AddrBits = $clog2(Words)
) (
  input  logic                clk_i,

  // Write
  input  logic                we_i,
  input  logic [AddrBits-1:0] waddr_i,
  input  logic [Width-1:0]    wdata_i,

  // Read
  input  logic                re_i,
  input  logic [AddrBits-1:0] raddr_i,
  output logic [Width-1:0]    rdata_o
);

  logic [Width-1:0] mem [0:Words-1];

  always_ff @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
    if (re_i) rdata_o <= mem[raddr_i];
  end

endmodule
