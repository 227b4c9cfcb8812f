// SPDX-License-Identifier: Apache-2.0
//
// hb_cmd_fetch: reads a job's commands, in order, as a stream of beats (four to a command).
//
// Bursts end at 256-byte boundaries, so a burst is one to four commands. Requests run ahead as far as
// the buffer has room for their answers, which therefore never wait. Nothing beyond `len_i` commands
// is read. After stop_i no further burst starts and what still arrives is dropped.

module hb_cmd_fetch #(
  parameter int BufferBeats = 32  // multiple of 16
) (
  input  logic         clk_i,
  input  logic         rst_ni,

  // Job
  input  logic         start_i,  // one cycle; prog_i and len_i are taken
  input  logic         stop_i,   // hold at least one cycle
  input  logic [31:0]  prog_i,   // 64-byte aligned
  input  logic [19:0]  len_i,    // commands, 1 or more
  output logic         quiet_o,  // no burst outstanding, none to come

  // Addresses
  output logic         ar_valid_o,
  input  logic         ar_ready_i,
  output logic [31:0]  ar_addr_o,
  output logic [3:0]   ar_len_o,

  // Answers; always accepted
  input  logic         r_valid_i,
  input  logic [127:0] r_data_i,
  input  logic         r_error_i,
  input  logic         r_last_i,

  // Commands
  output logic         beat_valid_o,
  input  logic         beat_ready_i,
  output logic [127:0] beat_data_o,
  output logic         beat_error_o
);

  localparam int CountBits = $clog2(BufferBeats + 1);

  logic                 running_q;
  logic [31:0]          addr_q;
  logic [19:0]          left_q;      // commands not asked for yet
  logic [CountBits-1:0] reserved_q;  // beats in the buffer or on their way there
  logic [2:0]           outstanding_q;
  logic                 ar_valid_q;
  logic [31:0]          ar_addr_q;
  logic [3:0]           ar_len_q;

  logic [2:0]           burst;  // commands in the next burst
  logic [4:0]           burst_beats;
  logic                 issue, pop, answered, buffer_ready, unused_ready;

  always_comb begin
    burst = 3'd4 - {1'b0, addr_q[7:6]};
    if (left_q < {17'd0, burst}) burst = left_q[2:0];
  end
  assign burst_beats = {burst, 2'b00};

  assign issue = running_q && !stop_i && left_q != '0 && (!ar_valid_q || ar_ready_i) &&
                 outstanding_q != 3'd7 && 32'(reserved_q) + 32'(burst_beats) <= BufferBeats;
  assign pop      = beat_valid_o && beat_ready_i;
  assign answered = r_valid_i && r_last_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      running_q     <= 1'b0;
      ar_valid_q    <= 1'b0;
      outstanding_q <= '0;
      reserved_q    <= '0;
    end else if (start_i || running_q || outstanding_q != '0) begin
      if (start_i) running_q <= 1'b1;
      else if (stop_i) running_q <= 1'b0;

      if (issue) ar_valid_q <= 1'b1;
      else if (ar_ready_i) ar_valid_q <= 1'b0;

      if (issue != answered) outstanding_q <= issue ? outstanding_q + 1'b1 : outstanding_q - 1'b1;

      if (start_i) reserved_q <= '0;
      else if (issue || pop)
        reserved_q <= reserved_q + (issue ? CountBits'(burst_beats) : '0) - CountBits'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      addr_q <= prog_i;
      left_q <= len_i;
    end else if (issue) begin
      addr_q    <= addr_q + {23'd0, burst, 6'd0};
      left_q    <= left_q - {17'd0, burst};
      ar_addr_q <= addr_q;
      ar_len_q  <= burst_beats[3:0] - 4'd1;
    end
  end

  assign ar_valid_o = ar_valid_q;
  assign ar_addr_o  = ar_addr_q;
  assign ar_len_o   = ar_len_q;
  assign quiet_o    = !running_q && outstanding_q == '0;

  hb_fifo #(
    .Width(129),
    .Depth(BufferBeats)
  ) u_buffer (
    .clk_i,
    .rst_ni,
    .clear_i    (stop_i || !running_q),
    .in_valid_i (r_valid_i && running_q),
    .in_ready_o (buffer_ready),
    .in_data_i  ({r_error_i, r_data_i}),
    .out_valid_o(beat_valid_o),
    .out_ready_i(beat_ready_i),
    .out_data_o ({beat_error_o, beat_data_o})
  );
  assign unused_ready = buffer_ready;  // room was reserved

endmodule
