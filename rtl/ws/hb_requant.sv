// SPDX-License-Identifier: Apache-2.0
//
// hb_requant: one lane of requantisation: int32 in, 8 bits out, as firmware/include/hilbert/hb_tensor.h
// defines it: f = binary32(t); p = binary32(f * scale); q = p to the nearest integer, ties to even;
// y = clip(q + zero point). Exact, without a floating-point unit.
//
// Five stages; stage i moves when en_i[i] is 1 and needs its neighbour's data of the cycle before.
//
// How: |t| is rounded to 24 significant bits and multiplied by the 24-bit significand of the scale. Its
// integer part n is cut off; 511 stands for everything above (the clip limits cannot tell). Rounding
// the product to 24 bits first can change the result only where it lands exactly on n + 1/2, that is
// where the exact product is within half a unit in the last place of it; with n known that unit is
// known too (ulp of [2^k, 2^(k+1)) is 2^(k-23)). There the tie goes to the even integer.
//
// The scale's sign is applied last: rounding is symmetric about zero.
//
// Lacks: scales that are not finite and normal (the result is unspecified but harmless).

module hb_requant (
  input  logic        clk_i,
  input  logic        awake_i,  // 0: no stage moves
  input  logic [4:0]  en_i,

  input  logic [31:0] t_i,      // signed accumulator plus bias
  input  logic [31:0] scale_i,  // binary32; this and all below hold while a value is on its way
  input  logic        y_signed_i,
  input  logic [7:0]  y_zp_i,
  input  logic [7:0]  clip_min_i,
  input  logic [7:0]  clip_max_i,
  output logic [7:0]  y_o
);

  // Stage 0: sign and magnitude.
  logic        neg0_q;
  logic [31:0] mag0_q;

  always_ff @(posedge clk_i) begin
    if (awake_i && en_i[0]) begin
      neg0_q <= t_i[31];
      mag0_q <= t_i[31] ? -t_i : t_i;
    end
  end

  // Each stage's arithmetic is a function, so that a simulator does it only when the stage moves.

  // Stage 1: magnitude to 24 significant bits, ties to even; f = sig * 2^exp.
  logic        neg1_q;
  logic [24:0] sig1_q;  // up to 2^24
  logic [3:0]  exp1_q;

  // Bits above the 24th.
  function automatic logic [3:0] excess_of(input logic [31:0] mag);
    excess_of = 4'd0;
    for (int i = 0; i < 8; i++) if (mag[24+i]) excess_of = 4'(i + 1);
  endfunction

  function automatic logic [24:0] round24(input logic [31:0] mag, input logic [3:0] excess);
    logic [24:0] cut;
    logic [31:0] rest, half;
    cut     = 25'(mag >> excess);
    rest    = mag & ~(32'hffffffff << excess);
    half    = (32'd1 << excess) >> 1;
    round24 = cut + 25'(rest > half || (excess != 4'd0 && rest == half && cut[0]));
  endfunction

  always_ff @(posedge clk_i) begin
    if (awake_i && en_i[1]) begin
      neg1_q <= neg0_q;
      exp1_q <= excess_of(mag0_q);
      sig1_q <= round24(mag0_q, excess_of(mag0_q));
    end
  end

  // Stage 2: product; value = prod * 2^-shift.
  logic        neg2_q;
  logic [48:0] prod2_q;
  logic [9:0]  shift2_q;  // signed

  always_ff @(posedge clk_i) begin
    if (awake_i && en_i[2]) begin
      neg2_q   <= neg1_q ^ scale_i[31];
      prod2_q  <= 49'(sig1_q) * 49'({1'b1, scale_i[22:0]});
      shift2_q <= 10'd150 - {2'd0, scale_i[30:23]} - {6'd0, exp1_q};
    end
  end

  // Stage 3: integer part and remainder.
  logic        neg3_q;
  logic [8:0]  int3_q;
  logic [48:0] rest3_q;
  logic [5:0]  shift3_q;
  logic        small3_q;  // below 1/2

  function automatic logic [8:0] integer_part(input logic [48:0] prod, input logic [9:0] shift);
    logic [48:0] whole;
    whole = prod >> shift[5:0];
    if (shift[9] || shift == '0) integer_part = prod == '0 ? 9'd0 : 9'd511;
    else integer_part = whole[48:9] != '0 ? 9'd511 : whole[8:0];
  endfunction

  always_ff @(posedge clk_i) begin
    if (awake_i && en_i[3]) begin
      neg3_q   <= neg2_q;
      shift3_q <= shift2_q[5:0];
      rest3_q  <= prod2_q & ~({49{1'b1}} << shift2_q[5:0]);
      small3_q <= !shift2_q[9] && shift2_q > 10'd49;
      int3_q   <= integer_part(prod2_q, shift2_q);
    end
  end

  // Stage 4: round, zero point, clip.
  logic [7:0] y_q;

  function automatic logic [9:0] rounded(input logic [8:0] whole, input logic [48:0] rest,
                                         input logic [5:0] shift, input logic is_small);
    logic [48:0] middle, off;
    logic [3:0]  log2;  // of the integer part, plus 1; 0 for [1/2, 1)
    logic [6:0]  ulp;   // half a unit in the last place is 2^ulp of the product; signed
    logic        above, tie, up;
    log2 = 4'd0;
    for (int i = 0; i < 9; i++) if (whole[i]) log2 = 4'(i + 1);
    middle  = 49'd1 << (shift - 6'd1);  // shift 0 comes only with 0 or 511: no matter
    above   = rest > middle;
    off     = above ? rest - middle : middle - rest;
    ulp     = {1'b0, shift} + {3'd0, log2} - 7'd25;
    tie     = off == '0 || (!ulp[6] && ((off - 49'd1) >> ulp[5:0]) == '0);
    up      = tie ? whole[0] : above;
    rounded = is_small ? 10'd0 : {1'b0, whole} + {9'd0, up && whole != 9'd511};
  endfunction

  function automatic logic [7:0] clipped(input logic neg, input logic [9:0] magnitude,
                                         input logic is_signed, input logic [7:0] zp,
                                         input logic [7:0] clip_min, input logic [7:0] clip_max);
    logic signed [11:0] with_zp, low, high;
    with_zp = (neg ? -$signed({2'd0, magnitude}) : $signed({2'd0, magnitude})) +
              $signed({{4{is_signed && zp[7]}}, zp});
    low  = $signed({{4{is_signed && clip_min[7]}}, clip_min});
    high = $signed({{4{is_signed && clip_max[7]}}, clip_max});
    if (with_zp > high) clipped = clip_max;
    else if (with_zp < low) clipped = clip_min;
    else clipped = with_zp[7:0];
  endfunction

  always_ff @(posedge clk_i) begin
    if (awake_i && en_i[4])
      y_q <= clipped(neg3_q, rounded(int3_q, rest3_q, shift3_q, small3_q), y_signed_i, y_zp_i, clip_min_i,
                     clip_max_i);
  end

  assign y_o = y_q;

endmodule
