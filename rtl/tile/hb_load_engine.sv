// SPDX-License-Identifier: Apache-2.0
//
// hb_load_engine: copies rows of beats from memory to consecutive scratchpad words.
//
// Two halves. The issue half waits for the command's tokens and splits its rows into bursts (INCR, at
// most 16 beats, never across a 256-byte boundary), one a cycle, MaxOutstanding at most. The data half
// writes answers, which arrive in order, one word a cycle, and pushes the command's tokens with its last
// word. The issue half may be commands ahead of the data half.
//
// abort_i: no further burst starts, answers of those under way are dropped.

`include "hb_check.svh"

module hb_load_engine #(
  parameter int AddrBits = 13  // of the largest scratchpad
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                abort_i,
  output logic                idle_o,  // nothing queued, nothing under way

  // Commands
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  hb_pkg::load_desc_t  cmd_i,

  // Tokens
  input  logic [3:0]          avail_i,
  output logic [3:0]          take_o,
  output logic [3:0]          push_o,

  // Addresses
  output logic                ar_valid_o,
  input  logic                ar_ready_i,
  output logic [31:0]         ar_addr_o,
  output logic [3:0]          ar_len_o,

  // Answers; always accepted
  input  logic                r_valid_i,
  input  logic                r_error_i,
  input  logic                r_last_i,

  // Scratchpads: the word written is the answer's data
  output logic [3:0]          we_o,  // IFM, WGT, PRM, TAB
  output logic [AddrBits-1:0] waddr_o,

  output logic                fault_valid_o,  // one cycle
  output logic [19:0]         fault_index_o,
  output logic                retired_o       // a command ended
);

  typedef struct packed {
    logic [1:0]  mem;
    logic [15:0] dst;
    logic [15:0] total;
    logic [19:0] index;
    logic [3:0]  push_mask;
  } flight_t;

  // -------------------------------------------------------------------------------------- issue
  logic               cmd_valid, start, flight_ready;
  hb_pkg::load_desc_t cmd;

  hb_fifo #(
    .Width($bits(cmd)),
    .Depth(hb_pkg::CommandQueueDepth)
  ) u_commands (
    .clk_i,
    .rst_ni,
    .clear_i    (abort_i),
    .in_valid_i (cmd_valid_i),
    .in_ready_o (cmd_ready_o),
    .in_data_i  (cmd_i),
    .out_valid_o(cmd_valid),
    .out_ready_i(start),
    .out_data_o (cmd)
  );

  logic        active_q;
  logic [31:0] addr_q, row_addr_q, plane_addr_q, row_pitch_q, plane_pitch_q;
  logic [15:0] beats_q, rows_q;                 // of a row, of a plane
  logic [15:0] left_q, rows_left_q, planes_left_q;  // from the next burst on, this row and plane included
  logic        ar_valid_q;
  logic [31:0] ar_addr_q;
  logic [3:0]  ar_len_q;
  logic [3:0]  outstanding_q;

  logic        issue, answered, row_done, plane_done, cmd_done;
  logic [4:0]  burst;
  logic [31:0] next_row, next_plane;

  assign start = cmd_valid && !active_q && !abort_i && flight_ready &&
                 (cmd.wait_mask & ~avail_i) == '0;
  assign take_o = start ? cmd.wait_mask : '0;

  always_comb begin
    burst = 5'd16 - {1'b0, addr_q[7:4]};
    if (left_q < {11'd0, burst}) burst = left_q[4:0];
  end
  assign row_done   = left_q == {11'd0, burst};
  assign plane_done = rows_left_q == 16'd1;
  assign cmd_done   = row_done && plane_done && planes_left_q == 16'd1;
  assign next_row   = row_addr_q + row_pitch_q;
  assign next_plane = plane_addr_q + plane_pitch_q;
  assign issue = active_q && !abort_i && (!ar_valid_q || ar_ready_i) &&
                 outstanding_q != 4'(hb_pkg::MaxOutstanding);
  assign answered = r_valid_i && r_last_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q      <= 1'b0;
      ar_valid_q    <= 1'b0;
      outstanding_q <= '0;
    end else if (start || active_q || outstanding_q != '0) begin
      if (abort_i || (issue && cmd_done)) active_q <= 1'b0;
      else if (start) active_q <= 1'b1;

      if (issue) ar_valid_q <= 1'b1;
      else if (ar_ready_i) ar_valid_q <= 1'b0;

      if (issue != answered) outstanding_q <= issue ? outstanding_q + 1'b1 : outstanding_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      addr_q        <= cmd.addr;
      row_addr_q    <= cmd.addr;
      plane_addr_q  <= cmd.addr;
      row_pitch_q   <= cmd.row_pitch;
      plane_pitch_q <= cmd.plane_pitch;
      beats_q       <= cmd.beats;
      rows_q        <= cmd.rows;
      left_q        <= cmd.beats;
      rows_left_q   <= cmd.rows;
      planes_left_q <= cmd.planes;
    end else if (issue) begin
      ar_addr_q <= addr_q;
      ar_len_q  <= burst[3:0] - 4'd1;
      if (!row_done) begin
        addr_q <= addr_q + {23'd0, burst, 4'd0};
        left_q <= left_q - {11'd0, burst};
      end else begin
        left_q <= beats_q;
        if (!plane_done) begin
          addr_q      <= next_row;
          row_addr_q  <= next_row;
          rows_left_q <= rows_left_q - 16'd1;
        end else begin
          addr_q        <= next_plane;
          row_addr_q    <= next_plane;
          plane_addr_q  <= next_plane;
          rows_left_q   <= rows_q;
          planes_left_q <= planes_left_q - 16'd1;
        end
      end
    end
  end

  assign ar_valid_o = ar_valid_q;
  assign ar_addr_o  = ar_addr_q;
  assign ar_len_o   = ar_len_q;

  // --------------------------------------------------------------------------------------- data
  flight_t flight_in, flight;
  logic    flight_valid, flight_take;
  assign flight_in = {cmd.mem, cmd.dst, cmd.total, cmd.index, cmd.push_mask};

  hb_fifo #(
    .Width($bits(flight)),
    .Depth(4)
  ) u_flights (
    .clk_i,
    .rst_ni,
    .clear_i    (abort_i),
    .in_valid_i (start),
    .in_ready_o (flight_ready),
    .in_data_i  (flight_in),
    .out_valid_o(flight_valid),
    .out_ready_i(flight_take),
    .out_data_o (flight)
  );

  logic                writing_q;  // a command's words are being written
  logic [1:0]          mem_q;
  logic [AddrBits-1:0] waddr_q;
  logic [15:0]         words_left_q;  // behind the next one
  logic [3:0]          push_mask_q;
  logic [19:0]         index_q;
  logic                write, last_word, unused_dst;

  assign write       = r_valid_i && writing_q && !abort_i;
  assign last_word   = write && words_left_q == '0;
  assign flight_take = flight_valid && (!writing_q || last_word);
  assign unused_dst  = ^flight.dst;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) writing_q <= 1'b0;
    else if (flight_valid || writing_q) writing_q <= !abort_i && (flight_take || !last_word);
  end

  always_ff @(posedge clk_i) begin
    if (flight_take) begin
      mem_q        <= flight.mem;
      waddr_q      <= flight.dst[AddrBits-1:0];
      words_left_q <= flight.total - 16'd1;
      push_mask_q  <= flight.push_mask;
      index_q      <= flight.index;
    end else if (write) begin
      waddr_q      <= waddr_q + 1'b1;
      words_left_q <= words_left_q - 16'd1;
    end
  end

  assign we_o[0] = write && mem_q == hb_pkg::HB_CMD_LOAD_MEM_IFM[1:0];
  assign we_o[1] = write && mem_q == hb_pkg::HB_CMD_LOAD_MEM_WGT[1:0];
  assign we_o[2] = write && mem_q == hb_pkg::HB_CMD_LOAD_MEM_PRM[1:0];
  assign we_o[3] = write && mem_q == hb_pkg::HB_CMD_LOAD_MEM_TAB[1:0];
  assign waddr_o = waddr_q;
  assign push_o  = last_word ? push_mask_q : '0;

  assign retired_o     = last_word;
  assign fault_valid_o = write && r_error_i;
  assign fault_index_o = index_q;
  assign idle_o = !cmd_valid && !active_q && !flight_valid && !writing_q && outstanding_q == '0;

  `HB_CHECK(!(r_valid_i && outstanding_q == '0), "read data nobody asked for")

endmodule
