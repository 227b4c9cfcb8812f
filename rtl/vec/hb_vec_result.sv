// SPDX-License-Identifier: Apache-2.0
//
// hb_vec_result: from a pixel's combined terms to its accumulator row; the accumulator rows.
//
// Steps 4 to 7 of VEC in regs/hb_tile.toml. Valid in cycle E:
//   E      the row's offset is subtracted
//   E + 1  multiplied by the row's mantissa
//   E + 2  rounded and shifted
//   E + 3  lanes are combined, four to one a cycle, until one is left; with the last the old row is read
//   E + 5  the new row is written (L = 32: E + 6)
// A row may be updated in consecutive cycles: what was written last is kept.

module hb_vec_result #(
  parameter int L = 16,
  parameter int AccRows = 1024,
  localparam int AccBits = $clog2(AccRows)
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,  // forgets what is under way; no row is written from the next cycle on
  output logic               alive_o,

  // Pixel
  input  logic               valid_i,
  input  hb_pkg::vec_term_t  term_i,
  input  hb_pkg::vec_scale_t scale_i,
  input  logic [32*L-1:0]    value_i,
  input  logic [L-1:0]       any_i,

  // Row of scales: lanes 0 and 1, one cycle later; data holds
  input  logic               scale_re_i,
  input  logic [AccBits-1:0] scale_addr_i,
  output logic [63:0]        scale_o,

  // Written by STAT, when nothing is under way
  input  logic               stat_we_i,
  input  logic [AccBits-1:0] stat_waddr_i,
  input  hb_pkg::vec_scale_t stat_row_i,

  // Last row of a command written
  output logic               done_o,
  output logic               done_push_o,

  // Store
  input  logic               st_re_i,
  input  logic [AccBits-1:0] st_addr_i,
  output logic [32*L-1:0]    st_data_o
);

  // Stages: 0 offset, 1 product, 2 shift, 3.. lanes; last: the old row is there.
  localparam int Trees = L == 32 ? 3 : 2;
  localparam int Last = 3 + Trees;

  // What a stage still has to know: bit or element i belongs to stage i.
  logic [Last:1]      valid_q, acc_q, across_q, scale_q, none_q, cmd_last_q, cmd_push_q;
  logic [2:0]         fn_q [1:Last];
  logic [AccBits-1:0] row_q [1:Last];
  logic [L-1:0]       any1_q, any2_q;
  logic [15:0]        mant1_q;
  logic [4:0]         shift1_q, shift2_q;

  assign alive_o = valid_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else if (abort_i) valid_q <= '0;
    else if (valid_i || alive_o) valid_q <= {valid_q[Last-1:1], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i || alive_o) begin
      acc_q      <= {acc_q[Last-1:1], term_i.flags.acc};
      across_q   <= {across_q[Last-1:1], term_i.flags.across};
      scale_q    <= {scale_q[Last-1:1], term_i.flags.scale};
      none_q     <= {none_q[Last-1:1], any_i == '0};  // no lane had a term
      cmd_last_q <= {cmd_last_q[Last-1:1], term_i.cmd_last};
      cmd_push_q <= {cmd_push_q[Last-1:1], term_i.cmd_push};
    end
  end

  // Move without a condition: a simulator shifts an array fastest like that.
  always_ff @(posedge clk_i) begin
    fn_q[1]  <= term_i.fn;
    row_q[1] <= term_i.row[AccBits-1:0];
    for (int i = 2; i <= Last; i++) begin
      fn_q[i]  <= fn_q[i-1];
      row_q[i] <= row_q[i-1];
    end
  end

  function automatic logic is_extreme(input logic [2:0] fn);
    is_extreme = fn == hb_pkg::HB_CMD_VEC_FN_MAX[2:0] || fn == hb_pkg::HB_CMD_VEC_FN_MIN[2:0];
  endfunction

  // -------------------------------------------------------------------------------------- scaling
  logic signed [31:0] offset;
  assign offset = term_i.flags.offset && !term_i.flags.lookup ? scale_i.offset : 32'sd0;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      mant1_q  <= scale_i.mant;
      shift1_q <= scale_i.shift;
      any1_q   <= any_i;
    end
    if (valid_q[1]) begin
      shift2_q <= shift1_q;
      any2_q   <= any1_q;
    end
  end

  function automatic logic [31:0] rounded(input logic signed [43:0] product, input logic [4:0] shift);
    logic signed [43:0] sum;
    sum     = product + $signed((44'd1 << shift) >> 1);
    rounded = 32'(sum >>> shift);
  endfunction

  // A lane without a term does not count among extremes: it takes part as the one that never wins.
  logic        hide2;
  logic [31:0] neutral2;
  assign hide2    = across_q[2] && is_extreme(fn_q[2]);
  assign neutral2 = fn_q[2] == hb_pkg::HB_CMD_VEC_FN_MAX[2:0] ? 32'h80000000 : 32'h7fffffff;

  logic [32*L-1:0] scaled;

  for (genvar i = 0; i < L; i++) begin : gen_scale
    logic signed [31:0] value1_q, plain2_q, scaled_q;
    logic signed [43:0] product2_q;
    always_ff @(posedge clk_i) begin
      if (valid_i) value1_q <= $signed(value_i[32*i+:32]) - offset;
      if (valid_q[1]) plain2_q <= value1_q;
      if (valid_q[1] && scale_q[1])
        product2_q <= 44'($signed(value1_q[26:0])) * 44'($signed({1'b0, mant1_q}));
      if (valid_q[2]) begin
        if (hide2 && !any2_q[i]) scaled_q <= neutral2;
        else scaled_q <= scale_q[2] ? rounded(product2_q, shift2_q) : plain2_q;
      end
    end
    assign scaled[32*i+:32] = scaled_q;
  end

  // ---------------------------------------------------------------------------------- across lanes
  function automatic logic [31:0] joined(input logic [2:0] fn, input logic [31:0] a, input logic [31:0] b);
    case (fn)
      hb_pkg::HB_CMD_VEC_FN_MAX[2:0]: joined = $signed(a) > $signed(b) ? a : b;
      hb_pkg::HB_CMD_VEC_FN_MIN[2:0]: joined = $signed(a) < $signed(b) ? a : b;
      default: joined = a + b;
    endcase
  endfunction

  // Level s leaves its partial results in the lowest lanes.
  for (genvar s = 0; s < Trees; s++) begin : gen_tree
    localparam int Left = L >> (2 * s);  // partial results that come in
    localparam int Ways = Left == 2 ? 2 : 4;
    logic [32*L-1:0] in, out_q;
    if (s == 0) begin : gen_first
      assign in = scaled;
    end else begin : gen_next
      assign in = gen_tree[s-1].out_q;
    end

    for (genvar o = 0; o < L; o++) begin : gen_out
      if (o < Left / Ways) begin : gen_join
        always_ff @(posedge clk_i) begin
          if (valid_q[3+s]) begin
            if (!across_q[3+s]) out_q[32*o+:32] <= in[32*o+:32];
            else if (Ways == 2) out_q[32*o+:32] <= joined(fn_q[3+s], in[64*o+:32], in[64*o+32+:32]);
            else
              out_q[32*o+:32] <= joined(fn_q[3+s],
                                        joined(fn_q[3+s], in[32*Ways*o+:32], in[32*Ways*o+32+:32]),
                                        joined(fn_q[3+s], in[32*Ways*o+32*(Ways-2)+:32],
                                               in[32*Ways*o+32*(Ways-1)+:32]));
          end
        end
      end else begin : gen_pass
        always_ff @(posedge clk_i) if (valid_q[3+s]) out_q[32*o+:32] <= in[32*o+:32];
      end
    end
  end

  // --------------------------------------------------------------------------------- accumulation
  // In the stage before the last the old row is named, in the last the new one is written.
  logic [32*L-1:0]    mem [0:AccRows-1];
  logic [63:0]        scale_mem [0:AccRows-1];  // a copy of lanes 0 and 1 for the third reader
  logic [32*L-1:0]    read_q, written_q, st_q, row, data;
  logic               same_q, write;
  logic [AccBits-1:0] waddr;

  logic [31:0] all;  // of all lanes, with ACROSS
  assign all = is_extreme(fn_q[Last]) && none_q[Last] ? 32'd0 : gen_tree[Trees-1].out_q[31:0];

  // Nothing to do for a simulator as long as there is no pixel.
  always_comb begin
    row = '0;
    if (valid_q[Last]) begin
      row = across_q[Last] ? {L{all}} : gen_tree[Trees-1].out_q;
      if (acc_q[Last]) begin
        for (int i = 0; i < L; i++)
          row[32*i+:32] = joined(fn_q[Last], same_q ? written_q[32*i+:32] : read_q[32*i+:32], row[32*i+:32]);
      end
    end
  end

  assign write = valid_q[Last] || stat_we_i;
  assign waddr = stat_we_i ? stat_waddr_i : row_q[Last];
  assign data  = stat_we_i ? (32*L)'({stat_row_i.offset, 11'd0, stat_row_i.shift, stat_row_i.mant}) : row;

  always_ff @(posedge clk_i) begin
    if (write) begin
      mem[waddr]       <= data;
      scale_mem[waddr] <= data[63:0];
    end
    if (valid_q[Last-1] && acc_q[Last-1]) begin
      read_q    <= mem[row_q[Last-1]];
      same_q    <= valid_q[Last] && row_q[Last] == row_q[Last-1];
      written_q <= row;
    end
    if (scale_re_i) scale_o <= scale_mem[scale_addr_i];
    if (st_re_i) st_q <= mem[st_addr_i];
  end

  assign st_data_o   = st_q;
  assign done_o      = valid_q[Last] && cmd_last_q[Last];
  assign done_push_o = done_o && cmd_push_q[Last];

  logic unused_term;
  assign unused_term = ^{term_i, scale_i, scale_q[Last]};

endmodule
