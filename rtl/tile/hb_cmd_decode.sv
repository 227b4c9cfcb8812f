// SPDX-License-Identifier: Apache-2.0
//
// hb_cmd_decode: turns command beats into descriptors, in program order, or finds the fault.
//
// A command takes four cycles to arrive, two to be recognised, a few for its products (EXEC 14, VEC 11, LOAD 3,
// STORE 2, STAT 1; one shared 16 x 16 multiplier) and one to be handed to its engine's queue, where it waits
// only for room. The arithmetic stands inside the states that need it: a simulator then does it once a
// command, not once a cycle. The rules of legality are those of regs/hb_tile.toml; what passes here never
// leaves a scratchpad. After END or a fault nothing more is taken until the next start_i.

module hb_cmd_decode #(
  parameter int Kind = 1,  // of the tile: EXEC on 1 and 2, VEC, STAT and LOAD of TAB on 3
  parameter int N = 16,    // array dimension, or lanes
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
  output logic                vec_valid_o,
  input  logic                vec_ready_i,
  output hb_pkg::vec_desc_t   vec_desc_o,
  output logic                store_valid_o,
  input  logic                store_ready_i,
  output hb_pkg::store_desc_t store_desc_o
);

  localparam logic Vector = Kind == 32'(hb_pkg::HB_TILE_KIND_VECTOR);
  localparam int TabWords = 32;
  localparam logic [7:0] LastMem = Vector ? hb_pkg::HB_CMD_LOAD_MEM_TAB : hb_pkg::HB_CMD_LOAD_MEM_PRM;
  localparam int LogN = $clog2(N);
  localparam int Banks = N == 32 ? 2 : 1;  // of IFM and WGT: EXEC and VEC count words of one
  localparam int BankWgtWords = WgtWords / Banks;
  localparam logic [15:0] ExecHalf = N == 8 ? 16'hffff : 16'h0000;
  localparam logic [15:0] StoreHalf = N != 16 ? 16'hffff : 16'h0000;
  localparam logic [15:0] ExecFlags = hb_pkg::HB_CMD_EXEC_FLAG_INIT |
      hb_pkg::HB_CMD_EXEC_FLAG_X_SIGNED | hb_pkg::HB_CMD_EXEC_FLAG_W_SIGNED |
      (hb_pkg::HB_CMD_EXEC_FLAG_HALF & ExecHalf);
  localparam logic [15:0] VecFlags = hb_pkg::HB_CMD_VEC_FLAG_ACC | hb_pkg::HB_CMD_VEC_FLAG_X_SIGNED |
      hb_pkg::HB_CMD_VEC_FLAG_W_SIGNED | (hb_pkg::HB_CMD_VEC_FLAG_HALF & ExecHalf) |
      hb_pkg::HB_CMD_VEC_FLAG_TABLE | hb_pkg::HB_CMD_VEC_FLAG_OFFSET | hb_pkg::HB_CMD_VEC_FLAG_SCALE |
      hb_pkg::HB_CMD_VEC_FLAG_ACROSS | hb_pkg::HB_CMD_VEC_FLAG_LANE;
  localparam logic [15:0] StoreFlags = hb_pkg::HB_CMD_STORE_FLAG_RAW |
      hb_pkg::HB_CMD_STORE_FLAG_Y_SIGNED | (hb_pkg::HB_CMD_STORE_FLAG_HALF & StoreHalf);

  typedef enum logic [2:0] {StIdle, StFill, StCheck, StVerdict, StCompute, StDispatch} state_e;

  state_e               state_q;
  logic                 end_q;
  logic [1:0]           beat_q;   // which beat of the command comes next
  logic                 error_q;  // one of its beats was answered with an error
  logic [383:0]         cmd_q;    // the first three beats: no command is longer
  logic [19:0]          index_q;
  logic [3:0]           step_q, last_step_q;
  logic [7:0]           code_q;   // what is wrong with it, or OK
  logic                 fault_valid_q;
  hb_pkg::load_desc_t   load_q;
  hb_pkg::exec_desc_t   exec_q;
  hb_pkg::store_desc_t  store_q;
  hb_pkg::vec_desc_t    vec_q;

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

  logic [7:0]  v_fn, v_lanes, v_stride_y, v_stride_x,
               v_dil_y, v_dil_x, v_ker_h, v_ker_w, v_acc_dx, v_rot, v_x_zp, v_x2_zp;
  logic [15:0] v_ifm, v_plane_pitch, v_row_pitch, v_in_h, v_in_w,
               v_org_y, v_org_x, v_out_h, v_out_w, v_k_c, v_wgt, v_acc,
               v_acc_dy, v_stat, v_m0, v_m1;
  assign v_fn          = cmd_q[hb_pkg::HB_CMD_VEC_FN_LSB+:8];
  assign v_lanes       = cmd_q[hb_pkg::HB_CMD_VEC_LANES_LSB+:8];
  assign v_ifm         = cmd_q[hb_pkg::HB_CMD_VEC_IFM_LSB+:16];
  assign v_plane_pitch = cmd_q[hb_pkg::HB_CMD_VEC_PLANE_PITCH_LSB+:16];
  assign v_row_pitch   = cmd_q[hb_pkg::HB_CMD_VEC_ROW_PITCH_LSB+:16];
  assign v_in_h        = cmd_q[hb_pkg::HB_CMD_VEC_IN_H_LSB+:16];
  assign v_in_w        = cmd_q[hb_pkg::HB_CMD_VEC_IN_W_LSB+:16];
  assign v_org_y       = cmd_q[hb_pkg::HB_CMD_VEC_ORG_Y_LSB+:16];
  assign v_org_x       = cmd_q[hb_pkg::HB_CMD_VEC_ORG_X_LSB+:16];
  assign v_out_h       = cmd_q[hb_pkg::HB_CMD_VEC_OUT_H_LSB+:16];
  assign v_out_w       = cmd_q[hb_pkg::HB_CMD_VEC_OUT_W_LSB+:16];
  assign v_stride_y    = cmd_q[hb_pkg::HB_CMD_VEC_STRIDE_Y_LSB+:8];
  assign v_stride_x    = cmd_q[hb_pkg::HB_CMD_VEC_STRIDE_X_LSB+:8];
  assign v_dil_y       = cmd_q[hb_pkg::HB_CMD_VEC_DIL_Y_LSB+:8];
  assign v_dil_x       = cmd_q[hb_pkg::HB_CMD_VEC_DIL_X_LSB+:8];
  assign v_ker_h       = cmd_q[hb_pkg::HB_CMD_VEC_KER_H_LSB+:8];
  assign v_ker_w       = cmd_q[hb_pkg::HB_CMD_VEC_KER_W_LSB+:8];
  assign v_k_c         = cmd_q[hb_pkg::HB_CMD_VEC_K_C_LSB+:16];
  assign v_wgt         = cmd_q[hb_pkg::HB_CMD_VEC_WGT_LSB+:16];
  assign v_acc         = cmd_q[hb_pkg::HB_CMD_VEC_ACC_LSB+:16];
  assign v_acc_dy      = cmd_q[hb_pkg::HB_CMD_VEC_ACC_DY_LSB+:16];
  assign v_acc_dx      = cmd_q[hb_pkg::HB_CMD_VEC_ACC_DX_LSB+:8];
  assign v_rot         = cmd_q[hb_pkg::HB_CMD_VEC_ROT_LSB+:8];
  assign v_stat        = cmd_q[hb_pkg::HB_CMD_VEC_STAT_LSB+:16];
  assign v_m0          = cmd_q[hb_pkg::HB_CMD_VEC_M0_LSB+:16];
  assign v_m1          = cmd_q[hb_pkg::HB_CMD_VEC_M1_LSB+:16];
  assign v_x_zp        = cmd_q[hb_pkg::HB_CMD_VEC_X_ZP_LSB+:8];
  assign v_x2_zp       = cmd_q[hb_pkg::HB_CMD_VEC_X2_ZP_LSB+:8];

  logic [7:0]  t_fn;
  logic [15:0] t_rows, t_a, t_b, t_dst, t_count;
  logic [31:0] t_eps;
  assign t_fn    = cmd_q[hb_pkg::HB_CMD_STAT_FN_LSB+:8];
  assign t_rows  = cmd_q[hb_pkg::HB_CMD_STAT_ROWS_LSB+:16];
  assign t_a     = cmd_q[hb_pkg::HB_CMD_STAT_A_LSB+:16];
  assign t_b     = cmd_q[hb_pkg::HB_CMD_STAT_B_LSB+:16];
  assign t_dst   = cmd_q[hb_pkg::HB_CMD_STAT_DST_LSB+:16];
  assign t_count = cmd_q[hb_pkg::HB_CMD_STAT_COUNT_LSB+:16];
  assign t_eps   = cmd_q[hb_pkg::HB_CMD_STAT_EPS_LSB+:32];

  logic unused_cmd;  // what this kind of tile has no use for
  assign unused_cmd = ^cmd_q;

  logic [15:0] taps_q, tap0_q, tap_off_q, plane_first_q, plane_last_q;
  logic [31:0] prod_q, words_q;
  logic [33:0] top_q;    // first IFM word behind the region the command may touch
  logic [32:0] first_q;  // place of the first k-tile in the whole reduction

  // ------------------------------------------------------------------------------------ control
  logic ok, handed;

  assign ok            = code_q == hb_pkg::HB_TILE_STATUS_OK;
  assign beat_ready_o  = state_q == StFill;
  assign load_valid_o  = state_q == StDispatch && ok && opcode == hb_pkg::HB_CMD_OP_LOAD;
  assign exec_valid_o  = !Vector && state_q == StDispatch && ok && opcode == hb_pkg::HB_CMD_OP_EXEC;
  assign store_valid_o = state_q == StDispatch && ok && opcode == hb_pkg::HB_CMD_OP_STORE;
  assign vec_valid_o   = Vector && state_q == StDispatch && ok &&
                         (opcode == hb_pkg::HB_CMD_OP_VEC || opcode == hb_pkg::HB_CMD_OP_STAT);
  assign handed        = (load_valid_o && load_ready_i) || (exec_valid_o && exec_ready_i) ||
                         (store_valid_o && store_ready_i) || (vec_valid_o && vec_ready_i);
  assign load_desc_o   = load_q;
  assign exec_desc_o   = exec_q;
  assign store_desc_o  = store_q;
  assign vec_desc_o    = Vector ? vec_q : '0;
  assign end_o         = end_q;
  assign fault_valid_o = fault_valid_q;
  assign fault_o       = {code_q, index_q};

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
          // Looks at everything that needs no product.
          StCheck: state_q <= StVerdict;
          // Stops, ends or goes on.
          StVerdict: begin
            if (!ok) begin
              fault_valid_q <= 1'b1;
              state_q       <= StIdle;
            end else if (opcode == hb_pkg::HB_CMD_OP_END) begin
              end_q   <= 1'b1;
              state_q <= StIdle;
            end else begin
              state_q <= StCompute;
            end
          end
          // Forms the products, one a cycle.
          StCompute: if (step_q == last_step_q) state_q <= StDispatch;
          // Stops, or waits for room in the engine's queue.
          StDispatch: begin
            if (!ok) begin
              fault_valid_q <= 1'b1;
              state_q       <= StIdle;
            end else if (handed) begin
              state_q <= StFill;
            end
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

  // The last channel step that a run of `count` k-tiles from step `first` on can reach.
  function automatic logic [15:0] last_step_of(input logic [15:0] first, input logic [15:0] count,
                                               input logic [15:0] steps);
    logic [16:0] last;
    last         = {1'b0, first} + {1'b0, count} - 17'd1;
    last_step_of = last < {1'b0, steps} ? last[15:0] : steps - 16'd1;
  endfunction

  function automatic logic [15:0] plane_of(input logic [15:0] channel_step);
    plane_of = N == 8 ? channel_step >> 1 : channel_step;
  endfunction

  // Base addresses, selected without a wide shift.
  function automatic logic [31:0] base_of(input logic [1:0] sel, input logic [127:0] base);
    case (sel)
      2'd0: base_of = base[31:0];
      2'd1: base_of = base[63:32];
      2'd2: base_of = base[95:64];
      default: base_of = base[127:96];
    endcase
  endfunction

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
          case (beat_q)
            2'd0: cmd_q[127:0] <= beat_data_i;
            2'd1: cmd_q[255:128] <= beat_data_i;
            2'd2: cmd_q[383:256] <= beat_data_i;
            default: ;
          endcase
        end
      end

      StCheck: begin
        step_q <= '0;
        code_q <= hb_pkg::HB_TILE_STATUS_OK;
        case (opcode)
          hb_pkg::HB_CMD_OP_END: begin
            if (tokens != '0) code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
          end
          hb_pkg::HB_CMD_OP_LOAD: begin
            if ((tokens & ~{hb_pkg::HB_CMD_LOAD_MAY_PUSH, hb_pkg::HB_CMD_LOAD_MAY_WAIT}) != '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
            else if (index_q + 20'd1 == len_i)
              code_q <= hb_pkg::HB_TILE_STATUS_NO_END;
            else if (flags != '0 || l_mem > LastMem || l_base > 8'd3 ||
                     l_src[3:0] != '0 || l_row_pitch[3:0] != '0 || l_plane_pitch[3:0] != '0 ||
                     l_beats == '0 || l_rows == '0 || l_planes == '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            last_step_q        <= 4'd2;
            load_q.addr        <= base_of(l_base[1:0], base_i) + l_src;
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
            case (l_mem)
              hb_pkg::HB_CMD_LOAD_MEM_IFM: words_q <= IfmWords;
              hb_pkg::HB_CMD_LOAD_MEM_WGT: words_q <= WgtWords;
              hb_pkg::HB_CMD_LOAD_MEM_PRM: words_q <= PrmWords;
              default: words_q <= TabWords;
            endcase
          end
          hb_pkg::HB_CMD_OP_STORE: begin
            if ((tokens & ~{hb_pkg::HB_CMD_STORE_MAY_PUSH, hb_pkg::HB_CMD_STORE_MAY_WAIT}) != '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
            else if (index_q + 20'd1 == len_i)
              code_q <= hb_pkg::HB_TILE_STATUS_NO_END;
            else if ((flags & ~StoreFlags) != '0 || s_base > 8'd3 || s_dst[3:0] != '0 ||
                     s_row_pitch[3:0] != '0 || s_beats == '0 || s_rows == '0 ||
                     32'(s_prm) + 32'd8 > PrmWords)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            last_step_q       <= 4'd1;
            store_q.addr      <= base_of(s_base[1:0], base_i) + s_dst;
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
            words_q           <= AccRows;
          end
          hb_pkg::HB_CMD_OP_EXEC: begin
            if ((tokens & ~{hb_pkg::HB_CMD_EXEC_MAY_PUSH, hb_pkg::HB_CMD_EXEC_MAY_WAIT}) != '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
            else if (index_q + 20'd1 == len_i)
              code_q <= hb_pkg::HB_TILE_STATUS_NO_END;
            else if ((flags & ~ExecFlags) != '0 || e_in_h == '0 || e_in_w == '0 || e_out_h == '0 ||
                     e_out_w == '0 || e_stride_y == '0 || e_stride_x == '0 || e_dil_y == '0 ||
                     e_dil_x == '0 || e_ker_h == '0 || e_ker_w == '0 || e_r0 >= e_ker_h ||
                     e_s0 >= e_ker_w || e_c0 >= e_k_c || e_k_count == '0 ||
                     32'(e_wgt) + (32'(e_k_count) << LogN) > BankWgtWords)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            last_step_q        <= 4'd13;
            plane_first_q      <= plane_of(e_c0);
            plane_last_q       <= plane_of(last_step_of(e_c0, e_k_count, e_k_c));
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
            words_q            <= IfmWords / Banks;
            if (Vector) code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
          end
          hb_pkg::HB_CMD_OP_VEC: begin
            if ((tokens & ~{hb_pkg::HB_CMD_VEC_MAY_PUSH, hb_pkg::HB_CMD_VEC_MAY_WAIT}) != '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
            else if (index_q + 20'd1 == len_i)
              code_q <= hb_pkg::HB_TILE_STATUS_NO_END;
            else if ((flags & ~VecFlags) != '0 || v_fn > hb_pkg::HB_CMD_VEC_FN_MIN || v_rot > 8'd15 ||
                     v_lanes == '0 || v_lanes > 8'(N) || v_in_h == '0 || v_in_w == '0 || v_out_h == '0 ||
                     v_out_w == '0 || v_dil_y == '0 || v_dil_x == '0 || v_ker_h == '0 || v_ker_w == '0 ||
                     v_k_c == '0 ||
                     ((flags & hb_pkg::HB_CMD_VEC_FLAG_ACROSS) != '0 && v_fn == hb_pkg::HB_CMD_VEC_FN_MUL) ||
                     ((flags & hb_pkg::HB_CMD_VEC_FLAG_ACC) != '0 &&
                      (v_fn == hb_pkg::HB_CMD_VEC_FN_MUL ||
                       (flags & (hb_pkg::HB_CMD_VEC_FLAG_OFFSET | hb_pkg::HB_CMD_VEC_FLAG_SCALE)) != '0)))
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            last_step_q       <= 4'd10;
            vec_q.is_stat     <= 1'b0;
            vec_q.fn          <= v_fn[2:0];
            vec_q.org_y       <= origin_plus(v_org_y, 16'd0);
            vec_q.org_x       <= origin_plus(v_org_x, 16'd0);
            vec_q.plane_pitch <= v_plane_pitch;
            vec_q.in_h        <= v_in_h;
            vec_q.in_w        <= v_in_w;
            vec_q.out_h       <= v_out_h;
            vec_q.out_w       <= v_out_w;
            vec_q.stride_y    <= v_stride_y;
            vec_q.stride_x    <= v_stride_x;
            vec_q.dil_y       <= v_dil_y;
            vec_q.dil_x       <= v_dil_x;
            vec_q.ker_h       <= v_ker_h;
            vec_q.ker_w       <= v_ker_w;
            vec_q.k_c         <= v_k_c;
            vec_q.wgt         <= v_wgt;
            vec_q.acc         <= v_acc;
            vec_q.acc_dy      <= v_acc_dy;
            vec_q.acc_dx      <= v_acc_dx;
            vec_q.stat        <= v_stat;
            vec_q.lanes       <= v_lanes[5:0];
            vec_q.rot         <= v_rot[3:0];
            vec_q.m0          <= v_m0;
            vec_q.m1          <= v_m1;
            vec_q.x_zp        <= v_x_zp;
            vec_q.x2_zp       <= v_x2_zp;
            vec_q.flags       <= flags[8:0];
            vec_q.wait_mask   <= tokens[3:0];
            vec_q.push_mask   <= tokens[7:4];
            words_q           <= IfmWords / Banks;
            if (!Vector) code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
          end
          hb_pkg::HB_CMD_OP_STAT: begin
            if ((tokens & ~{hb_pkg::HB_CMD_STAT_MAY_PUSH, hb_pkg::HB_CMD_STAT_MAY_WAIT}) != '0)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
            else if (index_q + 20'd1 == len_i)
              code_q <= hb_pkg::HB_TILE_STATUS_NO_END;
            else if (flags != '0 || t_fn > hb_pkg::HB_CMD_STAT_FN_RSQRT || t_rows == '0 ||
                     32'(t_a) + 32'(t_rows) > AccRows || 32'(t_b) + 32'(t_rows) > AccRows ||
                     32'(t_dst) + 32'(t_rows) > AccRows)
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            last_step_q     <= 4'd0;
            vec_q.is_stat   <= 1'b1;
            vec_q.fn        <= t_fn[2:0];
            vec_q.stat      <= t_a;
            vec_q.wgt       <= t_b;
            vec_q.acc       <= t_dst;
            vec_q.out_w     <= t_rows;
            vec_q.m0        <= t_count;
            vec_q.eps       <= t_eps;
            vec_q.wait_mask <= tokens[3:0];
            vec_q.push_mask <= tokens[7:4];
            if (!Vector) code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
          end
          default: code_q <= hb_pkg::HB_TILE_STATUS_BAD_OPCODE;
        endcase
        if (error_q) code_q <= hb_pkg::HB_TILE_STATUS_AXI_READ;
      end

      // A step names two factors and uses the product of the step before.
      StCompute: begin : compute
        logic [15:0] a, b;
        a      = e_out_h;
        b      = e_out_w;
        step_q <= step_q + 4'd1;
        case (opcode)
          hb_pkg::HB_CMD_OP_LOAD: begin
            a = step_q == '0 ? l_beats : prod_q[15:0];
            b = step_q == '0 ? l_rows : l_planes;
            load_q.total <= prod_q[15:0];
            if (step_q == 4'd1 && prod_q[31:16] != '0) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
            if (step_q == 4'd2 && {1'b0, prod_q} + 33'(l_dst) > {1'b0, words_q})
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
          end
          hb_pkg::HB_CMD_OP_STORE: begin
            a = s_beats;
            b = s_rows;
            store_q.total <= prod_q[15:0];
            if (step_q == 4'd1 && {1'b0, prod_q} + 33'(s_acc) > {1'b0, words_q})
              code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
          end
          hb_pkg::HB_CMD_OP_STAT: ;
          hb_pkg::HB_CMD_OP_VEC: begin
            if (Vector) begin
              case (step_q)
                4'd0: begin
                  a = {8'd0, v_ker_h};
                  b = {8'd0, v_ker_w};
                end
                4'd1: begin
                  a = prod_q[15:0];
                  b = v_k_c;
                end
                4'd2: begin
                  if (prod_q[31:16] != '0 || (v_fn == hb_pkg::HB_CMD_VEC_FN_MAC &&
                      {1'b0, prod_q} + 33'(v_wgt) > 33'(BankWgtWords)))
                    code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                  a = v_out_h;
                  b = v_out_w;
                end
                4'd3: begin
                  if (prod_q > AccRows ||
                      ((flags & (hb_pkg::HB_CMD_VEC_FLAG_OFFSET | hb_pkg::HB_CMD_VEC_FLAG_SCALE)) != '0 &&
                       {1'b0, prod_q} + 33'(v_stat) > 33'(AccRows)))
                    code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                  a = v_out_h - 16'd1;
                  b = v_acc_dy;
                end
                4'd4: begin
                  top_q <= 34'(v_acc) + 34'(prod_q);
                  a = v_out_w - 16'd1;
                  b = {8'd0, v_acc_dx};
                end
                4'd5: begin
                  top_q <= top_q + 34'(prod_q);
                  a = v_k_c - 16'd1;
                  b = v_plane_pitch;
                end
                4'd6: begin
                  if (top_q >= 34'(AccRows)) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                  top_q <= 34'(v_ifm) + 34'(v_in_w) + 34'(prod_q);
                  a = v_in_h - 16'd1;
                  b = v_row_pitch;
                end
                4'd7: begin
                  top_q <= top_q + 34'(prod_q);
                  a = {8'd0, v_stride_y};
                  b = v_row_pitch;
                end
                4'd8: begin
                  if (top_q > {2'd0, words_q}) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                  vec_q.row_step <= prod_q[15:0];
                  a = {8'd0, v_dil_y};
                  b = v_row_pitch;
                end
                4'd9: begin
                  vec_q.tap_step <= prod_q[15:0];
                  a = v_org_y;
                  b = v_row_pitch;
                end
                4'd10: vec_q.addr <= v_ifm + prod_q[15:0] + v_org_x;
                default: ;
              endcase
            end
          end
          default: begin
            case (step_q)
              4'd1: begin
                if ({1'b0, prod_q} + 33'(e_acc) > 33'(AccRows)) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                a = {8'd0, e_r0};
                b = {8'd0, e_dil_y};
              end
              4'd2: begin
                exec_q.base_y <= origin_plus(e_org_y, prod_q[15:0]);
                a = {8'd0, e_s0};
                b = {8'd0, e_dil_x};
              end
              4'd3: begin
                tap_off_q     <= prod_q[15:0];
                exec_q.base_x <= origin_plus(e_org_x, prod_q[15:0]);
                a = {8'd0, e_stride_y};
                b = e_row_pitch;
              end
              4'd4: begin
                exec_q.row_step <= prod_q[15:0];
                a = {8'd0, e_dil_y};
                b = e_row_pitch;
              end
              4'd5: begin
                exec_q.tap_step <= prod_q[15:0];
                a = exec_q.base_y[15:0];
                b = e_row_pitch;
              end
              4'd6: begin
                exec_q.taprow_addr <= e_ifm + prod_q[15:0] + e_org_x;
                exec_q.tap_addr    <= e_ifm + prod_q[15:0] + e_org_x + tap_off_q;
                a = plane_first_q;
                b = e_plane_pitch;
              end
              4'd7: begin
                exec_q.kt_addr <= exec_q.tap_addr + prod_q[15:0];
                a = plane_last_q;
                b = e_plane_pitch;
              end
              4'd8: begin
                top_q <= 34'(e_ifm) + 34'(e_in_w) + 34'(prod_q);
                a = e_in_h - 16'd1;
                b = e_row_pitch;
              end
              4'd9: begin
                top_q <= top_q + 34'(prod_q);
                a = {8'd0, e_r0};
                b = {8'd0, e_ker_w};
              end
              4'd10: begin
                tap0_q <= prod_q[15:0] + {8'd0, e_s0};
                if (top_q > {2'd0, words_q}) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
                a = {8'd0, e_ker_h};
                b = {8'd0, e_ker_w};
              end
              4'd11: begin
                taps_q <= prod_q[15:0];
                a = tap0_q;
                b = e_k_c;
              end
              4'd12: begin
                first_q <= {1'b0, prod_q} + 33'(e_c0);
                a = taps_q;
                b = e_k_c;
              end
              4'd13: begin
                if (first_q + 33'(e_k_count) > {1'b0, prod_q}) code_q <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
              end
              default: ;
            endcase
          end
        endcase
        prod_q <= 32'(a) * 32'(b);
      end

      StDispatch: begin
        beat_q  <= '0;
        error_q <= 1'b0;
        if (handed) index_q <= index_q + 20'd1;
      end

      default: ;
    endcase
  end

endmodule
