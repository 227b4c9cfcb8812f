// SPDX-License-Identifier: Apache-2.0
  // hb_axi_ar_arb, proved: one requester is granted at a time; its address goes out unchanged and holds until
  // accepted; the load engine waits a bounded time.
  //
  // The bound follows from what is assumed: the fabric accepts an address within FStall cycles, and command
  // fetch asks at most FRun times before it pauses for a cycle (its buffer holds that many bursts).
  localparam int FStall = 3;
  localparam int FRun = 8;
  logic f_reset_done;
  initial f_reset_done = 1'b0;
  always @(posedge clk_i) f_reset_done <= 1'b1;
  always @* assume (rst_ni == f_reset_done);

  logic f_fetch, f_load;
  assign f_fetch = fetch_valid_i && fetch_ready_o;
  assign f_load  = load_valid_i && load_ready_o;

  logic [3:0] f_stall, f_run;
  logic [5:0] f_wait;
  logic       f_any, f_from_load;  // the last grant
  logic [31:0] f_addr;
  logic [3:0]  f_len;
  always @(posedge clk_i) begin
    f_stall <= rst_ni && m_axi_arvalid && !m_axi_arready ? f_stall + 1'b1 : '0;
    f_run   <= rst_ni && load_valid_i && !load_ready_o ? f_run + 4'(f_fetch) : '0;
    f_wait  <= rst_ni && load_valid_i && !load_ready_o ? f_wait + 1'b1 : '0;
    if (!rst_ni) f_any <= 1'b0;
    else if (f_fetch || f_load) begin
      f_any       <= 1'b1;
      f_from_load <= f_load;
      f_addr      <= f_load ? load_addr_i : fetch_addr_i;
      f_len       <= f_load ? load_len_i : fetch_len_i;
    end else if (m_axi_arready) f_any <= 1'b0;
  end
  always @* if (rst_ni) begin
    if (f_stall == FStall) assume (m_axi_arready);
    if (f_run == FRun) assume (!fetch_valid_i);
  end

  always @* if (rst_ni) begin
    assert (!(f_fetch && f_load));
    assert (m_axi_arvalid == f_any);  // nothing lost, nothing invented
    if (f_any) begin
      assert (m_axi_arid == (f_from_load ? hb_pkg::AxiIdLoad : hb_pkg::AxiIdFetch));
      assert (m_axi_araddr == f_addr && m_axi_arlen == f_len);
    end
    assert (f_stall <= FStall && f_run <= FRun);
    assert (f_wait <= f_run * (FStall + 1) + f_stall);
    assert (f_wait <= FRun * (FStall + 1) + FStall);
    cover (f_wait == FRun * (FStall + 1) + FStall - 3 && f_load);
    cover (m_axi_arvalid && m_axi_arready && f_from_load && f_fetch);
  end
  always @(posedge clk_i) if (rst_ni && $past(rst_ni) && $past(m_axi_arvalid && !m_axi_arready))
    assert (m_axi_arvalid && m_axi_arid == $past(m_axi_arid) && m_axi_araddr == $past(m_axi_araddr) &&
            m_axi_arlen == $past(m_axi_arlen));
