// SPDX-License-Identifier: Apache-2.0
  // hb_fifo, proved: what goes in comes out, once, in order, unless cleared; room for exactly Depth entries;
  // ready and valid say what is inside.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  localparam int FBits = $clog2(Depth + 1);
  logic [FBits-1:0] f_count;  // entries, counted at the ports
  logic f_push, f_pop;
  assign f_push = in_valid_i && in_ready_o && !clear_i;
  assign f_pop  = out_valid_o && out_ready_i && !clear_i;

  // One entry, chosen by the solver, is followed: its data, and how many entries are ahead of it.
  (* anyseq *) logic f_pick;
  logic             f_followed;
  logic [Width-1:0] f_data;
  logic [FBits-1:0] f_ahead;
  logic [PtrBits-1:0] f_place;
  assign f_place = rd_ptr_q + PtrBits'(f_ahead - 1'b1);

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      f_count    <= '0;
      f_followed <= 1'b0;
    end else begin
      f_count <= f_count + FBits'(f_push) - FBits'(f_pop);
      if (f_followed) begin
        if (f_pop && f_ahead == '0) f_followed <= 1'b0;
        else if (f_pop) f_ahead <= f_ahead - 1'b1;
      end else if (f_push && f_pick) begin
        f_followed <= 1'b1;
        f_data     <= in_data_i;
        f_ahead    <= f_count - FBits'(f_pop);
      end
    end
  end

  always @* if (rst_ni) begin
    // Promises
    assert (f_count <= Depth);
    assert (out_valid_o == (f_count != '0));
    assert (in_ready_o == (f_count != FBits'(Depth)));
    if (f_followed && f_ahead == '0) assert (out_valid_o && out_data_o == f_data);
    if (f_followed) assert (f_ahead < f_count);
    // What makes them inductive
    assert (count_q <= FullCount);
    assert (f_count == FBits'(count_q) + FBits'(out_valid_q));
    assert (PtrBits'(rd_ptr_q + PtrBits'(count_q)) == wr_ptr_q);
    if (f_followed && f_ahead != '0) assert (mem[f_place] == f_data);

    cover (f_count == FBits'(Depth) && f_followed && f_ahead == '0 && wr_ptr_q == '0);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni))
    cover ($past(f_count == FBits'(Depth)) && f_count == '0);
