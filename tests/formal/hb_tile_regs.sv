// SPDX-License-Identifier: Apache-2.0
  // hb_tile_regs, proved: AXI4-Lite's rules, one answer to each access after two cycles; jobs and completions are
  // queued once, whole, and counted; irq. The queues' order is hb_fifo's.
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  // The queues inside (hb_fifo_inside.sv)
  (* hierconn *) logic [7:0] \u_jobs.f_count ;
  (* hierconn *) logic [7:0] \u_completions.f_count ;

  // Seen at the ports
  logic f_aw, f_w, f_b, f_ar, f_r;
  logic [1:0]  f_aws, f_ws, f_ars;  // accepted, not answered
  logic [15:0] f_awaddr, f_araddr;  // of the newest accepted
  logic [31:0] f_wdata;
  logic [3:0]  f_wstrb;
  logic        f_b_known, f_r_known;
  logic        f_irq_en, f_overrun;
  assign f_aw = s_axil_awvalid && s_axil_awready;
  assign f_w  = s_axil_wvalid && s_axil_wready;
  assign f_b  = s_axil_bvalid && s_axil_bready;
  assign f_ar = s_axil_arvalid && s_axil_arready;
  assign f_r  = s_axil_rvalid && s_axil_rready;

  // A write takes effect in the cycle after its second half was accepted, or when the answer before it has left.
  logic f_effect, f_ring, f_pop;
  assign f_effect = f_aws != '0 && f_ws != '0 && !s_axil_bvalid;
  assign f_ring   = f_effect && f_awaddr[15:2] == 14'(hb_pkg::HB_TILE_REG_JOB_TAG >> 2);
  assign f_pop    = f_effect && f_awaddr[15:2] == 14'(hb_pkg::HB_TILE_REG_COMPL_POP >> 2) && f_wdata[0] && f_wstrb[0];

  logic [3:0] f_jobs, f_completions;  // queued
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_aws         <= '0;
      f_ws          <= '0;
      f_ars         <= '0;
      f_jobs        <= '0;
      f_completions <= '0;
      f_irq_en      <= 1'b0;
      f_overrun     <= 1'b0;
    end else begin
      f_aws <= f_aws + 2'(f_aw) - 2'(f_b);
      f_ws  <= f_ws + 2'(f_w) - 2'(f_b);
      f_ars <= f_ars + 2'(f_ar) - 2'(f_r);
      if (flush_i) begin
        f_jobs        <= '0;
        f_completions <= '0;
      end else begin
        f_jobs        <= f_jobs + 4'(f_ring && f_jobs != 4'(hb_pkg::JobQueueDepth)) - 4'(job_take_i);
        f_completions <= f_completions + 4'(compl_valid_i) - 4'(f_pop && f_completions != '0);
      end
      if (f_effect && f_awaddr[15:2] == 14'(hb_pkg::HB_TILE_REG_CTRL >> 2) && f_wstrb[0]) f_irq_en <= f_wdata[0];
      if (f_ring && f_jobs == 4'(hb_pkg::JobQueueDepth)) f_overrun <= 1'b1;
      else if (flush_i) f_overrun <= 1'b0;
    end
    if (f_aw) f_awaddr <= s_axil_awaddr;
    if (f_ar) f_araddr <= s_axil_araddr;
    if (f_w) begin
      f_wdata <= s_axil_wdata;
      f_wstrb <= s_axil_wstrb;
    end
    if (f_effect) f_b_known <= f_awaddr < 16'(hb_pkg::HB_TILE_REG_PERF_COMPLETED + 4);
    if (f_ars != '0 && !s_axil_rvalid) f_r_known <= f_araddr < 16'(hb_pkg::HB_TILE_REG_PERF_COMPLETED + 4);
  end

  // Assumed: a job is taken where one is, and a completion comes where there is room (hb_tile_ctl).
  always @* if (rst_ni) begin
    if (job_take_i) assume (job_valid_o);
    if (compl_valid_i) assume (compl_ready_o);
  end

  // Promises
  always @* if (rst_ni) begin
    if (s_axil_bvalid) begin
      assert (f_aws != '0 && f_ws != '0);
      assert (s_axil_bresp == (f_b_known ? RespOkay : RespSlvErr));
    end
    if (s_axil_rvalid) begin
      assert (f_ars != '0);
      assert (s_axil_rresp == (f_r_known ? RespOkay : RespSlvErr));
    end
    assert (job_valid_o == (f_jobs != '0) && f_jobs <= 4'(hb_pkg::JobQueueDepth));
    assert (compl_ready_o == (f_completions != 4'(hb_pkg::ComplQueueDepth)));
    assert (irq_o == (f_irq_en && f_completions != '0));
    if (quiet_o) assert (f_aws == '0 && f_ws == '0 && f_ars == '0);
    assert (ring == f_ring && pop == f_pop);
    if (f_ring) assert (job_in.tag == f_wdata);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni)) begin
    if ($past(s_axil_bvalid && !s_axil_bready)) assert (s_axil_bvalid && s_axil_bresp == $past(s_axil_bresp));
    if ($past(s_axil_rvalid && !s_axil_rready))
      assert (s_axil_rvalid && s_axil_rdata == $past(s_axil_rdata) && s_axil_rresp == $past(s_axil_rresp));
    if ($past(f_effect)) assert (s_axil_bvalid);                       // two cycles after the second half
    if ($past(f_ars != '0 && !s_axil_rvalid)) assert (s_axil_rvalid);  // two cycles after the address
    if ($past(f_ars != '0 && !s_axil_rvalid) && $past(f_araddr[15:2]) == 14'(hb_pkg::HB_TILE_REG_STATUS >> 2))
      assert (s_axil_rdata[11:8] == $past(f_completions) && s_axil_rdata[6:4] == $past(f_jobs[2:0]) &&
              s_axil_rdata[2] == $past(f_overrun) && s_axil_rdata[1] == $past(f_jobs == 4'(hb_pkg::JobQueueDepth)) &&
              s_axil_rdata[0] == $past(busy_i));
    if ($past(soft_reset_o && !flush_i)) assert (soft_reset_o);
  end

  // What makes them inductive
  always @* if (rst_ni) begin
    assert (f_aws == 2'(aw_held_q) + 2'(bvalid_q));
    assert (f_ws == 2'(w_held_q) + 2'(bvalid_q));
    assert (f_ars == 2'(ar_held_q) + 2'(rvalid_q));
    if (aw_held_q) assert (awaddr_q == {f_awaddr[15:2], 2'b00});
    if (w_held_q) assert (wdata_q == f_wdata && wstrb_q == f_wstrb);
    if (ar_held_q) assert (araddr_q == {f_araddr[15:2], 2'b00});
    assert (irq_en_q == f_irq_en && overrun_q == f_overrun);
    assert (\u_jobs.f_count == 8'(f_jobs) && job_level_q == f_jobs[2:0]);
    assert (\u_completions.f_count == 8'(f_completions) && compl_level_q == f_completions);
  end

  always @* if (rst_ni) begin
    cover (f_b && s_axil_bresp == RespSlvErr && f_aws == 2'd2);
    cover (f_r && s_axil_rresp == RespOkay && f_ars == 2'd2);
    cover (irq_o && f_jobs == 4'd2 && f_completions == 4'd2);
    cover (f_pop && compl_valid_i && f_completions == 4'd1);
    cover (f_ring && job_take_i);
    cover (f_overrun);
    cover (soft_reset_o && flush_i && f_jobs != '0);
  end
