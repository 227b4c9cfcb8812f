// SPDX-License-Identifier: Apache-2.0
  // hb_tokens, proved: under the engines' rules (a token is taken only where one is; a program has fewer than
  // 2^20 commands, each of which pushes a token at most once) no counter wraps, and each moves by what
  // was pushed less what was taken.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  for (genvar f = 0; f < 4; f++) begin : gen_formal
    logic [19:0] f_pushed;
    always @(posedge clk_i)
      if (!rst_ni || clear_i) f_pushed <= '0;
      else f_pushed <= f_pushed + 20'(push_i[f]);
    always @* if (rst_ni) begin
      assume (!(take_i[f] && !avail_o[f]));
      assume (!(push_i[f] && f_pushed == '1));
      assert (gen_token[f].count_q <= f_pushed);  // so it does not wrap above
      assert (avail_o[f] == (gen_token[f].count_q != '0));
      cover (gen_token[f].count_q == 20'd2 && f_pushed == 20'd3 && push_i[f] && take_i[f]);
    end
    always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
      if ($past(clear_i)) assert (gen_token[f].count_q == '0);
      else assert (gen_token[f].count_q ==
                   $past(gen_token[f].count_q) + 20'($past(push_i[f])) - 20'($past(take_i[f])));
    end
  end
