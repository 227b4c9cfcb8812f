// SPDX-License-Identifier: Apache-2.0
//
// hb_systolic_ws: N x N weight-stationary array with its operand stage and accumulator.
//
// Partial sums flow down, one row a cycle; an activation is broadcast along its row, so the columns are
// in step with each other and only rows are skewed. A step named in cycle T (hb_exec_ws) is in row r in cycle
// T + 3 + r and leaves the array in T + N + 3, where the accumulator takes it.
//
// A weight is replaced in the cycle before its k-tile's first activation arrives: the word of row r is read
// r cycles after the k-tile begins, just as row r's activations come r cycles later than row 0's. So one weight
// register per element is enough, and k-tiles follow each other without a gap.
//
// Operands are 9 bits signed: (value - zero point). Padding is 0.

module hb_systolic_ws #(
  parameter int N = 16,
  parameter int AccRows = 1024,
  localparam int AccBits = $clog2(AccRows),
  localparam int WordBits = N == 32 ? 256 : 128
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,  // forgets what is under way; no row is written from the next cycle on
  output logic               alive_o,  // something is under way

  // Step, in the cycle in which the scratchpads are addressed
  input  logic               step_i,
  input  logic               pixel_i,
  input  logic               in_image_i,
  input  logic               upper_i,
  input  logic [AccBits-1:0] acc_addr_i,
  input  logic               acc_init_i,
  input  logic               weight_i,
  input  logic               first_i,
  input  logic               wgt_upper_i,
  input  logic               x_flip_i,
  input  logic [8:0]         x_zero_i,
  input  logic               w_flip_i,
  input  logic [8:0]         w_zero_i,
  input  logic               last_i,
  input  logic               last_push_i,

  // Scratchpad words, one cycle later (N = 32: of both banks)
  input  logic [WordBits-1:0] ifm_i,
  input  logic [WordBits-1:0] wgt_i,

  // Last row of a command written
  output logic               done_o,
  output logic               done_push_o,

  // Store
  input  logic               st_re_i,
  input  logic [AccBits-1:0] st_addr_i,
  output logic [32*N-1:0]    st_data_o
);

  // Cycles from a step to the update of its accumulator row.
  localparam int Depth = N + 3;

  initial begin
    if (N != 8 && N != 16 && N != 32) $fatal(1, "hb_systolic_ws: N must be 8, 16 or 32");
  end

  // --------------------------------------------------------------------------------- step delay
  // Bit i: in cycle T + 1 + i of a step named in T.
  logic [Depth-1:0] step_q, pixel_q, last_q, last_push_q;
  logic             alive;

  assign alive   = step_q != '0;
  assign alive_o = alive;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q      <= '0;
      pixel_q     <= '0;
      last_q      <= '0;
      last_push_q <= '0;
    end else if (abort_i) begin
      step_q      <= {step_q[Depth-2:0], 1'b0};  // what is under way still moves, to no effect
      pixel_q     <= '0;
      last_q      <= '0;
      last_push_q <= '0;
    end else if (step_i || alive) begin
      step_q      <= {step_q[Depth-2:0], step_i};
      pixel_q     <= {pixel_q[Depth-2:0], pixel_i};
      last_q      <= {last_q[Depth-2:0], last_i};
      last_push_q <= {last_push_q[Depth-2:0], last_push_i};
    end
  end

  assign done_o      = last_q[Depth-1];
  assign done_push_o = last_push_q[Depth-1];

  // Accumulator row and init flag travel with the step. (An array of a power of two is shifted fastest in
  // simulation; places that nothing reads vanish in synthesis.)
  logic [15:0] acc_q [0:2*N-1];

  always_ff @(posedge clk_i) begin
    acc_q[0] <= 16'({acc_init_i, acc_addr_i});
    for (int i = 1; i < Depth; i++) acc_q[i] <= acc_q[i-1];
  end

  // ----------------------------------------------------------------------------------- operands
  logic       x_use_q, upper_q, x_flip_q, weight_q, w_flip_q, wgt_upper_q, first_q;
  logic [8:0] x_zero_q, w_zero_q;

  always_ff @(posedge clk_i) begin
    if (step_i || alive) begin
      x_use_q     <= pixel_i && in_image_i;
      upper_q     <= upper_i;
      x_flip_q    <= x_flip_i;
      x_zero_q    <= x_zero_i;
      weight_q    <= weight_i;
      first_q     <= first_i;
      wgt_upper_q <= wgt_upper_i;
      w_flip_q    <= w_flip_i;
      w_zero_q    <= w_zero_i;
    end
  end

  logic [8*N-1:0] x_bytes, w_bytes;
  if (N == 8) begin : gen_half
    assign x_bytes = upper_q ? ifm_i[127:64] : ifm_i[63:0];
    assign w_bytes = wgt_upper_q ? wgt_i[127:64] : wgt_i[63:0];
  end else begin : gen_whole
    assign x_bytes = ifm_i;
    assign w_bytes = wgt_i;
    logic unused_upper;
    assign unused_upper = upper_q ^ wgt_upper_q;
  end

  // Bit r: row r takes its weights from the bus.
  logic [N-1:0] load_q;

  always_ff @(posedge clk_i) begin
    if (alive) load_q <= {load_q[N-2:0], first_q};
  end

  for (genvar c = 0; c < N; c++) begin : gen_bus
    logic signed [8:0] w_q;
    always_ff @(posedge clk_i) begin
      if (weight_q) w_q <= $signed({1'b0, w_bytes[8*c+:8] ^ {w_flip_q, 7'd0}} - w_zero_q);
    end
  end

  // Activations: stage s holds those of rows s - 1 and up, so row r's come r + 1 cycles after the operand.
  for (genvar s = 0; s <= N; s++) begin : gen_stage
    for (genvar r = s < 2 ? 0 : s - 1; r < N; r++) begin : gen_row
      logic signed [8:0] x_q;
      if (s == 0) begin : gen_operand
        always_ff @(posedge clk_i) begin
          if (alive)
            x_q <= x_use_q ? $signed({1'b0, x_bytes[8*r+:8] ^ {x_flip_q, 7'd0}} - x_zero_q) : 9'sd0;
        end
      end else begin : gen_delay
        always_ff @(posedge clk_i) if (alive) x_q <= gen_stage[s-1].gen_row[r].x_q;
      end
    end
  end

  // -------------------------------------------------------------------------------------- array
  logic [32*N-1:0] psum_out;

  for (genvar r = 0; r < N; r++) begin : gen_row
    logic signed [31:0] x;
    assign x = 32'(gen_stage[r+1].gen_row[r].x_q);
    for (genvar c = 0; c < N; c++) begin : gen_col
      logic signed [31:0] above, psum;
      if (r == 0) begin : gen_top
        assign above = 32'sd0;
      end else begin : gen_below
        assign above = gen_row[r-1].gen_col[c].psum;
      end
      hb_pe_ws u_pe (
        .clk_i,
        .en_i  (alive),
        .load_i(load_q[r]),
        .w_i   (gen_bus[c].w_q),
        .x_i   (gen_row[r].x),
        .psum_i(above),
        .psum_o(psum)
      );
      if (r == N - 1) begin : gen_bottom
        assign psum_out[32*c+:32] = psum;
      end
    end
  end

  // -------------------------------------------------------------------------------- accumulator
  hb_accumulator #(
    .N   (N),
    .Rows(AccRows)
  ) u_accumulator (
    .clk_i,
    .rd_i     (pixel_q[N+1]),
    .rd_addr_i(acc_q[N+1][AccBits-1:0]),
    .up_i     (pixel_q[N+2]),
    .up_init_i(acc_q[N+2][AccBits]),
    .up_addr_i(acc_q[N+2][AccBits-1:0]),
    .psum_i   (psum_out),
    .st_re_i,
    .st_addr_i,
    .st_data_o
  );

endmodule
