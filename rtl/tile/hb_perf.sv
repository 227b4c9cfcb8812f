// SPDX-License-Identifier: Apache-2.0
//
// hb_perf: performance counters. They count while a job runs and never otherwise.
//
// Every busy cycle is exactly one of array, wait_load, wait_store, wait_wgt and wait_cmd. The simulator
// reads the registers by name; the annotations keep them.

module hb_perf (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,

  // Events
  input  logic        busy_i,
  input  logic        started_i,
  input  logic        completed_i,
  input  logic        pixel_i,
  input  logic        waits_load_i,
  input  logic        waits_store_i,
  input  logic        exec_active_i,  // a command is being named or its last rows are on their way
  input  logic        rd_beat_i,
  input  logic        wr_beat_i,
  input  hb_pkg::completion_t compl_i,
  input  logic [31:0] tag_i,

  // Counters
  output logic [31:0] busy_o,
  output logic [31:0] array_o,
  output logic [31:0] wait_load_o,
  output logic [31:0] wait_store_o,
  output logic [31:0] wait_wgt_o,
  output logic [31:0] wait_cmd_o,
  output logic [31:0] rd_beats_o,
  output logic [31:0] wr_beats_o,
  output logic [31:0] started_o,
  output logic [31:0] completed_o
);

  logic [31:0] busy_q         /*verilator public_flat_rd*/;
  logic [31:0] array_q        /*verilator public_flat_rd*/;
  logic [31:0] wait_load_q    /*verilator public_flat_rd*/;
  logic [31:0] wait_store_q   /*verilator public_flat_rd*/;
  logic [31:0] wait_wgt_q     /*verilator public_flat_rd*/;
  logic [31:0] wait_cmd_q     /*verilator public_flat_rd*/;
  logic [31:0] rd_beats_q     /*verilator public_flat_rd*/;
  logic [31:0] wr_beats_q     /*verilator public_flat_rd*/;
  logic [31:0] started_q      /*verilator public_flat_rd*/;
  logic [31:0] completed_q    /*verilator public_flat_rd*/;
  logic [31:0] running_tag_q  /*verilator public_flat_rd*/;
  logic [31:0] done_tag_q     /*verilator public_flat_rd*/;
  logic [31:0] done_status_q  /*verilator public_flat_rd*/;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q        <= '0;
      array_q       <= '0;
      wait_load_q   <= '0;
      wait_store_q  <= '0;
      wait_wgt_q    <= '0;
      wait_cmd_q    <= '0;
      rd_beats_q    <= '0;
      wr_beats_q    <= '0;
      started_q     <= '0;
      completed_q   <= '0;
      running_tag_q <= '0;
      done_tag_q    <= '0;
      done_status_q <= '0;
    end else if (clear_i) begin
      busy_q        <= '0;
      array_q       <= '0;
      wait_load_q   <= '0;
      wait_store_q  <= '0;
      wait_wgt_q    <= '0;
      wait_cmd_q    <= '0;
      rd_beats_q    <= '0;
      wr_beats_q    <= '0;
      started_q     <= '0;
      completed_q   <= '0;
      running_tag_q <= '0;
      done_tag_q    <= '0;
      done_status_q <= '0;
    end else if (busy_i) begin
      busy_q <= busy_q + 32'd1;
      if (pixel_i) array_q <= array_q + 32'd1;
      else if (waits_load_i) wait_load_q <= wait_load_q + 32'd1;
      else if (waits_store_i) wait_store_q <= wait_store_q + 32'd1;
      else if (exec_active_i) wait_wgt_q <= wait_wgt_q + 32'd1;
      else wait_cmd_q <= wait_cmd_q + 32'd1;
      if (rd_beat_i) rd_beats_q <= rd_beats_q + 32'd1;
      if (wr_beat_i) wr_beats_q <= wr_beats_q + 32'd1;
      if (started_i) begin
        started_q     <= started_q + 32'd1;
        running_tag_q <= tag_i;
      end
      if (completed_i) begin
        completed_q   <= completed_q + 32'd1;
        done_tag_q    <= compl_i.tag;
        done_status_q <= {1'b1, 3'd0, compl_i.status.index, compl_i.status.code};
      end
    end
  end

  assign busy_o       = busy_q;
  assign array_o      = array_q;
  assign wait_load_o  = wait_load_q;
  assign wait_store_o = wait_store_q;
  assign wait_wgt_o   = wait_wgt_q;
  assign wait_cmd_o   = wait_cmd_q;
  assign rd_beats_o   = rd_beats_q;
  assign wr_beats_o   = wr_beats_q;
  assign started_o    = started_q;
  assign completed_o  = completed_q;

  logic unused_cycles;
  assign unused_cycles = ^compl_i.cycles;

endmodule
