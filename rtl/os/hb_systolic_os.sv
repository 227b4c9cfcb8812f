// SPDX-License-Identifier: Apache-2.0
//
// hb_systolic_os: N x N output-stationary array with its operand stage and accumulator.
//
// Element (r, c) holds the sum of output channel c of pixel r of a block of N pixels while both operands
// stream: one reduction element (an input channel of a tap) a cycle. An activation is broadcast along its row,
// weights flow down one row a cycle, so the columns are in step with each other and only rows are skewed.
//
// A group of N steps, cycles T .. T + N - 1, is one k-tile of a block: step i names the IFM word of pixel i
// (N channels) and the WGT word of channel i (N output channels). The array wants the transpose of what IFM
// gives: one channel of N pixels. The skew does it: the word of pixel r comes r cycles after the first, just when row
// r needs it. Each row holds one word, uses up a channel a cycle, and takes its next word in the cycle in
// which it uses the last channel. Row r multiplies channel i in cycle T + 4 + r + i.
//
// Sums of row r are complete r cycles after those of row 0: one row a cycle goes to the accumulator, which adds
// it to the pixel's row of memory (or replaces that), while the next block is already under way. So blocks follow
// each other without a gap, however short the reduction.
//
// Operands are 9 bits signed: (value - zero point). Padding is 0. Rows without a pixel compute, and nobody
// reads their sums.

