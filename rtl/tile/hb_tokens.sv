// SPDX-License-Identifier: Apache-2.0
//
// hb_tokens: the four counting semaphores between the engines.
//
// Each has one engine that pushes and one that takes, at most one token a cycle each. A token pushed in
// a cycle can be taken in the next.

`include "hb_check.svh"

module hb_tokens (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       clear_i,  // a job starts: all zero

  input  logic [3:0] push_i,   // HB_CMD_TOKEN_* bits
  input  logic [3:0] take_i,
  output logic [3:0] avail_o   // above zero
);

  for (genvar i = 0; i < 4; i++) begin : gen_token
    // As wide as a program is long: cannot overflow.
    logic [19:0] count_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        count_q <= '0;
      end else if (clear_i) begin
        count_q <= '0;
      end else if (push_i[i] != take_i[i]) begin
        count_q <= push_i[i] ? count_q + 1'b1 : count_q - 1'b1;
      end
    end

    assign avail_o[i] = count_q != '0;

    `HB_CHECK(!(take_i[i] && count_q == '0), "token taken that is not there")
  end

endmodule
