// SPDX-License-Identifier: Apache-2.0
//
// hb_pe_ws: processing element of the weight-stationary array.
//
// psum_o(t + 1) = psum_i(t) + x_i(t) * weight. The weight is replaced while load_i is 1 and used from the
// next cycle on: the array times load_i so that it is replaced exactly between two k-tiles. Nothing moves
// while en_i is 0.

module hb_pe_ws (
  input  logic               clk_i,
  input  logic               en_i,

  // Weight
  input  logic               load_i,
  input  logic signed [8:0]  w_i,

  // Stream
  input  logic signed [31:0] x_i,  // 9 bits, extended once for the whole row
  input  logic signed [31:0] psum_i,
  output logic signed [31:0] psum_o
);

  logic signed [8:0]  w_q;
  logic signed [31:0] psum_q;

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      psum_q <= psum_i + x_i * 32'(w_q);
      if (load_i) w_q <= w_i;
    end
  end

  assign psum_o = psum_q;

endmodule
