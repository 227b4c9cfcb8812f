// SPDX-License-Identifier: Apache-2.0
//
// hb_vec_seq: sequencer of the vector core: walks pixels and terms of a VEC, one term a cycle.
//
// A VEC takes out_h * out_w * ker_h * ker_w * k_c cycles and the next one follows without a gap. Commands that
// read rows which the core itself wrote (OFFSET, SCALE, STAT) start when nothing is under way any more; so
// does whatever follows a STAT.
//
// Tokens: taken when the command's first cycle is certain; E2L pushed after its last scratchpad word was named;
// E2S is pushed by hb_vec_result when the last row is written. A STAT pushes both when it ends.

module hb_vec_seq #(
  parameter int IfmBits = 13,
  parameter int WgtBits = 12,
  parameter int AccBits = 10
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,
  output logic               idle_o,  // nothing queued, nothing being named

  // Commands
  input  logic               cmd_valid_i,
  output logic               cmd_ready_o,
  input  hb_pkg::vec_desc_t  cmd_i,

  // Tokens
  input  logic [3:0]         avail_i,
  output logic [3:0]         take_o,
  output logic [3:0]         push_o,

  input  logic               alive_i,  // terms or rows are under way, or a STAT

  // One term
  output logic               term_valid_o,
  output hb_pkg::vec_term_t  term_o,
  output logic               ifm_re_o,
  output logic [IfmBits-1:0] ifm_addr_o,
  output logic               wgt_re_o,
  output logic [WgtBits-1:0] wgt_addr_o,
  output logic               stat_re_o,  // the pixel's row of scales
  output logic [AccBits-1:0] stat_addr_o,

  // STAT
  output logic               stat_start_o,  // one cycle
  output hb_pkg::vec_desc_t  stat_cmd_o,
  input  logic               stat_end_i,    // its last row is written

  // Why there is no term, for the performance counters
  output logic               waits_load_o,
  output logic               waits_store_o
);

  // ----------------------------------------------------------------------------------- commands
  logic              cmd_valid, start, start_vec, tokens_ok, quiet;
  hb_pkg::vec_desc_t cmd;

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

  // ---------------------------------------------------------------------------- running command
  logic               active_q, stat_q;
  hb_pkg::vec_flags_t flags_q;
  logic [2:0]         fn_q;
  logic [5:0]         lanes_q;
  logic [3:0]         rot_q, lane_q;  // lane_q: output column, modulo 16
  logic signed [19:0] ix_q, iy_q, pix_x_q, pix_y_q, org_x_q;
  logic [IfmBits-1:0] addr_q, tap_addr_q, taprow_addr_q, pix_addr_q, row_addr_q;
  logic [IfmBits-1:0] plane_pitch_q, row_step_q, tap_step_q;
  logic [15:0]        in_h_q, in_w_q;
  logic [AccBits:0]   out_w_q, ox_left_q, oy_left_q;  // pixels, rows behind this one
  logic [7:0]         stride_y_q, stride_x_q, dil_y_q, dil_x_q, ker_h_q, ker_w_q, r_left_q, s_left_q;
  logic [15:0]        k_c_q, c_left_q;
  logic               odd_q, first_q;
  logic [WgtBits-1:0] wgt_q, wgt0_q;
  logic [AccBits-1:0] acc_q, acc_row_q, acc_dy_q, stat_row_q;
  logic [7:0]         acc_dx_q, x_zp_q, x2_zp_q;
  logic [15:0]        m0_q, m1_q;
  logic [3:0]         push_mask_q, push_q;

  logic c_done, s_done, r_done, x_done, y_done, pixel_done, cmd_done;

  assign c_done     = c_left_q == '0;
  assign s_done     = s_left_q == '0;
  assign r_done     = r_left_q == '0;
  assign x_done     = ox_left_q == '0;
  assign y_done     = oy_left_q == '0;
  assign pixel_done = c_done && s_done && r_done;
  assign cmd_done   = active_q && pixel_done && x_done && y_done;

  // `quiet`: what the command might read of the core's own rows is written.
  assign quiet     = (!cmd.is_stat && !cmd.flags.offset && !cmd.flags.scale) || (!active_q && !alive_i);
  assign tokens_ok = (cmd.wait_mask & ~avail_i) == '0;
  assign start     = cmd_valid && tokens_ok && quiet && !abort_i && !stat_q && (!active_q || cmd_done);
  assign start_vec = start && !cmd.is_stat;
  assign take_o    = start ? cmd.wait_mask : '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      stat_q   <= 1'b0;
      push_q   <= '0;
    end else begin
      if (abort_i) active_q <= 1'b0;
      else if (start_vec) active_q <= 1'b1;
      else if (cmd_done) active_q <= 1'b0;

      if (abort_i) stat_q <= 1'b0;
      else if (start) stat_q <= cmd.is_stat;
      else if (stat_end_i) stat_q <= 1'b0;

      if (cmd_done) push_q <= push_mask_q & hb_pkg::HB_CMD_TOKEN_E2L;
      else push_q <= stat_q && stat_end_i ? push_mask_q : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) push_mask_q <= cmd.push_mask;
    if (start_vec) begin
      flags_q       <= cmd.flags;
      fn_q          <= cmd.fn;
      lanes_q       <= cmd.lanes;
      rot_q         <= cmd.rot;
      lane_q        <= '0;
      ix_q          <= cmd.org_x;
      iy_q          <= cmd.org_y;
      pix_x_q       <= cmd.org_x;
      pix_y_q       <= cmd.org_y;
      org_x_q       <= cmd.org_x;
      addr_q        <= cmd.addr[IfmBits-1:0];
      tap_addr_q    <= cmd.addr[IfmBits-1:0];
      taprow_addr_q <= cmd.addr[IfmBits-1:0];
      pix_addr_q    <= cmd.addr[IfmBits-1:0];
      row_addr_q    <= cmd.addr[IfmBits-1:0];
      plane_pitch_q <= cmd.plane_pitch[IfmBits-1:0];
      row_step_q    <= cmd.row_step[IfmBits-1:0];
      tap_step_q    <= cmd.tap_step[IfmBits-1:0];
      in_h_q        <= cmd.in_h;
      in_w_q        <= cmd.in_w;
      out_w_q       <= cmd.out_w[AccBits:0] - 1'b1;
      ox_left_q     <= cmd.out_w[AccBits:0] - 1'b1;
      oy_left_q     <= cmd.out_h[AccBits:0] - 1'b1;
      stride_y_q    <= cmd.stride_y;
      stride_x_q    <= cmd.stride_x;
      dil_y_q       <= cmd.dil_y;
      dil_x_q       <= cmd.dil_x;
      ker_h_q       <= cmd.ker_h - 8'd1;
      ker_w_q       <= cmd.ker_w - 8'd1;
      r_left_q      <= cmd.ker_h - 8'd1;
      s_left_q      <= cmd.ker_w - 8'd1;
      k_c_q         <= cmd.k_c - 16'd1;
      c_left_q      <= cmd.k_c - 16'd1;
      odd_q         <= 1'b0;
      first_q       <= 1'b1;
      wgt_q         <= cmd.wgt[WgtBits-1:0];
      wgt0_q        <= cmd.wgt[WgtBits-1:0];
      acc_q         <= cmd.acc[AccBits-1:0];
      acc_row_q     <= cmd.acc[AccBits-1:0];
      acc_dy_q      <= cmd.acc_dy[AccBits-1:0];
      acc_dx_q      <= cmd.acc_dx;
      stat_row_q    <= cmd.stat[AccBits-1:0];
      x_zp_q        <= cmd.x_zp;
      x2_zp_q       <= cmd.x2_zp;
      m0_q          <= cmd.m0;
      m1_q          <= cmd.m1;
    end else if (active_q) begin
      first_q <= pixel_done;
      wgt_q   <= pixel_done ? wgt0_q : wgt_q + 1'b1;
      // The next term: channel step, then tap column, then tap row.
      if (!c_done) begin
        c_left_q <= c_left_q - 16'd1;
        odd_q    <= !odd_q;
        addr_q   <= addr_q + plane_pitch_q;
      end else begin
        c_left_q <= k_c_q;
        odd_q    <= 1'b0;
        if (!s_done) begin
          s_left_q   <= s_left_q - 8'd1;
          ix_q       <= ix_q + $signed({12'd0, dil_x_q});
          addr_q     <= tap_addr_q + IfmBits'(dil_x_q);
          tap_addr_q <= tap_addr_q + IfmBits'(dil_x_q);
        end else begin
          s_left_q <= ker_w_q;
          if (!r_done) begin
            r_left_q      <= r_left_q - 8'd1;
            ix_q          <= pix_x_q;
            iy_q          <= iy_q + $signed({12'd0, dil_y_q});
            addr_q        <= taprow_addr_q + tap_step_q;
            tap_addr_q    <= taprow_addr_q + tap_step_q;
            taprow_addr_q <= taprow_addr_q + tap_step_q;
          end else begin
            // The next pixel: column, then row.
            r_left_q   <= ker_h_q;
            stat_row_q <= stat_row_q + 1'b1;
            if (!x_done) begin
              ox_left_q     <= ox_left_q - 1'b1;
              lane_q        <= lane_q + 4'd1;
              acc_q         <= acc_q + AccBits'(acc_dx_q);
              pix_x_q       <= pix_x_q + $signed({12'd0, stride_x_q});
              ix_q          <= pix_x_q + $signed({12'd0, stride_x_q});
              iy_q          <= pix_y_q;
              addr_q        <= pix_addr_q + IfmBits'(stride_x_q);
              tap_addr_q    <= pix_addr_q + IfmBits'(stride_x_q);
              taprow_addr_q <= pix_addr_q + IfmBits'(stride_x_q);
              pix_addr_q    <= pix_addr_q + IfmBits'(stride_x_q);
            end else begin
              ox_left_q     <= out_w_q;
              oy_left_q     <= oy_left_q - 1'b1;
              lane_q        <= '0;
              acc_q         <= acc_row_q + acc_dy_q;
              acc_row_q     <= acc_row_q + acc_dy_q;
              pix_x_q       <= org_x_q;
              pix_y_q       <= pix_y_q + $signed({12'd0, stride_y_q});
              ix_q          <= org_x_q;
              iy_q          <= pix_y_q + $signed({12'd0, stride_y_q});
              addr_q        <= row_addr_q + row_step_q;
              tap_addr_q    <= row_addr_q + row_step_q;
              taprow_addr_q <= row_addr_q + row_step_q;
              pix_addr_q    <= row_addr_q + row_step_q;
              row_addr_q    <= row_addr_q + row_step_q;
            end
          end
        end
      end
    end
  end

  // ------------------------------------------------------------------------------------ outputs
  logic in_image, is_mac;

  assign in_image = $unsigned(iy_q) < {4'd0, in_h_q} && $unsigned(ix_q) < {4'd0, in_w_q};
  assign is_mac   = fn_q == hb_pkg::HB_CMD_VEC_FN_MAC[2:0];

  always_comb begin
    term_o          = '0;
    term_o.in_image = in_image;
    term_o.first    = first_q;
    term_o.last     = pixel_done;
    term_o.limit    = c_done;
    term_o.lanes    = lanes_q;
    term_o.rot      = flags_q.lane ? lane_q : rot_q;
    term_o.fn       = fn_q;
    term_o.m        = odd_q ? m1_q : m0_q;
    term_o.x_zp     = odd_q && !is_mac ? x2_zp_q : x_zp_q;
    term_o.w_zp     = x2_zp_q;
    term_o.flags    = flags_q;
    term_o.row      = 14'(acc_q);
    term_o.cmd_last = cmd_done;
    term_o.cmd_push = (push_mask_q & hb_pkg::HB_CMD_TOKEN_E2S) != '0;
  end

  assign term_valid_o = active_q;
  assign ifm_re_o     = active_q && in_image;
  assign ifm_addr_o   = addr_q;
  assign wgt_re_o     = active_q && is_mac;
  assign wgt_addr_o   = wgt_q;
  assign stat_re_o    = active_q && first_q && (flags_q.offset || flags_q.scale);
  assign stat_addr_o  = stat_row_q;
  assign stat_start_o = start && cmd.is_stat;
  assign stat_cmd_o   = cmd;
  assign push_o       = push_q;

  assign idle_o        = !cmd_valid && !active_q && !stat_q && push_q == '0;
  assign waits_load_o  = !active_q && !stat_q && cmd_valid &&
                         (cmd.wait_mask & ~avail_i & hb_pkg::HB_CMD_TOKEN_L2E) != '0;
  assign waits_store_o = !active_q && !stat_q && cmd_valid && !waits_load_o &&
                         (cmd.wait_mask & ~avail_i & hb_pkg::HB_CMD_TOKEN_S2E) != '0;

  // Bits beyond this tile's memories: the decoder has seen that they are zero, or they wrap.
  logic unused_cmd;
  assign unused_cmd = ^{cmd.addr, cmd.plane_pitch, cmd.row_step, cmd.tap_step, cmd.out_h, cmd.out_w, cmd.wgt, cmd.acc,
                        cmd.acc_dy, cmd.stat, cmd.eps};

endmodule
