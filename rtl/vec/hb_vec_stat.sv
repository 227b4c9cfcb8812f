// SPDX-License-Identifier: Apache-2.0
//
// hb_vec_stat: STAT: rows of offset, mantissa and shift from rows of sums, one row after the other.
//
// For row i it reads lane 0 of rows a + i (A) and b + i (B), normalises S = B or V = count * B - A * A + eps by its leading
// zeros, takes the root of V (restoring, a bit a cycle) and divides 2^47 by the result (restoring, a bit a cycle).
// 23 cycles a row for RECIP, 55 for RSQRT, whatever the values.

module hb_vec_stat #(
  parameter int AccBits = 10
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,
  output logic               busy_o,

  input  logic               start_i,
  input  hb_pkg::vec_desc_t  cmd_i,
  output logic               end_o,  // with the last row's write

  // Lane 0 of a row, one cycle later
  output logic               re_o,
  output logic [AccBits-1:0] addr_o,
  input  logic [31:0]        data_i,

  // Result
  output logic               we_o,
  output logic [AccBits-1:0] waddr_o,
  output hb_pkg::vec_scale_t row_o
);

  typedef enum logic [3:0] {
    StIdle, StReadA, StReadB, StTake, StSum, StZeros, StShift, StRoot, StDivide, StWrite
  } state_e;

  state_e             state_q;
  logic               rsqrt_q;
  logic [AccBits-1:0] a_q, b_q, dst_q;
  logic [AccBits:0]   left_q;  // rows behind this one
  logic [15:0]        count_q;
  logic [31:0]        eps_q;
  logic signed [31:0] first_q;    // A
  logic [63:0]        value_q, square_q;
  logic [5:0]         zeros_q;
  logic [4:0]         step_q;
  logic [33:0]        rem_q;
  logic [31:0]        root_q;     // S normalised, or the root
  logic [15:0]        quotient_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else if (abort_i) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        // Waits for a command.
        StIdle: if (start_i) state_q <= StReadA;
        // Names the row of A.
        StReadA: state_q <= StReadB;
        // Names the row of B, takes A.
        StReadB: state_q <= StTake;
        // Takes B, forms the products.
        StTake: state_q <= StSum;
        // Their difference.
        StSum: state_q <= StZeros;
        // Counts leading zeros.
        StZeros: state_q <= StShift;
        // Normalises.
        StShift: state_q <= rsqrt_q ? StRoot : StDivide;
        // A bit of the root a cycle.
        StRoot: if (step_q == 5'd31) state_q <= StDivide;
        // A bit of the quotient a cycle.
        StDivide: if (step_q == 5'd15) state_q <= StWrite;
        // Writes the row.
        StWrite: state_q <= left_q == '0 ? StIdle : StReadA;
        default: state_q <= StIdle;
      endcase
    end
  end

  function automatic logic [5:0] leading_zeros(input logic [63:0] value);
    leading_zeros = 6'd0;
    for (int i = 0; i < 64; i++) if (value[i]) leading_zeros = 6'(63 - i);
  endfunction

  // One step of the restoring root: remainder and the next two bits against 4 * root + 1.
  logic [34:0] root_rem, root_trial, div_rem;
  assign root_rem   = {rem_q[32:0], value_q[63:62]};
  assign root_trial = {1'b0, root_q, 2'b01};
  assign div_rem    = {rem_q[33:0], 1'b0};

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle: begin
        if (start_i) begin
          rsqrt_q <= cmd_i.fn[0];
          a_q     <= cmd_i.stat[AccBits-1:0];
          b_q     <= cmd_i.wgt[AccBits-1:0];
          dst_q   <= cmd_i.acc[AccBits-1:0];
          left_q  <= cmd_i.out_w[AccBits:0] - 1'b1;
          count_q <= cmd_i.m0;
          eps_q   <= cmd_i.eps;
        end
      end
      StReadB: first_q <= data_i;
      StTake: begin
        value_q  <= rsqrt_q ? 64'(data_i) * 64'(count_q) : {data_i, 32'd0};
        square_q <= 64'(first_q) * 64'(first_q);
      end
      StSum: begin : subtract
        logic [63:0] sum;
        sum     = rsqrt_q ? value_q - square_q + 64'(eps_q) : value_q;
        value_q <= sum;
        if (sum == '0) value_q <= rsqrt_q ? 64'd1 : {32'd1, 32'd0};
      end
      StZeros: zeros_q <= leading_zeros(value_q) & {5'b11111, !rsqrt_q};
      StShift: begin : normalise
        logic [63:0] value;
        value   = value_q << zeros_q;
        value_q <= value;
        root_q  <= rsqrt_q ? 32'd0 : value[63:32];
        rem_q   <= rsqrt_q ? 34'd0 : 34'h080000000;
        step_q  <= '0;
      end
      StRoot: begin
        value_q <= value_q << 2;
        rem_q   <= 34'(root_rem >= root_trial ? root_rem - root_trial : root_rem);
        root_q  <= {root_q[30:0], root_rem >= root_trial};
        step_q  <= step_q + 5'd1;
        if (step_q == 5'd31) rem_q <= 34'h080000000;
      end
      StDivide: begin
        rem_q      <= 34'(div_rem >= {3'd0, root_q} ? div_rem - {3'd0, root_q} : div_rem);
        quotient_q <= {quotient_q[14:0], div_rem >= {3'd0, root_q}};
        step_q     <= step_q + 5'd1;
      end
      StWrite: begin
        a_q    <= a_q + 1'b1;
        b_q    <= b_q + 1'b1;
        dst_q  <= dst_q + 1'b1;
        left_q <= left_q - 1'b1;
      end
      default: ;
    endcase
  end

  // 2^47 / 2^31 is the one quotient of 17 bits; it counts as 65535, and this is what the division makes of it: its
  // remainder stays 2^31, so all 16 bits are 1.
  logic [5:0] half_zeros;
  assign half_zeros   = rsqrt_q ? {1'b0, zeros_q[5:1]} : zeros_q;
  assign row_o.offset = first_q;
  assign row_o.shift  = 5'd31 - half_zeros[4:0];
  assign row_o.mant   = quotient_q;

  assign busy_o  = state_q != StIdle;
  assign re_o    = state_q == StReadA || state_q == StReadB;
  assign addr_o  = state_q == StReadA ? a_q : b_q;
  assign we_o    = state_q == StWrite && !abort_i;
  assign waddr_o = dst_q;
  assign end_o   = we_o && left_q == '0;

  logic unused_cmd;
  assign unused_cmd = ^{cmd_i, half_zeros[5]};

endmodule
