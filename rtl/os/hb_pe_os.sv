// SPDX-License-Identifier: Apache-2.0
//
// hb_pe_os: processing element of the output-stationary array.
//
// acc_o(t + 1) = (keep_i(t) ? acc_o(t) : 0) + x_i(t) * w_i(t): keep_i is 0 with the first pair of operands of a
// new output. The weight goes on to the row below one cycle later. Nothing moves while en_i is 0.

module hb_pe_os (
  input  logic               clk_i,
  input  logic               en_i,

  // Stream
  input  logic               keep_i,
  input  logic signed [31:0] x_i,  // 9 bits, extended once for the whole row
  input  logic signed [8:0]  w_i,
  output logic signed [8:0]  w_o,

  // Output
  output logic signed [31:0] acc_o
);

  logic signed [8:0]  w_q;
  logic signed [31:0] acc_q;

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      // Without $signed the product would be one of 32 x 32 bits: three DSPs.
      acc_q <= $signed(acc_q & {32{keep_i}}) + x_i * 32'(w_i);
      w_q   <= w_i;
    end
  end

  assign acc_o = acc_q;
  assign w_o   = w_q;

endmodule
