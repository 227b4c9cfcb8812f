// SPDX-License-Identifier: Apache-2.0
//
// twin_vec_rtl: the vector core as hb_tile_vector wires it, for test_twin_vec.cpp.
//
// The scratchpads are the bench's: it shows other words in every cycle. A descriptor comes in by its fields.

module twin_vec_rtl #(
  parameter int L = 16,
  localparam int WordBits = L == 32 ? 256 : 128
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                abort_i,

  // Command
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  logic                is_stat_i,
  input  logic [2:0]          fn_i,
  input  logic [15:0]         addr_i,
  input  logic [19:0]         org_y_i,
  input  logic [19:0]         org_x_i,
  input  logic [15:0]         plane_pitch_i,
  input  logic [15:0]         row_step_i,
  input  logic [15:0]         tap_step_i,
  input  logic [15:0]         in_h_i,
  input  logic [15:0]         in_w_i,
  input  logic [15:0]         out_h_i,
  input  logic [15:0]         out_w_i,
  input  logic [7:0]          stride_y_i,
  input  logic [7:0]          stride_x_i,
  input  logic [7:0]          dil_y_i,
  input  logic [7:0]          dil_x_i,
  input  logic [7:0]          ker_h_i,
  input  logic [7:0]          ker_w_i,
  input  logic [15:0]         k_c_i,
  input  logic [15:0]         wgt_i,
  input  logic [15:0]         acc_i,
  input  logic [15:0]         acc_dy_i,
  input  logic [7:0]          acc_dx_i,
  input  logic [15:0]         stat_i,
  input  logic [5:0]          lanes_i,
  input  logic [3:0]          rot_i,
  input  logic [15:0]         m0_i,
  input  logic [15:0]         m1_i,
  input  logic [7:0]          x_zp_i,
  input  logic [7:0]          x2_zp_i,
  input  logic [31:0]         eps_i,
  input  logic [8:0]          flags_i,  // bits of HB_CMD_VEC_FLAG_*
  input  logic [3:0]          wait_mask_i,
  input  logic [3:0]          push_mask_i,

  // Tokens
  input  logic [3:0]          avail_i,
  output logic [3:0]          take_o,
  output logic [3:0]          push_o,
  output logic                done_o,
  output logic                done_push_o,

  // Scratchpad words, table
  input  logic [WordBits-1:0] ifm_word_i,
  input  logic [WordBits-1:0] wgt_word_i,
  input  logic                tab_we_i,
  input  logic [4:0]          tab_waddr_i,
  input  logic [127:0]        tab_wdata_i,

  output logic                idle_o,
  output logic                alive_o,
  output logic                term_valid_o,
  output logic                stat_we_o,
  output logic                waits_load_o,
  output logic                waits_store_o,

  // Inside: what the bench counts
  output logic                start_o,
  output logic                cmd_end_o,     // last term of a VEC, or STAT's last row
  output logic                cmd_queued_o,
  output logic                cmd_reads_o    // the queued one waits until nothing is under way
);

  localparam int AccBits = 10;
  localparam int IfmBits = 13;
  localparam int WgtBits = 12;

  hb_pkg::vec_desc_t  cmd, stat_cmd;
  hb_pkg::vec_term_t  term, pixel_term;
  hb_pkg::vec_scale_t pixel_scale, stat_row;
  logic               lanes_alive, result_alive, stat_busy, pixel_valid;
  logic [32*L-1:0]    pixel_value, store_row;
  logic [L-1:0]       pixel_any;
  logic               seq_scale_re, stat_start, stat_end, stat_re, ifm_re, wgt_re;
  logic [AccBits-1:0] seq_scale_addr, stat_addr, stat_waddr;
  logic [IfmBits-1:0] ifm_addr;
  logic [WgtBits-1:0] wgt_addr;
  logic [63:0]        scale_row;

  always_comb begin
    cmd             = '0;
    cmd.is_stat     = is_stat_i;
    cmd.fn          = fn_i;
    cmd.addr        = addr_i;
    cmd.org_y       = org_y_i;
    cmd.org_x       = org_x_i;
    cmd.plane_pitch = plane_pitch_i;
    cmd.row_step    = row_step_i;
    cmd.tap_step    = tap_step_i;
    cmd.in_h        = in_h_i;
    cmd.in_w        = in_w_i;
    cmd.out_h       = out_h_i;
    cmd.out_w       = out_w_i;
    cmd.stride_y    = stride_y_i;
    cmd.stride_x    = stride_x_i;
    cmd.dil_y       = dil_y_i;
    cmd.dil_x       = dil_x_i;
    cmd.ker_h       = ker_h_i;
    cmd.ker_w       = ker_w_i;
    cmd.k_c         = k_c_i;
    cmd.wgt         = wgt_i;
    cmd.acc         = acc_i;
    cmd.acc_dy      = acc_dy_i;
    cmd.acc_dx      = acc_dx_i;
    cmd.stat        = stat_i;
    cmd.lanes       = lanes_i;
    cmd.rot         = rot_i;
    cmd.m0          = m0_i;
    cmd.m1          = m1_i;
    cmd.x_zp        = x_zp_i;
    cmd.x2_zp       = x2_zp_i;
    cmd.eps         = eps_i;
    cmd.flags       = flags_i;
    cmd.wait_mask   = wait_mask_i;
    cmd.push_mask   = push_mask_i;
  end

  assign alive_o = lanes_alive || result_alive || stat_busy;

  hb_vec_seq #(
    .IfmBits(IfmBits),
    .WgtBits(WgtBits),
    .AccBits(AccBits)
  ) u_seq (
    .clk_i,
    .rst_ni,
    .abort_i,
    .idle_o,
    .cmd_valid_i,
    .cmd_ready_o,
    .cmd_i       (cmd),
    .avail_i,
    .take_o,
    .push_o,
    .alive_i     (alive_o),
    .term_valid_o,
    .term_o      (term),
    .ifm_re_o    (ifm_re),
    .ifm_addr_o  (ifm_addr),
    .wgt_re_o    (wgt_re),
    .wgt_addr_o  (wgt_addr),
    .stat_re_o   (seq_scale_re),
    .stat_addr_o (seq_scale_addr),
    .stat_start_o(stat_start),
    .stat_cmd_o  (stat_cmd),
    .stat_end_i  (stat_end),
    .waits_load_o,
    .waits_store_o
  );

  hb_vec_lanes #(
    .L(L)
  ) u_lanes (
    .clk_i,
    .rst_ni,
    .abort_i,
    .alive_o     (lanes_alive),
    .term_valid_i(term_valid_o),
    .term_i      (term),
    .ifm_i       (ifm_word_i),
    .wgt_i       (wgt_word_i),
    .scale_i     ({scale_row[63:32], scale_row[20:0]}),
    .tab_we_i,
    .tab_waddr_i,
    .tab_wdata_i,
    .valid_o     (pixel_valid),
    .term_o      (pixel_term),
    .scale_o     (pixel_scale),
    .value_o     (pixel_value),
    .any_o       (pixel_any)
  );

  hb_vec_stat #(
    .AccBits(AccBits)
  ) u_stat (
    .clk_i,
    .rst_ni,
    .abort_i,
    .busy_o (stat_busy),
    .start_i(stat_start),
    .cmd_i  (stat_cmd),
    .end_o  (stat_end),
    .re_o   (stat_re),
    .addr_o (stat_addr),
    .data_i (scale_row[31:0]),
    .we_o   (stat_we_o),
    .waddr_o(stat_waddr),
    .row_o  (stat_row)
  );

  hb_vec_result #(
    .L      (L),
    .AccRows(1 << AccBits)
  ) u_result (
    .clk_i,
    .rst_ni,
    .abort_i,
    .alive_o     (result_alive),
    .valid_i     (pixel_valid),
    .term_i      (pixel_term),
    .scale_i     (pixel_scale),
    .value_i     (pixel_value),
    .any_i       (pixel_any),
    .scale_re_i  (seq_scale_re || stat_re),
    .scale_addr_i(stat_re ? stat_addr : seq_scale_addr),
    .scale_o     (scale_row),
    .stat_we_i   (stat_we_o),
    .stat_waddr_i(stat_waddr),
    .stat_row_i  (stat_row),
    .done_o,
    .done_push_o,
    .st_re_i     (1'b0),
    .st_addr_i   ('0),
    .st_data_o   (store_row)
  );

  assign start_o      = u_seq.start;
  assign cmd_end_o    = term.cmd_last || stat_end;
  assign cmd_queued_o = u_seq.cmd_valid;
  assign cmd_reads_o  = stat_cmd.is_stat || stat_cmd.flags.offset || stat_cmd.flags.scale;

  logic unused;
  assign unused = ^{ifm_re, ifm_addr, wgt_re, wgt_addr, store_row, scale_row[31:21]};

endmodule
