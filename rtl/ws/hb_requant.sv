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
// Lacks: scales that are not finite, positive and normal (their sign is ignored, the rest is
// unspecified but harmless).

module hb_requant (
  input  logic        clk_i,
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
    if (en_i[0]) begin
      neg0_q <= t_i[31];
      mag0_q <= t_i[31] ? -t_i : t_i;
    end
  end

  // Stage 1: magnitude to 24 significant bits, ties to even; f = sig * 2^exp.
  logic        neg1_q;
  logic [24:0] sig1_q;  // up to 2^24
  logic [3:0]  exp1_q;
  logic [3:0]  excess;  // bits above the 24th
  logic [24:0] cut;
  logic [31:0] rest, half;

  always_comb begin
    excess = 4'd0;
    for (int i = 0; i < 8; i++) if (mag0_q[24+i]) excess = 4'(i + 1);
  end
  assign cut  = 25'(mag0_q >> excess);
  assign rest = mag0_q & ~(32'hffffffff << excess);
  assign half = (32'd1 << excess) >> 1;  // 0 without excess: rest is 0 then and nothing is added

  always_ff @(posedge clk_i) begin
    if (en_i[1]) begin
      neg1_q <= neg0_q;
      exp1_q <= excess;
      sig1_q <= cut + 25'(rest > half || (excess != 4'd0 && rest == half && cut[0]));
    end
  end

  // Stage 2: product; value = prod * 2^-shift.
  logic        neg2_q;
  logic [48:0] prod2_q;
  logic [9:0]  shift2_q;  // signed

  logic unused_sign;
  assign unused_sign = scale_i[31];

  always_ff @(posedge clk_i) begin
    if (en_i[2]) begin
      neg2_q   <= neg1_q;
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
  logic [48:0] whole;

  assign whole = prod2_q >> shift2_q[5:0];

  always_ff @(posedge clk_i) begin
    if (en_i[3]) begin
      neg3_q   <= neg2_q;
      shift3_q <= shift2_q[5:0];
      rest3_q  <= prod2_q & ~({49{1'b1}} << shift2_q[5:0]);
      small3_q <= !shift2_q[9] && shift2_q > 10'd49;
      if (shift2_q[9] || shift2_q == '0) int3_q <= prod2_q == '0 ? 9'd0 : 9'd511;
      else int3_q <= whole[48:9] != '0 ? 9'd511 : whole[8:0];
    end
  end

  // Stage 4: round, zero point, clip.
  logic [48:0]        middle, off;
  logic [3:0]         log2;  // of the integer part, plus 1; 0 for [1/2, 1)
  logic [6:0]         ulp;   // half a unit in the last place is 2^ulp of the product; signed
  logic               above, tie, up;
  logic [9:0]         rounded;
  logic signed [11:0] with_zp, low, high;
  logic [7:0]         y_q;

  always_comb begin
    log2 = 4'd0;
    for (int i = 0; i < 9; i++) if (int3_q[i]) log2 = 4'(i + 1);
  end
  assign middle  = (49'd1 << shift3_q) >> 1;
  assign above   = rest3_q > middle;
  assign off     = above ? rest3_q - middle : middle - rest3_q;
  assign ulp     = {1'b0, shift3_q} + {3'd0, log2} - 7'd25;
  assign tie     = off == '0 || (!ulp[6] && ((off - 49'd1) >> ulp[5:0]) == '0);
  assign up      = tie ? int3_q[0] : above;
  assign rounded = small3_q ? 10'd0 : {1'b0, int3_q} + {9'd0, up && int3_q != 9'd511};
  assign with_zp = (neg3_q ? -$signed({2'd0, rounded}) : $signed({2'd0, rounded})) +
                   $signed({{4{y_signed_i && y_zp_i[7]}}, y_zp_i});
  assign low     = $signed({{4{y_signed_i && clip_min_i[7]}}, clip_min_i});
  assign high    = $signed({{4{y_signed_i && clip_max_i[7]}}, clip_max_i});

  always_ff @(posedge clk_i) begin
    if (en_i[4]) begin
      if (with_zp > high) y_q <= clip_max_i;
      else if (with_zp < low) y_q <= clip_min_i;
      else y_q <= with_zp[7:0];
    end
  end

  assign y_o = y_q;

endmodule
