// SPDX-License-Identifier: Apache-2.0
  // hb_store_engine, proved: AXI's rules on AW, W and B whatever the data queue delivers and when; what abort
  // promises. The command queue and the data queue are free (--cut): hb_fifo is proved by itself.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // Seen at the ports
  logic f_aw, f_w, f_w_end, f_new;
  logic f_stalled;                       // an address waits since before this cycle
  assign f_aw    = m_axi_awvalid && m_axi_awready;
  assign f_w     = m_axi_wvalid && m_axi_wready;
  assign f_w_end = f_w && m_axi_wlast;
  assign f_new   = m_axi_awvalid && !f_stalled;

  logic [3:0]   f_accepted;              // addresses accepted, not answered
  logic [3:0]   f_written;               // last beats accepted, not answered
  logic [3:0]   f_owed;                  // addresses offered before, last beat not accepted
  logic [35:0]  f_lens;                  // of those, oldest first
  logic [3:0]   f_beat;                  // beats accepted of the oldest
  logic [19:0]  f_index;                 // of the newest command
  logic [159:0] f_indices;               // command of each address offered before and not answered, oldest first
  logic [3:0]   f_unanswered;            // how many
  logic [1:0]   f_slow, f_tired;
  logic         f_drained;               // the last answer came under abort
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_stalled    <= 1'b0;
      f_accepted   <= '0;
      f_written    <= '0;
      f_owed       <= '0;
      f_beat       <= '0;
      f_unanswered <= '0;
      f_slow       <= '0;
      f_tired      <= '0;
      f_drained    <= 1'b0;
    end else begin
      f_stalled    <= m_axi_awvalid && !m_axi_awready;
      f_accepted   <= f_accepted + 4'(f_aw) - 4'(m_axi_bvalid);
      f_written    <= f_written + 4'(f_w_end) - 4'(m_axi_bvalid);
      f_owed       <= f_owed + 4'(f_new) - 4'(f_w_end);
      f_unanswered <= f_unanswered + 4'(f_new) - 4'(m_axi_bvalid);
      if (f_w) f_beat <= m_axi_wlast ? '0 : f_beat + 1'b1;
      if (m_axi_bvalid) f_drained <= abort_i && f_unanswered == 4'd1;
      f_slow  <= abort_i && f_owed != '0 && !m_axi_wvalid ? f_slow + 1'b1 : '0;
      f_tired <= abort_i && f_unanswered == '0 && !m_axi_awvalid && !idle_o ? f_tired + 1'b1 : '0;
    end
    for (int i = 0; i < 9; i++) begin
      if (f_new && 4'(i) == f_owed - 4'(f_w_end)) f_lens[4*i+:4] <= m_axi_awlen;
      else if (f_w_end && i < 8) f_lens[4*i+:4] <= f_lens[4*((i+1)%9)+:4];
    end
    for (int i = 0; i < 8; i++) begin
      if (f_new && 4'(i) == f_unanswered - 4'(m_axi_bvalid)) f_indices[20*i+:20] <= f_index;
      else if (m_axi_bvalid && i < 7) f_indices[20*i+:20] <= f_indices[20*((i+1)%8)+:20];
    end
    if (start) f_index <= cmd.index;
  end

  // Assumed: the decoder's legality; an answer follows its address and its last beat; the queues are empty once
  // cleared.
  always @* if (rst_ni) begin
    if (cmd_valid) assume (cmd.beats != '0 && cmd.rows != '0 && cmd.addr[3:0] == '0 && cmd.row_pitch[3:0] == '0);
    if (m_axi_bvalid) assume (f_accepted != '0 && f_written != '0);
  end
  logic f_aborted;
  always @(posedge clk_i) f_aborted <= rst_ni && abort_i;
  always @* if (f_aborted) assume (!cmd_valid && !data_valid);

  // Promises
  always @* if (rst_ni) begin
    assert (f_accepted + 4'(m_axi_awvalid) <= hb_pkg::MaxOutstanding);
    if (m_axi_awvalid) begin
      assert (m_axi_awaddr[3:0] == '0);
      assert ({1'b0, m_axi_awaddr[7:4]} + {1'b0, m_axi_awlen} <= 5'd15);  // so none crosses 4 KiB
    end
    if (m_axi_wvalid) begin
      assert (f_owed != '0);  // no data before its address is offered
      assert (m_axi_wlast == (f_beat == f_lens[3:0]));
    end
    assert (fault_valid_o == (m_axi_bvalid && m_axi_berror));
    if (fault_valid_o && !(f_new && f_unanswered == '0)) assert (fault_index_o == f_indices[19:0]);
    if (idle_o) assert (!m_axi_awvalid && !m_axi_wvalid && f_owed == '0 && f_unanswered == '0);
    assert ((take_o & ~avail_i) == '0);
    // Under abort: owed beats come at once, and the engine is idle soon after the last answer.
    assert (f_slow <= 2'd1);
    assert (f_tired <= 2'd2);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(m_axi_awvalid && !m_axi_awready))
      assert (m_axi_awvalid && m_axi_awaddr == $past(m_axi_awaddr) && m_axi_awlen == $past(m_axi_awlen));
    if ($past(m_axi_wvalid && !m_axi_wready))
      assert (m_axi_wvalid && m_axi_wdata == $past(m_axi_wdata) && m_axi_wstrb == $past(m_axi_wstrb) &&
              m_axi_wlast == $past(m_axi_wlast));
    if ($past(abort_i)) begin
      assert (!f_new);
      if (m_axi_wvalid && !$past(m_axi_wvalid && !m_axi_wready)) assert (m_axi_wstrb == '0);
    end
  end

  // What makes them inductive
  (* hierconn *) logic [7:0]   \u_lengths.f_count ;
  (* hierconn *) logic [31:0]  \u_lengths.f_entries ;
  (* hierconn *) logic [7:0]   \u_indices.f_count ;
  (* hierconn *) logic [159:0] \u_indices.f_entries ;
  logic f_ending;  // the last beat of the oldest burst waits
  assign f_ending = w_valid_q && w_last_q;
  always @* if (rst_ni) begin
    assert (5'(outstanding_q) == 5'(f_accepted) + 5'(m_axi_awvalid));
    assert (6'(outstanding_q) == 6'(f_written) + 6'(f_owed) + 6'(f_new));
    assert (5'(outstanding_q) == 5'(f_unanswered) + 5'(f_new));
    assert (outstanding_q <= 4'(hb_pkg::MaxOutstanding));
    assert (f_written <= 4'd8 && f_owed <= 4'd8 && f_accepted <= 4'd8);
    assert (!(f_stalled && !m_axi_awvalid));
    assert (\u_indices.f_count == 8'(outstanding_q));
    assert (\u_lengths.f_count + 8'(f_ending) == 8'(f_owed) + 8'(f_new));
    if (w_valid_q) assert (f_owed != '0);
    assert (w_beat_q == (!w_valid_q ? f_beat : w_last_q ? 4'd0 : f_beat + 4'd1));
    if (w_valid_q && !w_last_q) assert (f_beat != '1);
    if (f_owed != '0) assert (f_beat <= f_lens[3:0]);
    else assert (f_beat == '0);
    for (int i = 0; i < 8; i++) begin
      if (8'(i) < \u_lengths.f_count )
        assert (\u_lengths.f_entries [4*i+:4] ==
                (4'(i) + 4'(f_ending) < f_owed ? f_lens[4*(i+32'(f_ending))+:4] : m_axi_awlen));
      if (8'(i) < \u_indices.f_count )
        assert (\u_indices.f_entries [20*i+:20] == (4'(i) < f_unanswered ? f_indices[20*i+:20] : f_index));
    end
    if (aw_active_q) assert (aw_left_q != '0 && aw_rows_q != '0 && aw_addr_q[3:0] == '0 && aw_row_q[3:0] == '0 &&
                             row_pitch_q[3:0] == '0 && row_beats_q != '0 && index_q == f_index);
    if (f_new) assert (f_index == index_q);
    if (!awake_q) assert (state_q == StIdle && pipe_empty && !out_valid_q && !aw_active_q && !len_valid &&
                          !w_valid_q && outstanding_q == '0);  // empty, but for the free data queue
  end

  always @* if (rst_ni) begin
    cover (f_accepted == 4'(hb_pkg::MaxOutstanding) && f_w_end && m_axi_awlen != '1);
    cover (f_written > f_accepted);                                // data ahead of its address
    cover (f_w_end && f_beat == 4'd5 && m_axi_wstrb != '0);        // a long burst
    cover (f_w_end && abort_i && f_beat == 4'd2 && m_axi_wstrb == '0);
    cover (fault_valid_o && index_q != fault_index_o);             // the fault of an earlier command
    cover (f_drained && abort_i && idle_o);
  end
