// SPDX-License-Identifier: Apache-2.0
//
// hb_vec_lanes: L lanes that combine the terms of a pixel.
//
// A term named in cycle T:
//   T + 1  words and the pixel's row of scales are there: bytes are selected
//   T + 2  zero points are subtracted; table entries are named
//   T + 3  operands are selected
//   T + 4  multiplied and combined
//   T + 5  valid_o, if it was its pixel's last
//
// Steps 1 to 3 of VEC in regs/hb_tile.toml. Expressions are free of branches, so that a simulator's compiler
// can work on several lanes at once.

module hb_vec_lanes #(
  parameter int L = 16,
  localparam int WordBits = L == 32 ? 256 : 128
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                abort_i,
  output logic                alive_o,  // a term is under way

  // Term, in the cycle in which the scratchpads are addressed
  input  logic                term_valid_i,
  input  hb_pkg::vec_term_t   term_i,

  // One cycle later
  input  logic [WordBits-1:0] ifm_i,
  input  logic [WordBits-1:0] wgt_i,
  input  hb_pkg::vec_scale_t  scale_i,

  // Table
  input  logic                tab_we_i,
  input  logic [4:0]          tab_waddr_i,
  input  logic [127:0]        tab_wdata_i,

  // Pixel
  output logic                valid_o,
  output hb_pkg::vec_term_t   term_o,
  output hb_pkg::vec_scale_t  scale_o,
  output logic [32*L-1:0]     value_o,
  output logic [L-1:0]        any_o     // lanes that had a term
);

  localparam int Banks = L == 32 ? 2 : 1;

  initial begin
    if (L != 8 && L != 16 && L != 32) $fatal(1, "hb_vec_lanes: L must be 8, 16 or 32");
  end

  // -------------------------------------------------------------------------------------- stages
  // valid_q[i]: cycle T + 1 + i.
  logic [4:0]         valid_q;
  hb_pkg::vec_term_t  term1_q, term2_q, term3_q, term4_q, term5_q;
  hb_pkg::vec_scale_t scale2_q, scale3_q, scale4_q, scale5_q;

  assign alive_o = valid_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else if (abort_i) valid_q <= '0;
    else if (term_valid_i || alive_o) valid_q <= {valid_q[3] && term4_q.last, valid_q[2:0], term_valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (term_valid_i) term1_q <= term_i;
    if (valid_q[0]) begin
      term2_q  <= term1_q;
      scale2_q <= scale_i;
    end
    if (valid_q[1]) begin
      term3_q  <= term2_q;
      scale3_q <= scale2_q;
    end
    if (valid_q[2]) begin
      term4_q  <= term3_q;
      scale4_q <= scale3_q;
    end
    if (valid_q[3]) begin
      term5_q  <= term4_q;
      scale5_q <= scale4_q;
    end
  end

  // --------------------------------------------------------------------------------- T + 1: bytes
  // Byte i of the result is byte (i + by) % 16 of the word, or byte `by` with `same`.
  function automatic logic [127:0] turned(input logic [127:0] word, input logic [3:0] by, input logic same);
    turned = word;
    if (by[0]) turned = {turned[7:0], turned[127:8]};
    if (by[1]) turned = {turned[15:0], turned[127:16]};
    if (by[2]) turned = {turned[31:0], turned[127:32]};
    if (by[3]) turned = {turned[63:0], turned[127:64]};
    if (same) turned = {16{turned[7:0]}};
  endfunction

  logic [8*L-1:0] x2_q, w2_q;

  if (L == 8) begin : gen_half
    logic [127:0] word;
    assign word = turned(ifm_i, term1_q.rot, term1_q.flags.lane);
    always_ff @(posedge clk_i) begin
      if (valid_q[0]) begin
        x2_q <= term1_q.flags.half ? word[127:64] : word[63:0];
        w2_q <= term1_q.flags.half ? wgt_i[127:64] : wgt_i[63:0];
      end
    end
  end else begin : gen_whole
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      always_ff @(posedge clk_i) begin
        if (valid_q[0]) begin
          x2_q[128*b+:128] <= turned(ifm_i[128*b+:128], term1_q.rot, term1_q.flags.lane);
          w2_q[128*b+:128] <= wgt_i[128*b+:128];
        end
      end
    end
  end

  // -------------------------------------------------------------------------------- T + 2: values
  // offset - byte, limited to 0..255.
  function automatic logic [7:0] index_of(input logic signed [31:0] offset, input logic [7:0] value,
                                          input logic is_signed);
    logic signed [33:0] difference;
    difference = 34'(offset) - $signed({{26{is_signed && value[7]}}, value});
    if (difference < 34'sd0) index_of = 8'd0;
    else if (difference > 34'sd255) index_of = 8'd255;
    else index_of = difference[7:0];
  endfunction

  logic             lookup;
  logic [8*L-1:0]   index;
  logic [16*L-1:0]  entry;

  assign lookup = valid_q[1] && term2_q.flags.lookup;

  // Nothing to do for a simulator as long as nothing is looked up.
  always_comb begin
    index = '0;
    if (lookup) begin
      index = x2_q;
      if (term2_q.flags.offset)
        for (int i = 0; i < L; i++) index[8*i+:8] = index_of(scale2_q.offset, x2_q[8*i+:8], term2_q.flags.x_signed);
    end
  end

  hb_vec_table #(
    .L(L)
  ) u_table (
    .clk_i,
    .we_i   (tab_we_i),
    .waddr_i(tab_waddr_i),
    .wdata_i(tab_wdata_i),
    .re_i   (lookup),
    .index_i(index),
    .entry_o(entry)
  );

  // Value less zero point: int8 with its sign bit flipped is the value plus 128, and so is its zero point.
  logic [8:0] x_zero, w_zero;
  assign x_zero = {1'b0, term2_q.x_zp ^ {term2_q.flags.x_signed, 7'd0}};
  assign w_zero = {1'b0, term2_q.w_zp ^ {term2_q.flags.w_signed, 7'd0}};

  for (genvar i = 0; i < L; i++) begin : gen_value
    logic signed [8:0] x3_q, w3_q;
    always_ff @(posedge clk_i) begin
      if (valid_q[1]) begin
        x3_q <= $signed({1'b0, x2_q[8*i+:8] ^ {term2_q.flags.x_signed, 7'd0}} - x_zero);
        w3_q <= $signed({1'b0, w2_q[8*i+:8] ^ {term2_q.flags.w_signed, 7'd0}} - w_zero);
      end
    end
  end

  // ------------------------------------------------------------------------------ T + 3: operands
  logic is_mac, is_sumsq;
  assign is_mac   = term3_q.fn == hb_pkg::HB_CMD_VEC_FN_MAC[2:0];
  assign is_sumsq = term3_q.fn == hb_pkg::HB_CMD_VEC_FN_SUMSQ[2:0];

  for (genvar i = 0; i < L; i++) begin : gen_operand
    logic signed [15:0] x, x4_q, m4_q;
    logic               there4_q;
    assign x = term3_q.flags.lookup ? $signed(entry[16*i+:16]) : 16'(gen_value[i].x3_q);
    always_ff @(posedge clk_i) begin
      if (valid_q[2]) begin
        x4_q     <= x;
        m4_q     <= is_mac ? 16'(gen_value[i].w3_q) : is_sumsq ? x : $signed(term3_q.m);
        there4_q <= term3_q.in_image && (!term3_q.limit || 6'(i) < term3_q.lanes);
      end
    end
  end

  // --------------------------------------------------------------------------- T + 4: combination
  logic extreme, smaller, multiply;
  assign extreme  = term4_q.fn == hb_pkg::HB_CMD_VEC_FN_MAX[2:0] || term4_q.fn == hb_pkg::HB_CMD_VEC_FN_MIN[2:0];
  assign smaller  = term4_q.fn == hb_pkg::HB_CMD_VEC_FN_MIN[2:0];
  assign multiply = term4_q.fn == hb_pkg::HB_CMD_VEC_FN_MUL[2:0];

  for (genvar i = 0; i < L; i++) begin : gen_lane
    logic signed [31:0] acc_q, x, old, best, sum, next;
    logic signed [17:0] factor;
    logic               any_q, fresh;

    assign x      = 32'(gen_operand[i].x4_q);
    assign fresh  = term4_q.first || !any_q;
    assign old    = acc_q & {32{!fresh && !multiply}};
    assign factor = !multiply ? 18'(gen_operand[i].m4_q) : fresh ? 18'sd1 : $signed(acc_q[17:0]);
    assign sum    = old + 32'(factor) * x;
    assign best   = fresh || ((x > acc_q) != smaller) ? x : acc_q;
    assign next   = extreme ? best : sum;

    always_ff @(posedge clk_i) begin
      if (valid_q[3]) begin
        acc_q <= gen_operand[i].there4_q ? next : acc_q & {32{!term4_q.first}};
        any_q <= gen_operand[i].there4_q || (any_q && !term4_q.first);
      end
    end

    assign value_o[32*i+:32] = acc_q;
    assign any_o[i]          = any_q;
  end

  assign valid_o = valid_q[4];
  assign term_o  = term5_q;
  assign scale_o = scale5_q;

endmodule
