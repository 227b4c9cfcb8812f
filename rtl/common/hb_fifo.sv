// SPDX-License-Identifier: Apache-2.0
//
// hb_fifo: queue of Depth entries with a registered output.
//
// Full throughput, one cycle of latency. Ready depends on state only. `clear_i` empties it and wins
// over both handshakes of that cycle.
//
// Contract, both sides: an entry moves in the cycle where valid and ready are both 1. Unlike a skid
// buffer's, valid may fall without a transfer: by clear_i.

`include "hb_check.svh"

module hb_fifo #(
  parameter int Width = 32,  // payload bits, 1 or more
  parameter int Depth = 4    // entries, 3 or more; Depth - 1 a power of two is not needed
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             clear_i,

  // Upstream
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  // Downstream
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  // The newest entries wait in memory, the oldest in the output register.
  localparam int MemDepth = Depth - 1;
  localparam int PtrBits = $clog2(MemDepth);
  localparam int CountBits = $clog2(MemDepth + 1);
  localparam logic [PtrBits-1:0] LastPtr = PtrBits'(MemDepth - 1);
  localparam logic [CountBits-1:0] FullCount = CountBits'(MemDepth);

  initial begin
    if (Width < 1) $fatal(1, "hb_fifo: Width must be 1 or more");
    if (Depth < 3) $fatal(1, "hb_fifo: Depth must be 3 or more");
  end

  logic [Width-1:0]     mem [0:MemDepth-1];
  logic [Width-1:0]     out_q;
  logic                 out_valid_q;
  logic [PtrBits-1:0]   rd_ptr_q, wr_ptr_q;
  logic [CountBits-1:0] count_q;
  logic                 push, out_free, from_mem, to_mem;

  assign in_ready_o  = count_q != FullCount;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_q;

  assign push     = in_valid_i && in_ready_o;
  assign out_free = !out_valid_q || out_ready_i;
  assign from_mem = out_free && count_q != '0;
  assign to_mem   = push && !(out_free && count_q == '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      rd_ptr_q    <= '0;
      wr_ptr_q    <= '0;
      count_q     <= '0;
    end else if (clear_i) begin
      out_valid_q <= 1'b0;
      rd_ptr_q    <= '0;
      wr_ptr_q    <= '0;
      count_q     <= '0;
    end else begin
      if (out_free) out_valid_q <= from_mem || push;
      if (from_mem) rd_ptr_q <= rd_ptr_q == LastPtr ? '0 : rd_ptr_q + 1'b1;
      if (to_mem) wr_ptr_q <= wr_ptr_q == LastPtr ? '0 : wr_ptr_q + 1'b1;
      if (from_mem != to_mem) count_q <= to_mem ? count_q + 1'b1 : count_q - 1'b1;
    end
  end

  // Payload needs no reset: it is only read while it is valid.
  always_ff @(posedge clk_i) begin
    if (to_mem) mem[wr_ptr_q] <= in_data_i;
    if (from_mem) out_q <= mem[rd_ptr_q];
    else if (push && out_free) out_q <= in_data_i;
  end

  `HB_CHECK(!(count_q != '0 && !out_valid_q), "entries wait behind an empty output")

endmodule