module hb_systolic_os #(
  parameter int N = 16,
  parameter int AccRows = 1024,
  localparam int AccBits = $clog2(AccRows),
  localparam int WordBits = N == 32 ? 256 : 128,
  localparam int RowBits = $clog2(N)
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,  // forgets what is under way; no row is written from the next cycle on
  output logic               alive_o,  // something is under way

  // Step, in the cycle in which the scratchpads are addressed
  input  logic               step_i,
  input  logic [RowBits-1:0] index_i,  // place in its group of N
  input  logic               first_i,  // first step of a block
  input  logic               drain_i,  // last k-tile of a block: pixel index_i is complete behind it
  input  logic               in_image_i,
  input  logic               upper_i,
  input  logic [AccBits-1:0] acc_addr_i,
  input  logic               acc_init_i,
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

  // Cycles from the last k-tile's step to the update of its pixel's accumulator row.
  localparam int Depth = N + 5;

  initial begin
    if (N != 8 && N != 16 && N != 32) $fatal(1, "hb_systolic_os: N must be 8, 16 or 32");
  end

  // --------------------------------------------------------------------------------- step delay
  // Bit i: in cycle T + 1 + i of a step named in T.
  logic [Depth-1:0] step_q, drain_q, last_q, last_push_q;
  logic [N+2:0]     first_q;
  logic             alive;

  assign alive   = step_q != '0;
  assign alive_o = alive;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q      <= '0;
      drain_q     <= '0;
      last_q      <= '0;
      last_push_q <= '0;
    end else if (abort_i) begin
      step_q      <= {step_q[Depth-2:0], 1'b0};  // what is under way still moves, to no effect
      drain_q     <= '0;
      last_q      <= '0;
      last_push_q <= '0;
    end else if (step_i || alive) begin
      step_q      <= {step_q[Depth-2:0], step_i};
      drain_q     <= {drain_q[Depth-2:0], drain_i};
      last_q      <= {last_q[Depth-2:0], last_i};
      last_push_q <= {last_push_q[Depth-2:0], last_push_i};
    end
  end

  assign done_o      = last_q[Depth-1];
  assign done_push_o = last_push_q[Depth-1];

  // Places in the group, one after the other: those of step_q.
  logic [RowBits*(N+4)-1:0] index_q;

  always_ff @(posedge clk_i) begin
    if (step_i || alive) begin
      first_q <= {first_q[N+1:0], first_i};
      index_q <= {index_q[RowBits*(N+3)-1:0], index_i};
    end
  end

  // Accumulator row of a block's first pixel, and its init flag: named with step 0 of the last k-tile, handed
  // on half a group later and again when row 0 is complete. So there are never two blocks in one register.
  logic [AccBits:0] named_q, waiting_q, draining_q;

  always_ff @(posedge clk_i) begin
    if (drain_i && index_i == '0) named_q <= {acc_init_i, acc_addr_i};
    if (drain_q[N/2] && index_q[RowBits*(N/2)+:RowBits] == '0) waiting_q <= named_q;
    if (drain_q[N+2] && index_q[RowBits*(N+2)+:RowBits] == '0) draining_q <= waiting_q;
  end

  // ----------------------------------------------------------------------------------- operands
  logic       in_image_q, upper_q, x_flip_q, w_flip_q, wgt_upper_q;
  logic [8:0] x_zero_q, w_zero_q;

  always_ff @(posedge clk_i) begin
    if (step_i) begin
      in_image_q  <= in_image_i;
      upper_q     <= upper_i;
      x_flip_q    <= x_flip_i;
      x_zero_q    <= x_zero_i;
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

  // A pixel's channels, all at once. (9 bits each; a simulator finds one with a single load if it has a word to
  // itself. The bits above are constant and vanish in synthesis.)
  localparam int Pitch = 32;
  logic [Pitch*N-1:0] pixel_q;

  for (genvar i = 0; i < N; i++) begin : gen_pixel
    always_ff @(posedge clk_i) begin
      if (step_q[0])
        pixel_q[Pitch*i+:Pitch] <=
            {23'd0, in_image_q ? {1'b0, x_bytes[8*i+:8] ^ {x_flip_q, 7'd0}} - x_zero_q : 9'd0};
    end
  end

  // Weights of a channel: three cycles until the first pixel's channel is there too.
  for (genvar s = 0; s < 3; s++) begin : gen_weight
    for (genvar c = 0; c < N; c++) begin : gen_col
      logic signed [8:0] w_q;
      if (s == 0) begin : gen_operand
        logic signed [8:0] w;
        assign w = $signed({1'b0, w_bytes[8*c+:8] ^ {w_flip_q, 7'd0}} - w_zero_q);
        always_ff @(posedge clk_i) if (alive) w_q <= w;
      end else begin : gen_delay
        always_ff @(posedge clk_i) if (alive) w_q <= gen_weight[s-1].gen_col[c].w_q;
      end
    end
  end

  // -------------------------------------------------------------------------------------- array
  logic [RowBits-1:0] row_done;  // counts while drain_q[N+3]
  assign row_done = index_q[RowBits*(N+3)+:RowBits];

  // One complete row a cycle. (Above the array: a simulator that reads the sums before it changes them needs
  // no copy.)
  logic [32*N-1:0]    sums_q;
  logic [AccBits-1:0] done_addr, sums_addr_q;
  logic               sums_init_q;

  assign done_addr = draining_q[AccBits-1:0] + AccBits'(row_done);

  for (genvar c = 0; c < N; c++) begin : gen_sums
    logic [31:0] complete;
    always_comb begin
      complete = '0;
      if (drain_q[N+3]) complete = gen_row[0].gen_col[c].picked;
    end
    always_ff @(posedge clk_i) begin
      if (drain_q[N+3]) sums_q[32*c+:32] <= complete;
    end
  end

  always_ff @(posedge clk_i) begin
    if (drain_q[N+3]) begin
      sums_addr_q <= done_addr;
      sums_init_q <= draining_q[AccBits];
    end
  end

  for (genvar r = 0; r < N; r++) begin : gen_row
    logic [Pitch*N-1:0] held_q;  // the row's pixel
    logic signed [8:0]  x_q;     // its channel of this cycle
    logic signed [31:0] x;

    always_ff @(posedge clk_i) begin
      if (step_q[1] && index_q[RowBits+:RowBits] == RowBits'(r)) held_q <= pixel_q;
      if (step_q[r+2]) x_q <= held_q[Pitch*index_q[RowBits*(r+2)+:RowBits]+:9];
    end
    assign x = 32'(x_q);

    for (genvar c = 0; c < N; c++) begin : gen_col
      logic signed [8:0]  w_in, w_out;
      logic signed [31:0] acc;
      if (r == 0) begin : gen_top
        assign w_in = gen_weight[2].gen_col[c].w_q;
      end else begin : gen_below
        assign w_in = gen_row[r-1].gen_col[c].w_out;
      end
      // The sums of the row that is complete; of the rows from this one on.
      logic [31:0] picked;
      if (r == N - 1) begin : gen_bottom
        assign picked = acc & {32{row_done == RowBits'(r)}};
        logic unused_w;
        assign unused_w = ^w_out;
      end else begin : gen_above
        assign picked = (acc & {32{row_done == RowBits'(r)}}) | gen_row[r+1].gen_col[c].picked;
      end
      hb_pe_os u_pe (
        .clk_i,
        .en_i  (step_q[r+3]),
        .keep_i(!first_q[r+3]),
        .x_i   (gen_row[r].x),
        .w_i   (w_in),
        .w_o   (w_out),
        .acc_o (acc)
      );
    end
  end

  // -------------------------------------------------------------------------------- accumulator
  hb_accumulator #(
    .N   (N),
    .Rows(AccRows)
  ) u_accumulator (
    .clk_i,
    .rd_i     (drain_q[N+3]),
    .rd_addr_i(done_addr),
    .up_i     (drain_q[N+4]),
    .up_init_i(sums_init_q),
    .up_addr_i(sums_addr_q),
    .psum_i   (sums_q),
    .st_re_i,
    .st_addr_i,
    .st_data_o
  );

endmodule
