// SPDX-License-Identifier: Apache-2.0
//
// hb_exec_os: sequencer of an output-stationary array: implicit im2col with counters alone.
//
// An EXEC's pixels, in raster order, form blocks of N (the last may have fewer). A block runs all k_count k-tiles
// one after the other before the next block begins. A k-tile of a block takes N cycles: in cycle i it names the IFM
// word of the block's pixel i (if there is one) and WGT word i. What follows, of this command or of the
// next one whose tokens are there, follows without a gap: an EXEC takes ceil(pixels / N) * k_count * N cycles. One
// cycle is lost where a command of a single k-tile begins with the accumulator row that the one before it ended with:
// it could not be read back yet.
//
// A place in the input is the sum of two: where the tap is (moves with the k-tile, back to the first with every
// block) and where the pixel is (moves with every step, back to the block's first with every k-tile).
//
// Tokens: taken when the command's first cycle is certain; E2L pushed after its last scratchpad word was
// named; E2S is the array's to push, with `last_o`, when the last row is written.

module hb_exec_os #(
  parameter int N = 16,
  parameter int IfmBits = 13,
  parameter int WgtBits = 12,
  parameter int AccBits = 10,
  localparam int RowBits = $clog2(N)
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

  // One step: a weight word and, if the block has so many, a pixel
  output logic               step_o,
  output logic [RowBits-1:0] index_o,   // place in its group of N
  output logic               first_o,   // first step of a block
  output logic               pixel_o,
  output logic               drain_o,   // a pixel, and this is the block's last k-tile
  output logic               in_image_o,  // the tap is inside the input: ifm_addr_o counts, else zero
  output logic [IfmBits-1:0] ifm_addr_o,
  output logic               upper_o,   // N = 8: channels 8..15 of the word
  output logic [AccBits-1:0] acc_addr_o,
  output logic               acc_init_o,
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
  logic [RowBits-1:0] index_q;
  logic               pixels_q;  // this block has pixels left
  // The tap of this k-tile, and of the command's first one.
  logic signed [19:0] tap_x_q, tap_y_q, tap0_x_q, tap0_y_q, org_x_q;
  logic [IfmBits-1:0] kt_addr_q, tap_addr_q, taprow_addr_q, kt0_addr_q, tap0_addr_q, taprow0_addr_q;
  logic [7:0]         s_left_q, s0_left_q;
  logic [15:0]        c_left_q, c0_left_q, k_left_q;
  logic               odd_q, odd0_q;
  logic [WgtBits-1:0] wgt_q, wgt0_q;
  logic               kt_first_q;  // first k-tile of a block
  // The pixel, relative to the command's first one, and the block's first.
  logic signed [19:0] px_q, py_q, block_x_q, block_y_q;
  logic [IfmBits-1:0] px_addr_q, row_addr_q, block_addr_q, block_row_addr_q;
  logic [AccBits:0]   ox_left_q, oy_left_q, block_ox_q, block_oy_q;  // pixels, rows behind this one
  logic [AccBits-1:0] acc_q, block_acc_q;
  // The same for the whole command.
  logic [IfmBits-1:0] plane_pitch_q, row_step_q, tap_step_q;
  logic [15:0]        in_h_q, in_w_q, k_c_q, k_count_q;
  logic [AccBits:0]   out_w_q;
  logic [7:0]         stride_y_q, stride_x_q, dil_y_q, dil_x_q, ker_w_q;
  logic               init_q, x_flip_q, w_flip_q, half_q;
  logic [8:0]         x_zero_q, w_zero_q;
  logic [3:0]         push_mask_q, e2l_q;

  logic               pixel_last, group_done, block_done, cmd_done, tokens_ok, hazard;
  logic               tap_done, taprow_done;

  assign pixel_last  = ox_left_q == '0 && oy_left_q == '0;
  assign group_done  = index_q == RowBits'(N - 1);
  assign block_done  = group_done && k_left_q == '0;
  assign cmd_done    = active_q && block_done && (!pixels_q || pixel_last);
  assign tap_done    = c_left_q == '0;
  assign taprow_done = s_left_q == '0;

  // The pixel behind this one.
  logic signed [19:0] next_x, next_y;
  logic [IfmBits-1:0] next_addr, next_row_addr;
  logic [AccBits:0]   next_ox, next_oy;

  always_comb begin
    next_x        = px_q + $signed({12'd0, stride_x_q});
    next_y        = py_q;
    next_addr     = px_addr_q + IfmBits'(stride_x_q);
    next_row_addr = row_addr_q;
    next_ox       = ox_left_q - 1'b1;
    next_oy       = oy_left_q;
    if (ox_left_q == '0) begin
      next_x        = '0;
      next_y        = py_q + $signed({12'd0, stride_y_q});
      next_addr     = row_addr_q + row_step_q;
      next_row_addr = row_addr_q + row_step_q;
      next_ox       = out_w_q;
      next_oy       = oy_left_q - 1'b1;
    end
  end

  assign tokens_ok = (cmd.wait_mask & ~avail_i) == '0;
  assign hazard    = active_q && pixels_q && acc_q == cmd.acc[AccBits-1:0] && cmd.k_count == 16'd1;
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
      index_q          <= '0;
      pixels_q         <= 1'b1;
      tap_x_q          <= cmd.base_x;
      tap_y_q          <= cmd.base_y;
      tap0_x_q         <= cmd.base_x;
      tap0_y_q         <= cmd.base_y;
      org_x_q          <= cmd.org_x;
      kt_addr_q        <= cmd.kt_addr[IfmBits-1:0];
      tap_addr_q       <= cmd.tap_addr[IfmBits-1:0];
      taprow_addr_q    <= cmd.taprow_addr[IfmBits-1:0];
      kt0_addr_q       <= cmd.kt_addr[IfmBits-1:0];
      tap0_addr_q      <= cmd.tap_addr[IfmBits-1:0];
      taprow0_addr_q   <= cmd.taprow_addr[IfmBits-1:0];
      s_left_q         <= cmd.ker_w - 8'd1 - cmd.s0;
      s0_left_q        <= cmd.ker_w - 8'd1 - cmd.s0;
      c_left_q         <= cmd.k_c - 16'd1 - cmd.c0;
      c0_left_q        <= cmd.k_c - 16'd1 - cmd.c0;
      k_left_q         <= cmd.k_count - 16'd1;
      k_count_q        <= cmd.k_count - 16'd1;
      odd_q            <= N == 8 && cmd.c0[0];
      odd0_q           <= N == 8 && cmd.c0[0];
      wgt_q            <= cmd.wgt[WgtBits-1:0];
      wgt0_q           <= cmd.wgt[WgtBits-1:0];
      kt_first_q       <= 1'b1;
      px_q             <= '0;
      py_q             <= '0;
      block_x_q        <= '0;
      block_y_q        <= '0;
      px_addr_q        <= '0;
      row_addr_q       <= '0;
      block_addr_q     <= '0;
      block_row_addr_q <= '0;
      ox_left_q        <= cmd.out_w[AccBits:0] - 1'b1;
      oy_left_q        <= cmd.out_h[AccBits:0] - 1'b1;
      block_ox_q       <= cmd.out_w[AccBits:0] - 1'b1;
      block_oy_q       <= cmd.out_h[AccBits:0] - 1'b1;
      acc_q            <= cmd.acc[AccBits-1:0];
      block_acc_q      <= cmd.acc[AccBits-1:0];
      plane_pitch_q    <= cmd.plane_pitch[IfmBits-1:0];
      row_step_q       <= cmd.row_step[IfmBits-1:0];
      tap_step_q       <= cmd.tap_step[IfmBits-1:0];
      in_h_q           <= cmd.in_h;
      in_w_q           <= cmd.in_w;
      k_c_q            <= cmd.k_c - 16'd1;
      out_w_q          <= cmd.out_w[AccBits:0] - 1'b1;
      stride_y_q       <= cmd.stride_y;
      stride_x_q       <= cmd.stride_x;
      dil_y_q          <= cmd.dil_y;
      dil_x_q          <= cmd.dil_x;
      ker_w_q          <= cmd.ker_w - 8'd1;
      init_q           <= cmd.init;
      x_flip_q         <= cmd.x_signed;
      w_flip_q         <= cmd.w_signed;
      x_zero_q         <= zero_of(cmd.x_signed, cmd.x_zp);
      w_zero_q         <= zero_of(cmd.w_signed, cmd.w_zp);
      half_q           <= cmd.half;
      push_mask_q      <= cmd.push_mask;
    end else if (active_q) begin
      index_q <= index_q + 1'b1;
      wgt_q   <= wgt_q + 1'b1;
      // The next pixel; the block's first again; or the next block's first.
      if (!group_done || block_done) begin
        px_q       <= next_x;
        py_q       <= next_y;
        px_addr_q  <= next_addr;
        row_addr_q <= next_row_addr;
        ox_left_q  <= next_ox;
        oy_left_q  <= next_oy;
        acc_q      <= acc_q + 1'b1;
        if (pixel_last) pixels_q <= 1'b0;
      end else begin
        px_q       <= block_x_q;
        py_q       <= block_y_q;
        px_addr_q  <= block_addr_q;
        row_addr_q <= block_row_addr_q;
        ox_left_q  <= block_ox_q;
        oy_left_q  <= block_oy_q;
        acc_q      <= block_acc_q;
        pixels_q   <= 1'b1;
      end
      if (block_done) begin
        block_x_q        <= next_x;
        block_y_q        <= next_y;
        block_addr_q     <= next_addr;
        block_row_addr_q <= next_row_addr;
        block_ox_q       <= next_ox;
        block_oy_q       <= next_oy;
        block_acc_q      <= acc_q + 1'b1;
        // All k-tiles again.
        tap_x_q       <= tap0_x_q;
        tap_y_q       <= tap0_y_q;
        kt_addr_q     <= kt0_addr_q;
        tap_addr_q    <= tap0_addr_q;
        taprow_addr_q <= taprow0_addr_q;
        s_left_q      <= s0_left_q;
        c_left_q      <= c0_left_q;
        k_left_q      <= k_count_q;
        odd_q         <= odd0_q;
        wgt_q         <= wgt0_q;
        kt_first_q    <= 1'b1;
      end else if (group_done) begin
        // The next k-tile: channel step, then tap column, then tap row.
        k_left_q   <= k_left_q - 16'd1;
        kt_first_q <= 1'b0;
        if (!tap_done) begin
          c_left_q <= c_left_q - 16'd1;
          odd_q    <= N == 8 && !odd_q;
          if (N != 8 || odd_q) kt_addr_q <= kt_addr_q + plane_pitch_q;
        end else begin
          c_left_q <= k_c_q;
          odd_q    <= 1'b0;
          if (!taprow_done) begin
            s_left_q   <= s_left_q - 8'd1;
            tap_x_q    <= tap_x_q + $signed({12'd0, dil_x_q});
            kt_addr_q  <= tap_addr_q + IfmBits'(dil_x_q);
            tap_addr_q <= tap_addr_q + IfmBits'(dil_x_q);
          end else begin
            s_left_q      <= ker_w_q;
            tap_x_q       <= org_x_q;
            tap_y_q       <= tap_y_q + $signed({12'd0, dil_y_q});
            kt_addr_q     <= taprow_addr_q + tap_step_q;
            tap_addr_q    <= taprow_addr_q + tap_step_q;
            taprow_addr_q <= taprow_addr_q + tap_step_q;
          end
        end
      end
    end
  end

  // ------------------------------------------------------------------------------------ outputs
  logic signed [19:0] ix, iy;

  assign ix = tap_x_q + px_q;
  assign iy = tap_y_q + py_q;

  assign step_o      = active_q;
  assign index_o     = index_q;
  assign first_o     = active_q && index_q == '0 && kt_first_q;
  assign pixel_o     = active_q && pixels_q;
  assign drain_o     = pixel_o && k_left_q == '0;
  assign in_image_o  = $unsigned(iy) < {4'd0, in_h_q} && $unsigned(ix) < {4'd0, in_w_q};
  assign ifm_addr_o  = kt_addr_q + px_addr_q;
  assign upper_o     = odd_q;
  assign acc_addr_o  = acc_q;
  assign acc_init_o  = init_q;
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
