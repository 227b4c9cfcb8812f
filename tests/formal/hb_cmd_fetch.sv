// SPDX-License-Identifier: Apache-2.0
  // hb_cmd_fetch, proved: AXI's rules on AR; bursts follow each other through the program and end with it; the
  // buffer never overflows; answers are counted.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // Seen at the ports
  logic        f_ar, f_r_end, f_new;
  logic        f_stalled;  // an address waits since before this cycle
  logic [3:0]  f_bursts;   // addresses accepted, last beat not seen
  logic [7:0]  f_flying;    // beats asked for, not seen
  logic [7:0]  f_rest;      // behind this one
  logic [3:0]  f_others;    // bursts not over with it
  logic [31:0] f_next;     // where the next burst starts
  logic [19:0] f_left;     // commands behind it
  logic        f_dropped;  // an answer came after stop
  assign f_ar    = ar_valid_o && ar_ready_i;
  assign f_new   = ar_valid_o && !f_stalled;
  assign f_r_end = r_valid_i && r_last_i;
  assign f_rest   = f_flying - 8'd1;
  assign f_others = f_bursts - 4'(r_last_i);
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_stalled <= 1'b0;
      f_bursts  <= '0;
      f_flying <= '0;
      f_left    <= '0;
      f_dropped <= 1'b0;
    end else begin
      f_stalled <= ar_valid_o && !ar_ready_i;
      f_bursts  <= f_bursts + 4'(f_ar) - 4'(f_r_end);
      f_flying <= f_flying + (f_ar ? 8'(ar_len_o) + 8'd1 : 8'd0) - 8'(r_valid_i);
      if (start_i) f_left <= len_i;
      else if (f_new) f_left <= f_left - ((20'(ar_len_o) + 20'd1) >> 2);
      if (r_valid_i && quiet_o == 1'b0 && !running_q) f_dropped <= 1'b1;
    end
    if (start_i) f_next <= prog_i;
    else if (f_new) f_next <= f_next + 32'(16) * (32'(ar_len_o) + 32'd1);
  end

  // Assumed: a job starts when the fetch is quiet and is well formed (hb_tile_ctl); no answer comes that nobody asked
  // for, and of each burst that is not over one to sixteen beats are missing.
  always @* if (rst_ni) begin
    if (start_i) assume (quiet_o && prog_i[5:0] == '0 && len_i != '0);
    if (r_valid_i) assume (f_bursts != '0 && f_rest >= 8'(f_others) && f_rest <= {f_others, 4'd0});
  end

  // Promises
  always @* if (rst_ni) begin
    assert (5'(f_bursts) + 5'(ar_valid_o) <= 5'd7);
    if (ar_valid_o) begin
      assert (ar_addr_o[5:0] == '0 && ar_len_o[1:0] == 2'b11);      // whole commands
      assert ({1'b0, ar_addr_o[7:4]} + {1'b0, ar_len_o} <= 5'd15);  // so none crosses 4 KiB
    end
    if (f_new) begin
      assert (ar_addr_o == f_next);
      assert (((20'(ar_len_o) + 20'd1) >> 2) <= f_left);
    end
    if (r_valid_i && running_q && !stop_i) assert (buffer_ready);
    if (quiet_o) assert (!ar_valid_o && f_bursts == '0 && !beat_valid_o);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(ar_valid_o && !ar_ready_i))
      assert (ar_valid_o && ar_addr_o == $past(ar_addr_o) && ar_len_o == $past(ar_len_o));
    if ($past(stop_i)) assert (!f_new);
    if ($past(stop_i)) assert (!beat_valid_o);
  end

  // What makes them inductive
  (* hierconn *) logic [7:0] \u_buffer.f_count ;
  always @* if (rst_ni) begin
    assert (5'(outstanding_q) == 5'(f_bursts) + 5'(ar_valid_o));
    assert (!(f_stalled && !ar_valid_o));
    assert (f_flying >= 8'(f_bursts) && f_flying <= {f_bursts, 4'd0});
    if (running_q) begin
      assert (8'(reserved_q) == \u_buffer.f_count + f_flying + (ar_valid_o ? 8'(ar_len_o) + 8'd1 : 8'd0));
      assert (32'(reserved_q) <= BufferBeats);
      assert (addr_q[5:0] == '0);
      assert (addr_q == f_next + (f_new ? 32'(16) * (32'(ar_len_o) + 32'd1) : 32'd0));
      assert (left_q == f_left - (f_new ? (20'(ar_len_o) + 20'd1) >> 2 : 20'd0));
    end else assert (\u_buffer.f_count == '0);
  end

  always @* if (rst_ni) begin
    cover (f_bursts == 4'd3 && r_valid_i);
    cover (32'(reserved_q) == BufferBeats && beat_valid_o && beat_ready_i && running_q);
    cover (ar_valid_o && ar_len_o == 4'd3 && left_q == '0 && f_bursts == 4'd1);
    cover (f_dropped && quiet_o && start_i);
  end
