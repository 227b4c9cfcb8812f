// SPDX-License-Identifier: Apache-2.0
  // hb_skid_buffer, proved: both sides' contracts, order, one cycle of latency, full throughput.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // Upstream keeps its contract.
  always @(posedge clk_i) if (rst_ni && $past(rst_ni) && $past(in_valid_i && !in_ready_o))
    assume (in_valid_i && in_data_i == $past(in_data_i));

  // One beat, chosen by the solver, is followed.
  (* anyseq *) logic f_pick;
  logic             f_followed, f_second;  // f_second: a beat is ahead of it
  logic [Width-1:0] f_data;
  logic [1:0]       f_count;               // beats, counted at the ports
  logic             f_pop;
  assign f_pop = out_valid_o && out_ready_i;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_count    <= '0;
      f_followed <= 1'b0;
    end else begin
      f_count <= f_count + 2'(in_fire) - 2'(f_pop);
      if (f_followed) begin
        if (f_pop && !f_second) f_followed <= 1'b0;
        else if (f_pop) f_second <= 1'b0;
      end else if (in_fire && f_pick) begin
        f_followed <= 1'b1;
        f_data     <= in_data_i;
        f_second   <= f_count != 2'(f_pop);
      end
    end
  end

  always @* if (rst_ni) begin
    assert (f_count <= 2'd2);
    assert (f_count == 2'(main_valid_q) + 2'(skid_valid_q));
    assert (out_valid_o == (f_count != '0));
    assert (in_ready_o == (f_count != 2'd2));
    if (f_followed) assert (f_count > 2'(f_second));
    if (f_followed && !f_second) assert (out_data_o == f_data);
    if (f_followed && f_second) assert (skid_data_q == f_data);
    cover (f_count == 2'd2 && f_followed && f_second);
  end

  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(out_valid_o && !out_ready_i)) assert (out_valid_o && out_data_o == $past(out_data_o));
    if ($past(in_fire)) assert (out_valid_o);      // latency
    if ($past(out_ready_i)) assert (in_ready_o);   // throughput
    cover ($past(f_count == 2'd2) && f_count == 2'd1 && f_followed);
  end
