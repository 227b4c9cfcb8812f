// SPDX-License-Identifier: Apache-2.0
//
// hb_store_engine: reads accumulator rows, requantises them and writes them to memory.
//
// One pixel a cycle (four cycles with RAW). A command first fetches its eight parameter words, once what
// the command before it read has left the pipeline. Tokens are pushed when the last accumulator row has been
// read; the bytes are in memory when the job is done, not earlier. Writes are bursts (INCR, at most 16 beats,
// never across a 256-byte boundary); their data may be offered before their address is accepted.
//
// There are 16 lanes at most. With N = 8 a beat carries 8 channels, the others' bytes are not strobed; with
// N = 32 a command writes one half of each row.
//
// abort_i: no further burst starts; beats that are owed are sent without strobes.

`include "hb_check.svh"

module hb_store_engine #(
  parameter int N = 16,
  parameter int AccBits = 10,
  parameter int PrmBits = 9
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                abort_i,
  output logic                idle_o,  // nothing queued, all writes answered

  // Commands
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  hb_pkg::store_desc_t cmd_i,

  // Tokens
  input  logic [3:0]          avail_i,
  output logic [3:0]          take_o,
  output logic [3:0]          push_o,

  // Parameters, one cycle later
  output logic                prm_re_o,
  output logic [PrmBits-1:0]  prm_addr_o,
  input  logic [127:0]        prm_data_i,

  // Accumulators, one cycle later
  output logic                acc_re_o,
  output logic [AccBits-1:0]  acc_addr_o,
  input  logic [32*N-1:0]     acc_data_i,

  // AXI
  output logic                m_axi_awvalid,
  input  logic                m_axi_awready,
  output logic [31:0]         m_axi_awaddr,
  output logic [3:0]          m_axi_awlen,
  output logic                m_axi_wvalid,
  input  logic                m_axi_wready,
  output logic [127:0]        m_axi_wdata,
  output logic [15:0]         m_axi_wstrb,
  output logic                m_axi_wlast,
  input  logic                m_axi_bvalid,  // always accepted
  input  logic                m_axi_berror,

  output logic                fault_valid_o,  // one cycle
  output logic [19:0]         fault_index_o,
  output logic                retired_o       // a command's last row was read
);

  localparam int Lanes = N == 32 ? 16 : N;

  initial begin
    if (N != 8 && N != 16 && N != 32) $fatal(1, "hb_store_engine: N must be 8, 16 or 32");
  end

  // ----------------------------------------------------------------------------------- commands
  logic                cmd_valid, start;
  hb_pkg::store_desc_t cmd;

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

  typedef enum logic [1:0] {StIdle, StParams, StRows} state_e;
  state_e             state_q;
  logic [3:0]         param_q;  // parameter word to address
  logic [15:0]        pixels_left_q;
  logic [AccBits-1:0] acc_q;
  logic [PrmBits-1:0] prm_q;
  logic               raw_q, y_signed_q, half_q;
  logic [7:0]         y_zp_q, clip_min_q, clip_max_q;
  logic [3:0]         push_mask_q;

  // Addresses
  logic        aw_active_q;
  logic [31:0] aw_addr_q, aw_row_q, row_pitch_q;
  logic [17:0] row_beats_q, aw_left_q;
  logic [15:0] aw_rows_q;
  logic [19:0] index_q;

  logic pipe_empty, advance, read, read_last;
  logic awake_q;  // a command or its beats are in here; all else below may rest without it

  assign start = state_q == StIdle && cmd_valid && !abort_i && pipe_empty && !aw_active_q &&
                 (cmd.wait_mask & ~avail_i) == '0;
  assign take_o    = start ? cmd.wait_mask : '0;
  assign read      = state_q == StRows && advance && !abort_i;
  assign read_last = read && pixels_left_q == 16'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else if (abort_i) begin
      state_q <= StIdle;
    end else if (start || awake_q) begin
      case (state_q)
        // Waits for a command, its tokens and an empty pipeline.
        StIdle: if (start) state_q <= StParams;
        // Addresses words 0..7, takes each a cycle later.
        StParams: if (param_q == 4'd8) state_q <= StRows;
        // Reads the rows.
        StRows: if (read_last) state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      param_q       <= '0;
      pixels_left_q <= cmd.total;
      acc_q         <= cmd.acc[AccBits-1:0];
      prm_q         <= cmd.prm[PrmBits-1:0];
      raw_q         <= cmd.raw;
      y_signed_q    <= cmd.y_signed;
      half_q        <= cmd.half;
      y_zp_q        <= cmd.y_zp;
      clip_min_q    <= cmd.clip_min;
      clip_max_q    <= cmd.clip_max;
      push_mask_q   <= cmd.push_mask;
    end
    if (awake_q) begin
      if (state_q == StParams) begin
        param_q <= param_q + 4'd1;
        prm_q   <= prm_q + 1'b1;
      end
      if (read) begin
        acc_q         <= acc_q + 1'b1;
        pixels_left_q <= pixels_left_q - 16'd1;
      end
    end
  end

  logic unused_cmd;
  assign unused_cmd = ^{cmd.acc, cmd.prm};

  assign prm_re_o   = state_q == StParams && param_q != 4'd8;
  assign prm_addr_o = prm_q;
  assign acc_re_o   = read;
  assign acc_addr_o = acc_q;
  assign push_o     = read_last ? push_mask_q : '0;
  assign retired_o  = read_last;

  // ----------------------------------------------------------------------------------- pipeline
  // valid_q[0]: row in the banks' registers; [1]: bias added; [2..6]: requantisation stages.
  logic [6:0] valid_q;
  logic [1:0] quarter_q;  // RAW: beat of the pixel
  logic       out_valid_q, out_ready, out_take;

  assign out_take   = !out_valid_q || out_ready;  // the last stage may move on
  assign advance    = raw_q ? !valid_q[1] || (out_take && quarter_q == 2'd3)
                            : !valid_q[6] || out_take;
  assign pipe_empty = valid_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q     <= '0;
      out_valid_q <= 1'b0;
      quarter_q   <= '0;
    end else if (abort_i) begin
      valid_q     <= '0;
      out_valid_q <= 1'b0;
      quarter_q   <= '0;
    end else if (awake_q) begin
      if (advance) valid_q <= {valid_q[5:1] & {5{!raw_q}}, valid_q[0], read};
      if (out_take) out_valid_q <= raw_q ? valid_q[1] : valid_q[6];
      if (raw_q && valid_q[1] && out_take) quarter_q <= quarter_q + 2'd1;
    end
  end

  // Lanes
  logic [4:0]          lane_en;
  logic [32*Lanes-1:0] t_q;
  logic [8*Lanes-1:0]  y;
  logic [2:0]          param_word_q;
  logic                param_take_q;

  assign lane_en = {5{advance && !raw_q}} & valid_q[5:1];

  always_ff @(posedge clk_i) begin
    if (awake_q) begin
      param_take_q <= prm_re_o;
      param_word_q <= param_q[2:0];
    end
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    // Parameter words: bias of channels 0..3, 4..7, 8..11, 12..15, then scale likewise.
    localparam logic [1:0] Word = 2'(i / 4);
    logic [1:0]  word;
    logic [31:0] acc, bias_q, scale_q;

    assign word = N == 8 ? {half_q, Word[0]} : Word;
    if (N == 32) begin : gen_upper
      assign acc = half_q ? acc_data_i[32*(i+16)+:32] : acc_data_i[32*i+:32];
    end else begin : gen_only
      assign acc = acc_data_i[32*i+:32];
    end

    always_ff @(posedge clk_i) begin
      if (awake_q) begin
        if (param_take_q && param_word_q == {1'b0, word}) bias_q <= prm_data_i[32*(i%4)+:32];
        if (param_take_q && param_word_q == {1'b1, word}) scale_q <= prm_data_i[32*(i%4)+:32];
        if (advance && valid_q[0]) t_q[32*i+:32] <= acc + bias_q;
      end
    end

    hb_requant u_requant (
      .clk_i,
      .awake_i   (awake_q),
      .en_i      (lane_en),
      .t_i       (t_q[32*i+:32]),
      .scale_i   (scale_q),
      .y_signed_i(y_signed_q),
      .y_zp_i    (y_zp_q),
      .clip_min_i(clip_min_q),
      .clip_max_i(clip_max_q),
      .y_o       (y[8*i+:8])
    );
  end

  // Beats on their way to the data queue.
  logic [127:0] out_data_q;
  logic [1:0]   out_strb_q;  // lower, upper eight bytes

  if (N == 8) begin : gen_half
    always_ff @(posedge clk_i) begin
      if (awake_q && out_take) begin
        out_data_q <= raw_q ? t_q[128*quarter_q[0]+:128] : {y, y};
        out_strb_q <= raw_q ? {2{quarter_q[1] == half_q}} : {half_q, !half_q};
      end
    end
  end else begin : gen_whole
    always_ff @(posedge clk_i) begin
      if (awake_q && out_take) begin
        out_data_q <= raw_q ? t_q[128*quarter_q+:128] : y;
        out_strb_q <= 2'b11;
      end
    end
    if (N == 16) begin : gen_unused
      logic unused_half;
      assign unused_half = half_q;
    end
  end

  logic         data_valid, data_take;
  logic [127:0] data;
  logic [1:0]   data_strb;

  hb_fifo #(
    .Width(130),
    .Depth(16)
  ) u_data (
    .clk_i,
    .rst_ni,
    .clear_i    (abort_i),
    .in_valid_i (out_valid_q),
    .in_ready_o (out_ready),
    .in_data_i  ({out_strb_q, out_data_q}),
    .out_valid_o(data_valid),
    .out_ready_i(data_take),
    .out_data_o ({data_strb, data})
  );

  // ---------------------------------------------------------------------------------- addresses
  logic        aw_valid_q, aw_issue, row_done, len_ready;
  logic [31:0] m_awaddr_q, next_row;
  logic [3:0]  m_awlen_q;
  logic [3:0]  outstanding_q;
  logic [4:0]  burst;

  always_comb begin
    burst = 5'd16 - {1'b0, aw_addr_q[7:4]};
    if (aw_left_q < {13'd0, burst}) burst = aw_left_q[4:0];
  end
  assign row_done = aw_left_q == {13'd0, burst};
  assign next_row = aw_row_q + row_pitch_q;
  assign aw_issue = aw_active_q && !abort_i && (!aw_valid_q || m_axi_awready) && len_ready &&
                    outstanding_q != 4'(hb_pkg::MaxOutstanding);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_active_q   <= 1'b0;
      aw_valid_q    <= 1'b0;
      outstanding_q <= '0;
    end else if (start || awake_q) begin
      if (abort_i || (aw_issue && row_done && aw_rows_q == 16'd1)) aw_active_q <= 1'b0;
      else if (start) aw_active_q <= 1'b1;

      if (aw_issue) aw_valid_q <= 1'b1;
      else if (m_axi_awready) aw_valid_q <= 1'b0;

      if (aw_issue != m_axi_bvalid)
        outstanding_q <= aw_issue ? outstanding_q + 1'b1 : outstanding_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      aw_addr_q   <= cmd.addr;
      aw_row_q    <= cmd.addr;
      row_pitch_q <= cmd.row_pitch;
      row_beats_q <= cmd.raw ? {cmd.beats, 2'b00} : {2'b00, cmd.beats};
      aw_left_q   <= cmd.raw ? {cmd.beats, 2'b00} : {2'b00, cmd.beats};
      aw_rows_q   <= cmd.rows;
      index_q     <= cmd.index;
    end else if (aw_issue) begin
      m_awaddr_q <= aw_addr_q;
      m_awlen_q  <= burst[3:0] - 4'd1;
      if (!row_done) begin
        aw_addr_q <= aw_addr_q + {23'd0, burst, 4'd0};
        aw_left_q <= aw_left_q - {13'd0, burst};
      end else begin
        aw_addr_q <= next_row;
        aw_row_q  <= next_row;
        aw_left_q <= row_beats_q;
        aw_rows_q <= aw_rows_q - 16'd1;
      end
    end
  end

  assign m_axi_awvalid = aw_valid_q;
  assign m_axi_awaddr  = m_awaddr_q;
  assign m_axi_awlen   = m_awlen_q;

  // Bursts whose data is owed.
  logic       len_valid, len_take;
  logic [3:0] len;

  hb_fifo #(
    .Width(4),
    .Depth(hb_pkg::MaxOutstanding)
  ) u_lengths (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (aw_issue),
    .in_ready_o (len_ready),
    .in_data_i  (burst[3:0] - 4'd1),
    .out_valid_o(len_valid),
    .out_ready_i(len_take),
    .out_data_o (len)
  );

  // Bursts whose answer is owed: which command they belong to.
  logic        index_valid, index_ready, unused_index;
  logic [19:0] index;

  hb_fifo #(
    .Width(20),
    .Depth(hb_pkg::MaxOutstanding)
  ) u_indices (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (aw_issue),
    .in_ready_o (index_ready),
    .in_data_i  (index_q),
    .out_valid_o(index_valid),
    .out_ready_i(m_axi_bvalid),
    .out_data_o (index)
  );
  assign unused_index = index_valid ^ index_ready;  // as many as outstanding_q says

  assign fault_valid_o = m_axi_bvalid && m_axi_berror;
  assign fault_index_o = index;

  // --------------------------------------------------------------------------------- write data
  logic         w_valid_q, w_last_q, w_free, w_load, w_last;
  logic [127:0] w_data_q;
  logic [1:0]   w_strb_q;
  logic [3:0]   w_beat_q;

  assign w_free    = !w_valid_q || m_axi_wready;
  assign w_load    = w_free && len_valid && (data_valid || abort_i);
  assign w_last    = w_beat_q == len;
  assign data_take = w_free && len_valid;
  assign len_take  = w_load && w_last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      w_valid_q <= 1'b0;
      w_beat_q  <= '0;
    end else if (awake_q) begin
      if (w_free) w_valid_q <= w_load;
      if (w_load) w_beat_q <= w_last ? 4'd0 : w_beat_q + 4'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (w_load) begin
      w_data_q <= data;
      w_strb_q <= abort_i ? 2'b00 : data_strb;
      w_last_q <= w_last;
    end
  end

  assign m_axi_wvalid = w_valid_q;
  assign m_axi_wdata  = w_data_q;
  assign m_axi_wstrb  = {{8{w_strb_q[1]}}, {8{w_strb_q[0]}}};
  assign m_axi_wlast  = w_last_q;

  // Asleep again when everything has left; a soft reset or a fault goes through the same door.
  logic empty;

  assign empty = state_q == StIdle && pipe_empty && !out_valid_q && !data_valid && !aw_active_q &&
                 !len_valid && !w_valid_q && outstanding_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) awake_q <= 1'b0;
    else if (start) awake_q <= 1'b1;
    else if (awake_q && empty) awake_q <= 1'b0;
  end

  assign idle_o = !cmd_valid && !awake_q;

  `HB_CHECK(!(m_axi_bvalid && outstanding_q == '0), "write answer nobody waits for")

endmodule
