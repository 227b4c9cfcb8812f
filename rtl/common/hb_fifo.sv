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
  parameter int Depth = 4    // entries, 3 or more
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

  // The newest entries wait in memory, the oldest in the output register. The memory has a power of two of
  // places, so that pointers just wrap; Depth - 1 of them are used.
  localparam int PtrBits = $clog2(Depth - 1);
  localparam int CountBits = $clog2(Depth);
  localparam logic [CountBits-1:0] FullCount = CountBits'(Depth - 1);

  initial begin
    if (Width < 1) $fatal(1, "hb_fifo: Width must be 1 or more");
    if (Depth < 3) $fatal(1, "hb_fifo: Depth must be 3 or more");
  end

  logic [Width-1:0]     mem [0:(1<<PtrBits)-1];
  logic [Width-1:0]     out_q;
  logic                 out_valid_q;
  logic [PtrBits-1:0]   rd_ptr_q, wr_ptr_q;
  logic [CountBits-1:0] count_q;

  assign in_ready_o  = count_q != FullCount;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_q;

  // Everything is inside the condition that there is something to move: an empty queue costs a simulator
  // nothing.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      rd_ptr_q    <= '0;
      wr_ptr_q    <= '0;
      count_q     <= '0;
    end else if (in_valid_i || out_valid_q) begin
      if (clear_i) begin
        out_valid_q <= 1'b0;
        rd_ptr_q    <= '0;
        wr_ptr_q    <= '0;
        count_q     <= '0;
      end else if (!out_valid_q || out_ready_i) begin
        out_valid_q <= in_valid_i || count_q != '0;
        if (count_q != '0) begin
          rd_ptr_q <= rd_ptr_q + 1'b1;
          if (in_valid_i && count_q != FullCount)
            wr_ptr_q <= wr_ptr_q + 1'b1;
          else
            count_q <= count_q - 1'b1;
        end
      end else if (in_valid_i && count_q != FullCount) begin
        wr_ptr_q <= wr_ptr_q + 1'b1;
        count_q  <= count_q + 1'b1;
      end
    end
  end

  // Payload needs no reset: it is only read while it is valid.
  always_ff @(posedge clk_i) begin
    if (in_valid_i || out_valid_q) begin
      // Counts only if the pointer moves on.
      if (in_valid_i && count_q != FullCount) mem[wr_ptr_q] <= in_data_i;
      if (!out_valid_q || out_ready_i) out_q <= count_q != '0 ? mem[rd_ptr_q] : in_data_i;
    end
  end

  `HB_CHECK(!(count_q != '0 && !out_valid_q), "entries wait behind an empty output")

endmodule
