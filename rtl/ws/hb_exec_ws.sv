// SPDX-License-Identifier: Apache-2.0
//
// hb_exec_ws: sequencer of a weight-stationary array: implicit im2col with counters alone.
//
// An EXEC runs k_count k-tiles one after the other. A k-tile takes max(pixels, N) cycles: in cycle i it
// names the IFM word of output pixel i (if there is one) and WGT word i (if i < N). The next k-tile, of
// this command or of the next one whose tokens are there, follows without a gap. One cycle is lost only
// where the next command's first accumulator row is the one just named: it could not be read back yet.
//
// Tokens: taken when the command's first cycle is certain; E2L pushed after its last scratchpad word was
// named; E2S is the array's to push, with `last_o`, when the last row is written.

module hb_exec_ws #(
  parameter int N = 16,
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
  input  hb_pkg::exec_desc_t cmd_i,

  // Tokens
  input  logic [3:0]         avail_i,
  output logic [3:0]         take_o,
  output logic [3:0]         push_o,     // E2L
  output logic               last_o,     // last cycle of a command
  output logic               last_push_o,  // it pushes E2S

  // One step: a pixel, a weight word, or both
  output logic               step_o,
  output logic               pixel_o,
  output logic               in_image_o,  // the tap is inside the input: ifm_addr_o counts, else zero
  output logic [IfmBits-1:0] ifm_addr_o,
  output logic               upper_o,   // N = 8: channels 8..15 of the word
  output logic [AccBits-1:0] acc_addr_o,
  output logic               acc_init_o,
  output logic               weight_o,
  output logic               first_o,   // first weight word of a k-tile
  output logic [WgtBits-1:0] wgt_addr_o,
  output logic               wgt_upper_o,
  output logic               x_flip_o,  // int8: flip the sign bit, then subtract x_zero_o
  output logic [8:0]         x_zero_o,
  output logic               w_flip_o,
  output logic [8:0]         w_zero_o,

  // Why there is no pixel, for the performance counters
  output logic               waits_load_o,
  output logic               waits_store_o
);

  localparam int RowBits = $clog2(N + 1);

  // ----------------------------------------------------------------------------------- commands
  logic               cmd_valid, start;
  hb_pkg::exec_desc_t cmd;

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
  logic               active_q;
  logic               pixels_q;  // this k-tile has pixels left
  logic [RowBits-1:0] wrow_q;    // weight word of this k-tile; N: all named
  logic signed [19:0] ix_q, iy_q, base_x_q, base_y_q, org_x_q;
  logic [IfmBits-1:0] addr_q, row_addr_q, kt_addr_q, tap_addr_q, taprow_addr_q;
  logic [IfmBits-1:0] plane_pitch_q, row_step_q, tap_step_q;
  logic [15:0]        in_h_q, in_w_q;
  logic [AccBits:0]   out_h_q, out_w_q, ox_left_q, oy_left_q;  // pixels, rows behind this one
  logic [7:0]         stride_y_q, stride_x_q, dil_y_q, dil_x_q, ker_w_q, s_left_q;
  logic [15:0]        k_c_q, c_left_q, k_left_q;
  logic               odd_q;
  logic [WgtBits-1:0] wgt_q;
  logic [AccBits-1:0] acc_q, acc0_q;
  logic               init_q, x_flip_q, w_flip_q, half_q;
  logic [8:0]         x_zero_q, w_zero_q;
  logic [3:0]         push_mask_q, e2l_q;

  logic               pixel_last, kt_done, cmd_done, tokens_ok, hazard;
  logic               tap_done, taprow_done;

  assign pixel_last  = ox_left_q == '0 && oy_left_q == '0;
  assign kt_done     = (!pixels_q || pixel_last) && wrow_q >= RowBits'(N - 1);
  assign cmd_done    = active_q && kt_done && k_left_q == '0;
  assign tap_done    = c_left_q == '0;
  assign taprow_done = s_left_q == '0;

  assign tokens_ok = (cmd.wait_mask & ~avail_i) == '0;
  assign hazard    = active_q && pixels_q && acc_q == cmd.acc[AccBits-1:0];
  assign start     = cmd_valid && tokens_ok && !abort_i && (!active_q || (cmd_done && !hazard));
  assign take_o    = start ? cmd.wait_mask : '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      e2l_q    <= '0;
    end else begin
      if (abort_i) active_q <= 1'b0;
      else if (start) active_q <= 1'b1;
      else if (cmd_done) active_q <= 1'b0;
      e2l_q <= cmd_done ? push_mask_q & hb_pkg::HB_CMD_TOKEN_E2L : '0;
    end
  end

  // Zero point as the operand stage subtracts it: from an unsigned byte, or from int8 plus 128.
  function automatic logic [8:0] zero_of(input logic is_signed, input logic [7:0] zp);
    zero_of = is_signed ? {1'b0, ~zp[7], zp[6:0]} : {1'b0, zp};
  endfunction

  always_ff @(posedge clk_i) begin
    if (start) begin
      ix_q          <= cmd.base_x;
      iy_q          <= cmd.base_y;
      base_x_q      <= cmd.base_x;
      base_y_q      <= cmd.base_y;
      org_x_q       <= cmd.org_x;
      addr_q        <= cmd.kt_addr[IfmBits-1:0];
      row_addr_q    <= cmd.kt_addr[IfmBits-1:0];
      kt_addr_q     <= cmd.kt_addr[IfmBits-1:0];
      tap_addr_q    <= cmd.tap_addr[IfmBits-1:0];
      taprow_addr_q <= cmd.taprow_addr[IfmBits-1:0];
      plane_pitch_q <= cmd.plane_pitch[IfmBits-1:0];
      row_step_q    <= cmd.row_step[IfmBits-1:0];
      tap_step_q    <= cmd.tap_step[IfmBits-1:0];
      in_h_q        <= cmd.in_h;
      in_w_q        <= cmd.in_w;
      out_h_q       <= cmd.out_h[AccBits:0] - 1'b1;
      out_w_q       <= cmd.out_w[AccBits:0] - 1'b1;
      oy_left_q     <= cmd.out_h[AccBits:0] - 1'b1;
      ox_left_q     <= cmd.out_w[AccBits:0] - 1'b1;
      stride_y_q    <= cmd.stride_y;
      stride_x_q    <= cmd.stride_x;
      dil_y_q       <= cmd.dil_y;
      dil_x_q       <= cmd.dil_x;
      ker_w_q       <= cmd.ker_w - 8'd1;
      s_left_q      <= cmd.ker_w - 8'd1 - cmd.s0;
      k_c_q         <= cmd.k_c - 16'd1;
      c_left_q      <= cmd.k_c - 16'd1 - cmd.c0;
      odd_q         <= N == 8 && cmd.c0[0];
      k_left_q      <= cmd.k_count - 16'd1;
      wgt_q         <= cmd.wgt[WgtBits-1:0];
      acc_q         <= cmd.acc[AccBits-1:0];
      acc0_q        <= cmd.acc[AccBits-1:0];
      init_q        <= cmd.init;
      x_flip_q      <= cmd.x_signed;
      w_flip_q      <= cmd.w_signed;
      x_zero_q      <= zero_of(cmd.x_signed, cmd.x_zp);
      w_zero_q      <= zero_of(cmd.w_signed, cmd.w_zp);
      half_q        <= cmd.half;
      push_mask_q   <= cmd.push_mask;
      pixels_q      <= 1'b1;
      wrow_q        <= '0;
    end else if (active_q) begin
      if (wrow_q != RowBits'(N)) begin
        wrow_q <= wrow_q + 1'b1;
        wgt_q  <= wgt_q + 1'b1;
      end
      if (pixels_q) begin
        acc_q <= acc_q + 1'b1;
        if (ox_left_q != '0) begin
          ox_left_q <= ox_left_q - 1'b1;
          ix_q      <= ix_q + $signed({12'd0, stride_x_q});
          addr_q    <= addr_q + IfmBits'(stride_x_q);
        end else begin
          ox_left_q  <= out_w_q;
          oy_left_q  <= oy_left_q - 1'b1;
          ix_q       <= base_x_q;
          iy_q       <= iy_q + $signed({12'd0, stride_y_q});
          addr_q     <= row_addr_q + row_step_q;
          row_addr_q <= row_addr_q + row_step_q;
        end
        if (pixel_last) pixels_q <= 1'b0;
      end
      // The next k-tile: channel step, then tap column, then tap row.
      if (kt_done) begin
        k_left_q  <= k_left_q - 16'd1;
        pixels_q  <= 1'b1;
        wrow_q    <= '0;
        init_q    <= 1'b0;
        acc_q     <= acc0_q;
        ox_left_q <= out_w_q;
        oy_left_q <= out_h_q;
        if (!tap_done) begin
          c_left_q <= c_left_q - 16'd1;
          odd_q    <= N == 8 && !odd_q;
          ix_q     <= base_x_q;
          iy_q     <= base_y_q;
          if (N != 8 || odd_q) begin
            addr_q     <= kt_addr_q + plane_pitch_q;
            row_addr_q <= kt_addr_q + plane_pitch_q;
            kt_addr_q  <= kt_addr_q + plane_pitch_q;
          end else begin
            addr_q     <= kt_addr_q;
            row_addr_q <= kt_addr_q;
          end
        end else begin
          c_left_q <= k_c_q;
          odd_q    <= 1'b0;
          if (!taprow_done) begin
            s_left_q   <= s_left_q - 8'd1;
            base_x_q   <= base_x_q + $signed({12'd0, dil_x_q});
            ix_q       <= base_x_q + $signed({12'd0, dil_x_q});
            iy_q       <= base_y_q;
            addr_q     <= tap_addr_q + IfmBits'(dil_x_q);
            row_addr_q <= tap_addr_q + IfmBits'(dil_x_q);
            kt_addr_q  <= tap_addr_q + IfmBits'(dil_x_q);
            tap_addr_q <= tap_addr_q + IfmBits'(dil_x_q);
          end else begin
            s_left_q      <= ker_w_q;
            base_x_q      <= org_x_q;
            base_y_q      <= base_y_q + $signed({12'd0, dil_y_q});
            ix_q          <= org_x_q;
            iy_q          <= base_y_q + $signed({12'd0, dil_y_q});
            addr_q        <= taprow_addr_q + tap_step_q;
            row_addr_q    <= taprow_addr_q + tap_step_q;
            kt_addr_q     <= taprow_addr_q + tap_step_q;
            tap_addr_q    <= taprow_addr_q + tap_step_q;
            taprow_addr_q <= taprow_addr_q + tap_step_q;
          end
        end
      end
    end
  end

  // ------------------------------------------------------------------------------------ outputs
  assign step_o      = active_q;
  assign pixel_o     = active_q && pixels_q;
  assign in_image_o    = $unsigned(iy_q) < {4'd0, in_h_q} && $unsigned(ix_q) < {4'd0, in_w_q};
  assign ifm_addr_o  = addr_q;
  assign upper_o     = odd_q;
  assign acc_addr_o  = acc_q;
  assign acc_init_o  = init_q;
  assign weight_o    = active_q && wrow_q != RowBits'(N);
  assign first_o     = active_q && wrow_q == '0;
  assign wgt_addr_o  = wgt_q;
  assign wgt_upper_o = half_q;
  assign x_flip_o    = x_flip_q;
  assign x_zero_o    = x_zero_q;
  assign w_flip_o    = w_flip_q;
  assign w_zero_o    = w_zero_q;

  assign push_o      = e2l_q;
  assign last_o      = cmd_done;
  assign last_push_o = cmd_done && (push_mask_q & hb_pkg::HB_CMD_TOKEN_E2S) != '0;

  assign idle_o        = !cmd_valid && !active_q && e2l_q == '0;
  assign waits_load_o  = !active_q && cmd_valid &&
                         (cmd.wait_mask & ~avail_i & hb_pkg::HB_CMD_TOKEN_L2E) != '0;
  assign waits_store_o = !active_q && cmd_valid && !waits_load_o &&
                         (cmd.wait_mask & ~avail_i & hb_pkg::HB_CMD_TOKEN_S2E) != '0;

  // Bits beyond this tile's memories: the decoder has seen that they are zero, or they wrap.
  logic unused_cmd;
  assign unused_cmd = ^{cmd.kt_addr, cmd.tap_addr, cmd.taprow_addr, cmd.plane_pitch, cmd.row_step,
                        cmd.tap_step, cmd.out_h, cmd.out_w, cmd.wgt, cmd.acc, cmd.c0};

endmodule
