// SPDX-License-Identifier: Apache-2.0
  // hb_load_engine, proved: AXI's rules on AR; every beat of an answer is written, to one scratchpad, unless
  // aborted; what abort promises. The command queue is free (--cut): hb_fifo is proved by itself.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // The commands that wait to be written (hb_fifo_inside.sv)
  (* hierconn *) logic [7:0]   \u_flights.f_count ;
  (* hierconn *) logic [231:0] \u_flights.f_entries ;

  // Seen at the ports
  logic        f_ar, f_r_end;
  logic        f_stalled;   // an address waits since before this cycle
  logic [3:0]  f_bursts;    // addresses accepted, last beat not seen
  logic [7:0]  f_flying;    // beats asked for, not seen
  logic [7:0]  f_rest;      // behind this one
  logic [3:0]  f_others;    // bursts not over with it
  logic        f_drained;   // the last answer came under abort
  logic        f_tired;
  assign f_ar    = ar_valid_o && ar_ready_i;
  assign f_r_end = r_valid_i && r_last_i;
  assign f_rest   = f_flying - 8'd1;
  assign f_others = f_bursts - 4'(r_last_i);

  logic [17:0] f_left;      // beats of the newest command not asked for
  logic [17:0] f_expected;  // beats that started commands want, not written
  logic [71:0] f_until;     // of these, until each command that waits is complete, oldest first
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_stalled  <= 1'b0;
      f_bursts   <= '0;
      f_flying <= '0;
      f_left     <= '0;
      f_expected <= '0;
      f_drained  <= 1'b0;
      f_tired    <= 1'b0;
    end else begin
      f_stalled <= ar_valid_o && !ar_ready_i;
      f_bursts  <= f_bursts + 4'(f_ar) - 4'(f_r_end);
      f_flying <= f_flying + (f_ar ? 8'(ar_len_o) + 8'd1 : 8'd0) - 8'(r_valid_i);
      if (abort_i) f_left <= '0;
      else if (start) f_left <= 18'(cmd.total);
      else if (issue) f_left <= f_left - 18'(burst);
      if (abort_i) f_expected <= '0;
      else f_expected <= f_expected + (start ? 18'(cmd.total) : 18'd0) - 18'(write);
      if (f_r_end) f_drained <= abort_i;
      f_tired <= abort_i && f_bursts == '0 && !ar_valid_o && !idle_o;
    end
    for (int i = 0; i < 4; i++) begin
      if (start && 8'(i) == \u_flights.f_count - 8'(flight_take))
        f_until[18*i+:18] <= f_expected + 18'(cmd.total) - 18'(write);
      else f_until[18*i+:18] <= (flight_take && i < 3 ? f_until[18*((i+1)%4)+:18] : f_until[18*i+:18]) - 18'(write);
    end
  end

  // Assumed: the decoder's legality (a command's total fits in a scratchpad, and is beats times rows times
  // planes, so its last burst is where it is reached); no answer comes that nobody asked
  // for, and of each burst that is not over one to sixteen beats are missing; abort holds until idle.
  always @* if (rst_ni) begin
    if (cmd_valid) assume (cmd.beats != '0 && cmd.rows != '0 && cmd.planes != '0 && cmd.total - 16'd1 < 16'(1 << AddrBits) &&
                           cmd.addr[3:0] == '0 && cmd.row_pitch[3:0] == '0 && cmd.plane_pitch[3:0] == '0);
    if (issue) assume (f_left >= 18'(burst) && cmd_done == (f_left == 18'(burst)));
    if (r_valid_i) assume (f_bursts != '0 && f_rest >= 8'(f_others) && f_rest <= {f_others, 4'd0});
  end
  logic f_aborted, f_draining;
  always @(posedge clk_i) begin
    f_aborted  <= rst_ni && abort_i;
    f_draining <= rst_ni && abort_i && !idle_o;
  end
  always @* if (rst_ni) begin
    if (f_aborted) assume (!cmd_valid);  // cleared
    if (f_draining) assume (abort_i);
  end

  // Promises
  always @* if (rst_ni) begin
    assert (5'(f_bursts) + 5'(ar_valid_o) <= 5'(hb_pkg::MaxOutstanding));
    if (ar_valid_o) begin
      assert (ar_addr_o[3:0] == '0);
      assert ({1'b0, ar_addr_o[7:4]} + {1'b0, ar_len_o} <= 5'd15);  // so none crosses 4 KiB
    end
    if (r_valid_i && !abort_i)
      assert (we_o == 4'd1 || we_o == 4'd2 || we_o == 4'd4 || we_o == 4'd8);
    else assert (we_o == '0);
    if (fault_valid_o) assert (r_valid_i && r_error_i);
    if (idle_o) assert (!ar_valid_o && f_bursts == '0 && (abort_i || f_expected == '0));
    assert ((take_o & ~avail_i) == '0);
    if (push_o != '0) assert (retired_o);
    assert (!f_tired || idle_o);  // under abort, idle in the cycle after the last answer's
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(ar_valid_o && !ar_ready_i))
      assert (ar_valid_o && ar_addr_o == $past(ar_addr_o) && ar_len_o == $past(ar_len_o));
    if ($past(abort_i)) assert (!(ar_valid_o && !f_stalled));  // no burst begins
  end

  // What makes them inductive
  logic [17:0] f_writing;  // beats the command being written still wants
  assign f_writing = writing_q ? 18'(words_left_q) + 18'd1 : '0;
  always @* if (rst_ni) begin
    assert (5'(outstanding_q) == 5'(f_bursts) + 5'(ar_valid_o));
    assert (outstanding_q <= 4'(hb_pkg::MaxOutstanding));
    assert (!(f_stalled && !ar_valid_o));
    assert (f_flying >= 8'(f_bursts) && f_flying <= {f_bursts, 4'd0});
    if (\u_flights.f_count == '0) assert (f_expected == f_writing);
    for (int i = 0; i < 4; i++) if (8'(i) < \u_flights.f_count ) begin
      assert (f_until[18*i+:18] == 18'(\u_flights.f_entries [58*i+24+:16]) +
                                   (i == 0 ? f_writing : f_until[18*((i+3)%4)+:18]));
      if (8'(i + 1) == \u_flights.f_count ) assert (f_until[18*i+:18] == f_expected);
    end
    for (int i = 0; i < 4; i++)
      if (8'(i) < \u_flights.f_count ) assert (\u_flights.f_entries [58*i+24+:16] - 16'd1 < 16'(1 << AddrBits));
    if (writing_q) assert (words_left_q < 16'(1 << AddrBits));
    assert (active_q == (f_left != '0) && f_left <= 18'(1 << AddrBits));
    if (active_q) assert (left_q != '0 && rows_left_q != '0 && planes_left_q != '0 && addr_q[3:0] == '0 &&
                          row_addr_q[3:0] == '0 && plane_addr_q[3:0] == '0 && row_pitch_q[3:0] == '0 &&
                          plane_pitch_q[3:0] == '0 && beats_q != '0 && rows_q != '0);
    if (!abort_i) begin
      assert (f_expected == 18'(f_flying) + (ar_valid_o ? 18'(ar_len_o) + 18'd1 : 18'd0) + 18'(f_left));
      if (!writing_q) assert (f_expected == 18'(f_left) && \u_flights.f_count <= 8'd1);
    end
  end

  always @* if (rst_ni) begin
    cover (f_bursts == 4'(hb_pkg::MaxOutstanding) && r_valid_i && ar_len_o != '1);
    cover (retired_o && f_left != '0 && \u_flights.f_count == 8'd1);  // the issue half is a command ahead
    cover (f_drained && abort_i && idle_o);
    cover (!abort_i && idle_o && f_drained && !r_valid_i);
    cover (fault_valid_o && push_o != '0 && we_o[2]);
    cover (f_flying == 8'd6 && f_bursts == 4'd1 && r_valid_i);
  end
