// SPDX-License-Identifier: Apache-2.0
  // hb_tile_ctl, proved: every job taken ends with one completion, which has its tag, the first fault and its
  // cycles; none follows a soft reset; engines are started once and stopped until idle.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // The job under way, seen at the ports
  logic           f_open, f_started, f_faulted, f_reset_asked, f_ended;
  logic           f_legal;
  hb_pkg::job_t   f_job;
  hb_pkg::fault_t f_first;   // its first fault
  logic [31:0]    f_cycles;  // since it was taken
  logic [31:0]    f_still;   // cycles of its run without progress
  logic           f_fault;   // a fault of an engine, in this cycle
  logic           f_close;
  assign f_legal = f_job.len != '0 && f_job.prog[5:0] == '0 && f_job.base[3:0] == '0 && f_job.base[35:32] == '0 &&
                   f_job.base[67:64] == '0 && f_job.base[99:96] == '0;
  assign f_fault = decode_fault_i || load_fault_i || store_fault_i || (watchdog_i != '0 && f_still >= watchdog_i);
  assign f_close = compl_valid_o || flush_o;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_open        <= 1'b0;
      f_started     <= 1'b0;
      f_faulted     <= 1'b0;
      f_reset_asked <= 1'b0;
      f_ended       <= 1'b0;
    end else if (job_take_o) begin
      f_open        <= 1'b1;
      f_started     <= 1'b0;
      f_faulted     <= 1'b0;
      f_reset_asked <= 1'b0;
      f_ended       <= 1'b0;
    end else if (f_open) begin
      if (f_close) f_open <= 1'b0;
      if (start_o) f_started <= 1'b1;
      if (f_started && !f_faulted && !f_reset_asked && !f_ended) begin
        if (f_fault) f_faulted <= 1'b1;
        if (soft_reset_i) f_reset_asked <= 1'b1;
        if (!f_fault && !soft_reset_i && end_i && all_idle_i) f_ended <= 1'b1;
      end
    end
    if (job_take_o) begin
      f_job   <= job_i;
      f_still <= '0;
    end else if (f_started && !abort_o && !f_ended) f_still <= progress_i ? '0 : f_still + 32'd1;
    if (f_started && !f_faulted && !f_reset_asked && !f_ended) begin
      if (decode_fault_i) f_first <= decode_status_i;
      else if (load_fault_i) f_first <= {hb_pkg::HB_TILE_STATUS_AXI_READ, load_index_i};
      else if (store_fault_i) f_first <= {hb_pkg::HB_TILE_STATUS_AXI_WRITE, store_index_i};
      else f_first <= {hb_pkg::HB_TILE_STATUS_WATCHDOG, 20'd0};
    end
    f_cycles <= job_take_o ? 32'd1 : f_cycles + 32'd1;
  end

  // Assumed: room for a completion stays until it comes; a soft reset stays asked for until the queues are flushed.
  logic f_room, f_asking;
  always @(posedge clk_i) begin
    f_room   <= rst_ni && compl_ready_i && !compl_valid_o;
    f_asking <= rst_ni && soft_reset_i && !flush_o;
  end
  always @* if (rst_ni) begin
    if (f_room) assume (compl_ready_i);
    if (f_asking) assume (soft_reset_i);
  end

  // Promises
  always @* if (rst_ni) begin
    if (job_take_o) assert (!f_open && job_valid_i && !soft_reset_i);
    if (compl_valid_o) begin
      assert (f_open && compl_ready_i && !soft_reset_i);
      assert (compl_o.tag == f_job.tag && compl_o.cycles == f_cycles);
      if (f_job.len == '0) assert (compl_o.status == {hb_pkg::HB_TILE_STATUS_NO_END, 20'd0} && !f_started);
      else if (!f_legal) assert (compl_o.status == {hb_pkg::HB_TILE_STATUS_BAD_FIELD, 20'd0} && !f_started);
      else if (f_faulted) assert (compl_o.status == f_first);
      else assert (f_ended && compl_o.status == {hb_pkg::HB_TILE_STATUS_OK, 20'd0});
    end
    if (start_o) assert (f_open && !f_started && f_legal);
    if (abort_o) assert (f_open && f_started && (f_faulted || f_reset_asked) && !f_ended);
    if (flush_o) assert (soft_reset_i && !abort_o && !start_o);
    assert (!(soft_reset_i && !f_open) || flush_o);  // with no job, a soft reset is over at once
    assert (busy_o == f_open);
    if (f_open) assert (prog_o == f_job.prog && len_o == f_job.len && base_o == f_job.base && tag_o == f_job.tag);
    if (f_started) assert (f_open || !abort_o);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(abort_o && !all_idle_i)) assert (abort_o);
    if ($past(abort_o && all_idle_i)) assert (compl_valid_o || flush_o);
    if ($past(f_open && f_started && (f_faulted || f_reset_asked) && !abort_o)) assert (!f_open);
  end

  // What makes them inductive
  always @* if (rst_ni) begin
    assert (f_open == (state_q != StIdle));
    assert (state_q == StIdle || state_q == StCheck || state_q == StStart || state_q == StRun || state_q == StAbort ||
            state_q == StDone);
    if (f_open) begin
      assert (job_q == f_job);
      assert (f_started == (state_q == StRun || state_q == StAbort || (state_q == StDone && f_legal)));
      if (state_q == StStart || state_q == StRun || state_q == StAbort) assert (f_legal);
      if (state_q == StRun) assert (!f_faulted && !f_reset_asked && !f_ended && stuck_q == f_still);
      if (state_q == StAbort) assert ((f_faulted || f_reset_asked) && !f_ended);
      if (state_q == StDone && f_legal) assert (f_ended != (f_faulted || f_reset_asked));
      if (f_reset_asked) assert (soft_reset_i);
      if (state_q == StStart || state_q == StCheck)
        assert (!f_faulted && !f_reset_asked && !f_ended && stuck_q == '0 && f_still == '0);
      assert (cycles_q == f_cycles);
      assert (compl_ready_i);
      if (state_q == StDone && f_job.len == '0)
        assert (fault_q == {hb_pkg::HB_TILE_STATUS_NO_END, 20'd0});
      else if (state_q == StDone && !f_legal)
        assert (fault_q == {hb_pkg::HB_TILE_STATUS_BAD_FIELD, 20'd0});
      else assert (fault_q == (f_faulted ? f_first : {hb_pkg::HB_TILE_STATUS_OK, 20'd0}));
    end
  end

  always @* if (rst_ni) begin
    cover (compl_valid_o && compl_o.status.code == hb_pkg::HB_TILE_STATUS_OK);
    cover (compl_valid_o && compl_o.status.code == hb_pkg::HB_TILE_STATUS_BAD_FIELD);
    cover (compl_valid_o && f_faulted && compl_o.status.code == hb_pkg::HB_TILE_STATUS_WATCHDOG && watchdog_i == 32'd3);
    cover (compl_valid_o && f_faulted && compl_o.status == {hb_pkg::HB_TILE_STATUS_AXI_WRITE, 20'd77});
    cover (flush_o && f_started && f_open);
  end
