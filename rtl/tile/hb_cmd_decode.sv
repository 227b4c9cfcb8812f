// SPDX-License-Identifier: Apache-2.0
//
// hb_cmd_decode: turns command beats into descriptors, in program order, or finds the fault.
//
// A command takes four cycles to arrive, one to be recognised, a few for its products (EXEC 14, LOAD 3,
// STORE 2; one shared 16 x 16 multiplier) and one to be handed to its engine's queue, where it waits
// only for room. The rules of legality are those of regs/hb_tile.toml; what passes here never
// leaves a scratchpad. After END or a fault nothing more is taken until the next start_i.

module hb_cmd_decode #(
  parameter int N = 16,
  parameter int IfmWords = 8192,
  parameter int WgtWords = 4096,
  parameter int PrmWords = 512,
  parameter int AccRows = 1024
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // Job
  input  logic                start_i,
  input  logic                stop_i,
  input  logic [19:0]         len_i,
  input  logic [127:0]        base_i,
  output logic                end_o,    // END was decoded; holds until start_i
  output logic                fault_valid_o,  // one cycle
  output hb_pkg::fault_t      fault_o,

  // Command beats
  input  logic                beat_valid_i,
  output logic                beat_ready_o,
  input  logic [127:0]        beat_data_i,
  input  logic                beat_error_i,

  // Descriptors
  output logic                load_valid_o,
  input  logic                load_ready_i,
  output hb_pkg::load_desc_t  load_desc_o,
  output logic                exec_valid_o,
  input  logic                exec_ready_i,
  output hb_pkg::exec_desc_t  exec_desc_o,
  output logic                store_valid_o,
  input  logic                store_ready_i,
  output hb_pkg::store_desc_t store_desc_o
);

  localparam int LogN = $clog2(N);
  localparam logic [15:0] LoadFlags = 16'h0000;
  localparam logic [15:0] HalfOk = N == 8 ? 16'hffff : 16'h0000;
  localparam logic [15:0] ExecFlags = hb_pkg::HB_CMD_EXEC_FLAG_INIT |
      hb_pkg::HB_CMD_EXEC_FLAG_X_SIGNED | hb_pkg::HB_CMD_EXEC_FLAG_W_SIGNED |
      (hb_pkg::HB_CMD_EXEC_FLAG_HALF & HalfOk);
  localparam logic [15:0] StoreFlags = hb_pkg::HB_CMD_STORE_FLAG_RAW |
      hb_pkg::HB_CMD_STORE_FLAG_Y_SIGNED | (hb_pkg::HB_CMD_STORE_FLAG_HALF & HalfOk);

  typedef enum logic [2:0] {StIdle, StFill, StCheck, StCompute, StDispatch} state_e;

  state_e               state_q;
  logic                 end_q;
  logic [1:0]           beat_q;   // which beat of the command comes next
  logic                 error_q;  // one of its beats was answered with an error
  logic [383:0]         cmd_q;    // the first three beats: no command is longer
  logic [19:0]          index_q;
  logic [3:0]           step_q;
  logic                 fault_valid_q;
  hb_pkg::fault_t       fault_q;
  hb_pkg::load_desc_t   load_q;
  hb_pkg::exec_desc_t   exec_q;
  hb_pkg::store_desc_t  store_q;

  // ------------------------------------------------------------------------------------ fields
  logic [7:0]  opcode, tokens;
  logic [15:0] flags;
  assign opcode = cmd_q[hb_pkg::HB_CMD_OPCODE_LSB+:8];
  assign tokens = cmd_q[hb_pkg::HB_CMD_TOKENS_LSB+:8];
  assign flags  = cmd_q[hb_pkg::HB_CMD_FLAGS_LSB+:16];

  logic [7:0]  l_mem, l_base;
  logic [15:0] l_dst, l_beats, l_rows, l_planes;
  logic [31:0] l_src, l_row_pitch, l_plane_pitch;
  assign l_mem         = cmd_q[hb_pkg::HB_CMD_LOAD_MEM_LSB+:8];
  assign l_base        = cmd_q[hb_pkg::HB_CMD_LOAD_BASE_LSB+:8];
  assign l_dst         = cmd_q[hb_pkg::HB_CMD_LOAD_DST_LSB+:16];
  assign l_src         = cmd_q[hb_pkg::HB_CMD_LOAD_SRC_LSB+:32];
  assign l_row_pitch   = cmd_q[hb_pkg::HB_CMD_LOAD_ROW_PITCH_LSB+:32];
  assign l_plane_pitch = cmd_q[hb_pkg::HB_CMD_LOAD_PLANE_PITCH_LSB+:32];
  assign l_beats       = cmd_q[hb_pkg::HB_CMD_LOAD_BEATS_LSB+:16];
  assign l_rows        = cmd_q[hb_pkg::HB_CMD_LOAD_ROWS_LSB+:16];
  assign l_planes      = cmd_q[hb_pkg::HB_CMD_LOAD_PLANES_LSB+:16];

  logic [7:0]  s_base, s_y_zp, s_clip_min, s_clip_max;
  logic [31:0] s_dst, s_row_pitch;
  logic [15:0] s_acc, s_prm, s_beats, s_rows;
  assign s_base      = cmd_q[hb_pkg::HB_CMD_STORE_BASE_LSB+:8];
  assign s_y_zp      = cmd_q[hb_pkg::HB_CMD_STORE_Y_ZP_LSB+:8];
  assign s_clip_min  = cmd_q[hb_pkg::HB_CMD_STORE_CLIP_MIN_LSB+:8];
  assign s_clip_max  = cmd_q[hb_pkg::HB_CMD_STORE_CLIP_MAX_LSB+:8];
  assign s_dst       = cmd_q[hb_pkg::HB_CMD_STORE_DST_LSB+:32];
  assign s_row_pitch = cmd_q[hb_pkg::HB_CMD_STORE_ROW_PITCH_LSB+:32];
  assign s_acc       = cmd_q[hb_pkg::HB_CMD_STORE_ACC_LSB+:16];
  assign s_prm       = cmd_q[hb_pkg::HB_CMD_STORE_PRM_LSB+:16];
  assign s_beats     = cmd_q[hb_pkg::HB_CMD_STORE_BEATS_LSB+:16];
  assign s_rows      = cmd_q[hb_pkg::HB_CMD_STORE_ROWS_LSB+:16];

  logic [15:0] e_ifm, e_plane_pitch, e_row_pitch, e_in_h, e_in_w, e_org_y, e_org_x, e_out_h, e_out_w;
  logic [7:0]  e_stride_y, e_stride_x, e_dil_y, e_dil_x, e_ker_h, e_ker_w, e_r0, e_s0, e_x_zp, e_w_zp;
  logic [15:0] e_k_c, e_c0, e_k_count, e_wgt, e_acc;
  assign e_ifm         = cmd_q[hb_pkg::HB_CMD_EXEC_IFM_LSB+:16];
  assign e_plane_pitch = cmd_q[hb_pkg::HB_CMD_EXEC_PLANE_PITCH_LSB+:16];
  assign e_row_pitch   = cmd_q[hb_pkg::HB_CMD_EXEC_ROW_PITCH_LSB+:16];
  assign e_in_h        = cmd_q[hb_pkg::HB_CMD_EXEC_IN_H_LSB+:16];
  assign e_in_w        = cmd_q[hb_pkg::HB_CMD_EXEC_IN_W_LSB+:16];
  assign e_org_y       = cmd_q[hb_pkg::HB_CMD_EXEC_ORG_Y_LSB+:16];
  assign e_org_x       = cmd_q[hb_pkg::HB_CMD_EXEC_ORG_X_LSB+:16];
  assign e_out_h       = cmd_q[hb_pkg::HB_CMD_EXEC_OUT_H_LSB+:16];
  assign e_out_w       = cmd_q[hb_pkg::HB_CMD_EXEC_OUT_W_LSB+:16];
  assign e_stride_y    = cmd_q[hb_pkg::HB_CMD_EXEC_STRIDE_Y_LSB+:8];
  assign e_stride_x    = cmd_q[hb_pkg::HB_CMD_EXEC_STRIDE_X_LSB+:8];
  assign e_dil_y       = cmd_q[hb_pkg::HB_CMD_EXEC_DIL_Y_LSB+:8];
  assign e_dil_x       = cmd_q[hb_pkg::HB_CMD_EXEC_DIL_X_LSB+:8];
  assign e_ker_h       = cmd_q[hb_pkg::HB_CMD_EXEC_KER_H_LSB+:8];
  assign e_ker_w       = cmd_q[hb_pkg::HB_CMD_EXEC_KER_W_LSB+:8];
  assign e_k_c         = cmd_q[hb_pkg::HB_CMD_EXEC_K_C_LSB+:16];
  assign e_c0          = cmd_q[hb_pkg::HB_CMD_EXEC_C0_LSB+:16];
  assign e_r0          = cmd_q[hb_pkg::HB_CMD_EXEC_R0_LSB+:8];
  assign e_s0          = cmd_q[hb_pkg::HB_CMD_EXEC_S0_LSB+:8];
  assign e_k_count     = cmd_q[hb_pkg::HB_CMD_EXEC_K_COUNT_LSB+:16];
  assign e_wgt         = cmd_q[hb_pkg::HB_CMD_EXEC_WGT_LSB+:16];
  assign e_acc         = cmd_q[hb_pkg::HB_CMD_EXEC_ACC_LSB+:16];
  assign e_x_zp        = cmd_q[hb_pkg::HB_CMD_EXEC_X_ZP_LSB+:8];
  assign e_w_zp        = cmd_q[hb_pkg::HB_CMD_EXEC_W_ZP_LSB+:8];

  logic unused_cmd;  // the tail of the longest command, the second plane of a 32-wide tile
  assign unused_cmd = ^{cmd_q[383:hb_pkg::HB_CMD_EXEC_USED_BITS]};

  // ----------------------------------------------------------- checks that need no product
  logic may_token, last_command, load_ok, store_ok, exec_ok;
  logic [3:0] may_wait, may_push;

  always_comb begin
    may_wait = '0;
    may_push = '0;
    case (opcode)
      hb_pkg::HB_CMD_OP_LOAD: begin
        may_wait = hb_pkg::HB_CMD_LOAD_MAY_WAIT;
        may_push = hb_pkg::HB_CMD_LOAD_MAY_PUSH;
      end
      hb_pkg::HB_CMD_OP_EXEC: begin
        may_wait = hb_pkg::HB_CMD_EXEC_MAY_WAIT;
        may_push = hb_pkg::HB_CMD_EXEC_MAY_PUSH;
      end
      hb_pkg::HB_CMD_OP_STORE: begin
        may_wait = hb_pkg::HB_CMD_STORE_MAY_WAIT;
        may_push = hb_pkg::HB_CMD_STORE_MAY_PUSH;
      end
      default: ;
    endcase
  end
  assign may_token    = (tokens[3:0] & ~may_wait) == '0 && (tokens[7:4] & ~may_push) == '0;
  assign last_command = index_q + 20'd1 == len_i;

  assign load_ok = (flags & ~LoadFlags) == '0 && l_mem <= hb_pkg::HB_CMD_LOAD_MEM_PRM && l_base <= 8'd3 &&
                   l_src[3:0] == '0 && l_row_pitch[3:0] == '0 && l_plane_pitch[3:0] == '0 &&
                   l_beats != '0 && l_rows != '0 && l_planes != '0;
  assign store_ok = (flags & ~StoreFlags) == '0 && s_base <= 8'd3 && s_dst[3:0] == '0 &&
                    s_row_pitch[3:0] == '0 && s_beats != '0 && s_rows != '0 &&
                    {1'b0, s_prm} + 17'd8 <= 17'(PrmWords);
  assign exec_ok = (flags & ~ExecFlags) == '0 && e_in_h != '0 && e_in_w != '0 && e_out_h != '0 &&
                   e_out_w != '0 && e_stride_y != '0 && e_stride_x != '0 && e_dil_y != '0 &&
                   e_dil_x != '0 && e_ker_h != '0 && e_ker_w != '0 && e_r0 < e_ker_h &&
                   e_s0 < e_ker_w && e_c0 < e_k_c && e_k_count != '0 &&
                   32'(e_wgt) + (32'(e_k_count) << LogN) <= WgtWords;

  // Words of the scratchpad a LOAD names.
  logic [31:0] load_words;
  always_comb begin
    case (l_mem)
      hb_pkg::HB_CMD_LOAD_MEM_IFM: load_words = IfmWords;
      hb_pkg::HB_CMD_LOAD_MEM_WGT: load_words = WgtWords;
      default: load_words = PrmWords;
    endcase
  end

  // Planes of 16 channels: the first step's, and the last one's that the run can reach.
  logic [16:0] step_last_run;
  logic [15:0] step_last, plane_first, plane_last;
  assign step_last_run = {1'b0, e_c0} + {1'b0, e_k_count} - 17'd1;
  assign step_last     = step_last_run < {1'b0, e_k_c} ? step_last_run[15:0] : e_k_c - 16'd1;
  assign plane_first   = N == 8 ? e_c0 >> 1 : e_c0;
  assign plane_last    = N == 8 ? step_last >> 1 : step_last;

  // ----------------------------------------------------------------------------------- products
  logic [15:0] mul_a, mul_b, taps_q, tap0_q, tap_off_q;
  logic [31:0] prod_q;
  logic [33:0] top_q;  // first IFM word behind the region the command may touch
  logic [32:0] first_q;  // place of the first k-tile in the whole reduction

  always_comb begin
    mul_a = e_out_h;
    mul_b = e_out_w;
    case (opcode)
      hb_pkg::HB_CMD_OP_LOAD: begin
        mul_a = step_q == '0 ? l_beats : prod_q[15:0];
        mul_b = step_q == '0 ? l_rows : l_planes;
      end
      hb_pkg::HB_CMD_OP_STORE: begin
        mul_a = s_beats;
        mul_b = s_rows;
      end
      default: begin
        case (step_q)
          4'd1: begin mul_a = {8'd0, e_r0}; mul_b = {8'd0, e_dil_y}; end
          4'd2: begin mul_a = {8'd0, e_s0}; mul_b = {8'd0, e_dil_x}; end
          4'd3: begin mul_a = {8'd0, e_stride_y}; mul_b = e_row_pitch; end
          4'd4: begin mul_a = {8'd0, e_dil_y}; mul_b = e_row_pitch; end
          4'd5: begin mul_a = exec_q.base_y[15:0]; mul_b = e_row_pitch; end
          4'd6: begin mul_a = plane_first; mul_b = e_plane_pitch; end
          4'd7: begin mul_a = plane_last; mul_b = e_plane_pitch; end
          4'd8: begin mul_a = e_in_h - 16'd1; mul_b = e_row_pitch; end
          4'd9: begin mul_a = {8'd0, e_r0}; mul_b = {8'd0, e_ker_w}; end
          4'd10: begin mul_a = {8'd0, e_ker_h}; mul_b = {8'd0, e_ker_w}; end
          4'd11: begin mul_a = tap0_q; mul_b = e_k_c; end
          4'd12: begin mul_a = taps_q; mul_b = e_k_c; end
          default: ;
        endcase
      end
    endcase
  end

  // ------------------------------------------------------------------------------------ control
  assign beat_ready_o  = state_q == StFill;
  assign load_valid_o  = state_q == StDispatch && opcode == hb_pkg::HB_CMD_OP_LOAD;
  assign exec_valid_o  = state_q == StDispatch && opcode == hb_pkg::HB_CMD_OP_EXEC;
  assign store_valid_o = state_q == StDispatch && opcode == hb_pkg::HB_CMD_OP_STORE;
  assign load_desc_o   = load_q;
  assign exec_desc_o   = exec_q;
  assign store_desc_o  = store_q;
  assign end_o         = end_q;
  assign fault_valid_o = fault_valid_q;
  assign fault_o       = fault_q;

  // The verdict of the current step.
  logic       fault, done;
  logic [7:0] fault_code;

  always_comb begin
    fault      = 1'b0;
    fault_code = hb_pkg::HB_TILE_STATUS_BAD_FIELD;
    done       = 1'b0;
    if (state_q == StCheck) begin
      fault = 1'b1;
      if (error_q) fault_code = hb_pkg::HB_TILE_STATUS_AXI_READ;
      else if (opcode != hb_pkg::HB_CMD_OP_LOAD && opcode != hb_pkg::HB_CMD_OP_EXEC &&
               opcode != hb_pkg::HB_CMD_OP_STORE && opcode != hb_pkg::HB_CMD_OP_END)
        fault_code = hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
      else if (!may_token) fault_code = hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
      else if (opcode == hb_pkg::HB_CMD_OP_END) fault = 1'b0;
      else if (last_command) fault_code = hb_pkg::HB_TILE_STATUS_NO_END;
      else if (opcode == hb_pkg::HB_CMD_OP_LOAD) fault = !load_ok;
      else if (opcode == hb_pkg::HB_CMD_OP_STORE) fault = !store_ok;
      else fault = !exec_ok;
    end else if (state_q == StCompute) begin
      case (opcode)
        hb_pkg::HB_CMD_OP_LOAD: begin
          if (step_q == 4'd1) fault = prod_q[31:16] != '0;
          if (step_q == 4'd2) begin
            fault = {1'b0, prod_q} + 33'(l_dst) > {1'b0, load_words};
            done  = 1'b1;
          end
        end
        hb_pkg::HB_CMD_OP_STORE: begin
          if (step_q == 4'd1) begin
            fault = {1'b0, prod_q} + 33'(s_acc) > 33'(AccRows);
            done  = 1'b1;
          end
        end
        default: begin
          if (step_q == 4'd1) fault = {1'b0, prod_q} + 33'(e_acc) > 33'(AccRows);
          if (step_q == 4'd10) fault = top_q > 34'(IfmWords);
          if (step_q == 4'd13) begin
            fault = first_q + 33'(e_k_count) > {1'b0, prod_q};
            done  = 1'b1;
          end
        end
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q       <= StIdle;
      end_q         <= 1'b0;
      fault_valid_q <= 1'b0;
    end else begin
      fault_valid_q <= 1'b0;
      if (stop_i) begin
        state_q <= StIdle;
      end else begin
        case (state_q)
          // Waits for a job.
          StIdle: if (start_i) begin
            state_q <= StFill;
            end_q   <= 1'b0;
          end
          // Takes the four beats of a command.
          StFill: if (beat_valid_i && beat_q == 2'd3) state_q <= StCheck;
          // Recognises it.
          StCheck: begin
            if (fault) begin
              fault_valid_q <= 1'b1;
              state_q       <= StIdle;
            end else if (opcode == hb_pkg::HB_CMD_OP_END) begin
              end_q   <= 1'b1;
              state_q <= StIdle;
            end else begin
              state_q <= StCompute;
            end
          end
          // Forms its products, one a cycle.
          StCompute: begin
            if (fault) begin
              fault_valid_q <= 1'b1;
              state_q       <= StIdle;
            end else if (done) begin
              state_q <= StDispatch;
            end
          end
          // Waits for room in its engine's queue.
          StDispatch: begin
            if ((load_valid_o && load_ready_i) || (exec_valid_o && exec_ready_i) ||
                (store_valid_o && store_ready_i))
              state_q <= StFill;
          end
          default: state_q <= StIdle;
        endcase
      end
    end
  end

  // Sums of small numbers around an origin: 20 signed bits hold every one that a legal command reaches.
  function automatic logic signed [19:0] origin_plus(input logic [15:0] origin, input logic [15:0] off);
    origin_plus = 20'($signed(origin)) + $signed({4'd0, off});
  endfunction

  logic [31:0] base_addr, load_addr, store_addr;
  logic [1:0]  base_sel;
  assign base_sel   = opcode == hb_pkg::HB_CMD_OP_LOAD ? l_base[1:0] : s_base[1:0];
  assign base_addr  = base_i[32*base_sel+:32];
  assign load_addr  = base_addr + l_src;
  assign store_addr = base_addr + s_dst;

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle: begin
        if (start_i) begin
          index_q <= '0;
          beat_q  <= '0;
          error_q <= 1'b0;
        end
      end
      StFill: begin
        if (beat_valid_i) begin
          beat_q  <= beat_q + 2'd1;
          error_q <= error_q || beat_error_i;
          if (beat_q != 2'd3) cmd_q[128*beat_q+:128] <= beat_data_i;
        end
      end
      StCheck: begin
        step_q        <= '0;
        fault_q.code  <= fault_code;
        fault_q.index <= index_q;
        if (opcode == hb_pkg::HB_CMD_OP_LOAD) begin
          load_q.addr        <= load_addr;
          load_q.row_pitch   <= l_row_pitch;
          load_q.plane_pitch <= l_plane_pitch;
          load_q.beats       <= l_beats;
          load_q.rows        <= l_rows;
          load_q.planes      <= l_planes;
          load_q.mem         <= l_mem[1:0];
          load_q.dst         <= l_dst;
          load_q.index       <= index_q;
          load_q.wait_mask   <= tokens[3:0];
          load_q.push_mask   <= tokens[7:4];
        end
        if (opcode == hb_pkg::HB_CMD_OP_STORE) begin
          store_q.addr      <= store_addr;
          store_q.row_pitch <= s_row_pitch;
          store_q.acc       <= s_acc;
          store_q.prm       <= s_prm;
          store_q.beats     <= s_beats;
          store_q.rows      <= s_rows;
          store_q.raw       <= (flags & hb_pkg::HB_CMD_STORE_FLAG_RAW) != '0;
          store_q.y_signed  <= (flags & hb_pkg::HB_CMD_STORE_FLAG_Y_SIGNED) != '0;
          store_q.half      <= (flags & hb_pkg::HB_CMD_STORE_FLAG_HALF) != '0;
          store_q.y_zp      <= s_y_zp;
          store_q.clip_min  <= s_clip_min;
          store_q.clip_max  <= s_clip_max;
          store_q.index     <= index_q;
          store_q.wait_mask <= tokens[3:0];
          store_q.push_mask <= tokens[7:4];
        end
        if (opcode == hb_pkg::HB_CMD_OP_EXEC) begin
          exec_q.plane_pitch <= e_plane_pitch;
          exec_q.in_h        <= e_in_h;
          exec_q.in_w        <= e_in_w;
          exec_q.out_h       <= e_out_h;
          exec_q.out_w       <= e_out_w;
          exec_q.stride_y    <= e_stride_y;
          exec_q.stride_x    <= e_stride_x;
          exec_q.dil_y       <= e_dil_y;
          exec_q.dil_x       <= e_dil_x;
          exec_q.ker_w       <= e_ker_w;
          exec_q.k_c         <= e_k_c;
          exec_q.c0          <= e_c0;
          exec_q.s0          <= e_s0;
          exec_q.k_count     <= e_k_count;
          exec_q.wgt         <= e_wgt;
          exec_q.acc         <= e_acc;
          exec_q.x_zp        <= e_x_zp;
          exec_q.w_zp        <= e_w_zp;
          exec_q.org_x       <= origin_plus(e_org_x, 16'd0);
          exec_q.init        <= (flags & hb_pkg::HB_CMD_EXEC_FLAG_INIT) != '0;
          exec_q.x_signed    <= (flags & hb_pkg::HB_CMD_EXEC_FLAG_X_SIGNED) != '0;
          exec_q.w_signed    <= (flags & hb_pkg::HB_CMD_EXEC_FLAG_W_SIGNED) != '0;
          exec_q.half        <= (flags & hb_pkg::HB_CMD_EXEC_FLAG_HALF) != '0;
          exec_q.wait_mask   <= tokens[3:0];
          exec_q.push_mask   <= tokens[7:4];
        end
      end
      StCompute: begin
        step_q       <= step_q + 4'd1;
        fault_q.code <= fault_code;
        prod_q       <= 32'(mul_a) * 32'(mul_b);
        case (opcode)
          hb_pkg::HB_CMD_OP_LOAD:  load_q.total <= prod_q[15:0];
          hb_pkg::HB_CMD_OP_STORE: store_q.total <= prod_q[15:0];
          default: begin
            case (step_q)
              4'd2: exec_q.base_y <= origin_plus(e_org_y, prod_q[15:0]);
              4'd3: begin
                tap_off_q     <= prod_q[15:0];
                exec_q.base_x <= origin_plus(e_org_x, prod_q[15:0]);
              end
              4'd4: exec_q.row_step <= prod_q[15:0];
              4'd5: exec_q.tap_step <= prod_q[15:0];
              4'd6: begin
                exec_q.taprow_addr <= e_ifm + prod_q[15:0] + e_org_x;
                exec_q.tap_addr    <= e_ifm + prod_q[15:0] + e_org_x + tap_off_q;
              end
              4'd7: exec_q.kt_addr <= exec_q.tap_addr + prod_q[15:0];
              4'd8: top_q <= 34'(e_ifm) + 34'(e_in_w) + 34'(prod_q);
              4'd9: top_q <= top_q + 34'(prod_q);
              4'd10: tap0_q <= prod_q[15:0] + {8'd0, e_s0};
              4'd11: taps_q <= prod_q[15:0];
              4'd12: first_q <= {1'b0, prod_q} + 33'(e_c0);
              default: ;
            endcase
          end
        endcase
      end
      StDispatch: begin
        beat_q  <= '0;
        error_q <= 1'b0;
        if ((load_valid_o && load_ready_i) || (exec_valid_o && exec_ready_i) ||
            (store_valid_o && store_ready_i))
          index_q <= index_q + 20'd1;
      end
      default: ;
    endcase
  end

endmodule
