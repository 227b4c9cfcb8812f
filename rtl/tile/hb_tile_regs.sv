// SPDX-License-Identifier: Apache-2.0
//
// hb_tile_regs: the tile's registers behind AXI4-Lite, its job queue and its completion queue.
//
// The map is regs/hb_tile.toml. One read and one write can be under way at a time; each is answered two
// cycles after it was accepted. Byte strobes are honoured, but by JOB_TAG, which takes the whole word. An offset without a register is answered
// with SLVERR.

module hb_tile_regs #(
  parameter logic [31:0] IdValue = 32'd0,
  parameter logic [31:0] CapsValue = 32'd0
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  output logic                quiet_o,  // no access under way

  // AXI4-Lite
  input  logic                s_axil_awvalid,
  output logic                s_axil_awready,
  input  logic [15:0]         s_axil_awaddr,
  input  logic                s_axil_wvalid,
  output logic                s_axil_wready,
  input  logic [31:0]         s_axil_wdata,
  input  logic [3:0]          s_axil_wstrb,
  output logic                s_axil_bvalid,
  input  logic                s_axil_bready,
  output logic [1:0]          s_axil_bresp,
  input  logic                s_axil_arvalid,
  output logic                s_axil_arready,
  input  logic [15:0]         s_axil_araddr,
  output logic                s_axil_rvalid,
  input  logic                s_axil_rready,
  output logic [31:0]         s_axil_rdata,
  output logic [1:0]          s_axil_rresp,

  output logic                irq_o,

  // Jobs
  output logic                job_valid_o,
  input  logic                job_take_i,
  output hb_pkg::job_t        job_o,

  // Completions
  input  logic                compl_valid_i,
  output logic                compl_ready_o,
  input  hb_pkg::completion_t compl_i,

  // Control
  output logic                soft_reset_o,  // asked for; holds until flush_i
  input  logic                flush_i,       // one cycle: forget jobs, completions, overrun
  input  logic                busy_i,
  output logic [31:0]         watchdog_o,

  // Performance counters
  input  logic [31:0]         perf_busy_i,
  input  logic [31:0]         perf_array_i,
  input  logic [31:0]         perf_wait_load_i,
  input  logic [31:0]         perf_wait_store_i,
  input  logic [31:0]         perf_wait_wgt_i,
  input  logic [31:0]         perf_wait_cmd_i,
  input  logic [31:0]         perf_rd_beats_i,
  input  logic [31:0]         perf_wr_beats_i,
  input  logic [31:0]         perf_started_i,
  input  logic [31:0]         perf_completed_i
);

  localparam logic [1:0] RespOkay = 2'b00;
  localparam logic [1:0] RespSlvErr = 2'b10;

  // -------------------------------------------------------------------------------------- write
  logic        aw_held_q, w_held_q, bvalid_q;
  logic [15:0] awaddr_q;
  logic [31:0] wdata_q;
  logic [3:0]  wstrb_q;
  logic [1:0]  bresp_q;
  logic        write, write_known;

  assign s_axil_awready = !aw_held_q;
  assign s_axil_wready  = !w_held_q;
  assign s_axil_bvalid  = bvalid_q;
  assign s_axil_bresp   = bresp_q;
  assign write          = aw_held_q && w_held_q && !bvalid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      bvalid_q  <= 1'b0;
    end else if (s_axil_awvalid || s_axil_wvalid || aw_held_q || w_held_q || bvalid_q) begin
      if (write) aw_held_q <= 1'b0;
      else if (s_axil_awvalid) aw_held_q <= 1'b1;
      if (write) w_held_q <= 1'b0;
      else if (s_axil_wvalid) w_held_q <= 1'b1;
      if (write) bvalid_q <= 1'b1;
      else if (s_axil_bready) bvalid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s_axil_awvalid && s_axil_awready) awaddr_q <= {s_axil_awaddr[15:2], 2'b00};
    if (s_axil_wvalid && s_axil_wready) begin
      wdata_q <= s_axil_wdata;
      wstrb_q <= s_axil_wstrb;
    end
    if (write) bresp_q <= write_known ? RespOkay : RespSlvErr;
  end

  // The new value of a register under the byte strobes.
  function automatic logic [31:0] merged(input logic [31:0] old, input logic [31:0] data,
                                         input logic [3:0] strb);
    for (int i = 0; i < 4; i++) merged[8*i+:8] = strb[i] ? data[8*i+:8] : old[8*i+:8];
  endfunction

  logic         irq_en_q, soft_reset_q, overrun_q;
  logic [31:0]  prog_q, watchdog_q;
  logic [31:0]  base0_q, base1_q, base2_q, base3_q;
  logic [19:0]  len_q;
  logic         ring, ring_ok, pop;

  assign write_known = awaddr_q <= hb_pkg::HB_TILE_REG_PERF_COMPLETED;
  assign ring = write && awaddr_q == hb_pkg::HB_TILE_REG_JOB_TAG;
  assign pop  = write && awaddr_q == hb_pkg::HB_TILE_REG_COMPL_POP && wdata_q[0] && wstrb_q[0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      irq_en_q     <= 1'b0;
      soft_reset_q <= 1'b0;
      overrun_q    <= 1'b0;
      watchdog_q   <= '0;
      prog_q       <= '0;
      len_q        <= '0;
      base0_q      <= '0;
      base1_q      <= '0;
      base2_q      <= '0;
      base3_q      <= '0;
    end else if (flush_i || write) begin
      if (flush_i) begin
        soft_reset_q <= 1'b0;
        overrun_q    <= 1'b0;
      end
      if (write) begin
        case (awaddr_q)
          hb_pkg::HB_TILE_REG_CTRL: if (wstrb_q[0]) begin
            irq_en_q <= wdata_q[hb_pkg::HB_TILE_CTRL_IRQ_EN_LSB];
            if (wdata_q[hb_pkg::HB_TILE_CTRL_SOFT_RESET_LSB]) soft_reset_q <= 1'b1;
          end
          hb_pkg::HB_TILE_REG_JOB_PROG:  prog_q <= merged(prog_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_JOB_LEN:   len_q <= 20'(merged({12'd0, len_q}, wdata_q, wstrb_q));
          hb_pkg::HB_TILE_REG_JOB_BASE0: base0_q <= merged(base0_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_JOB_BASE1: base1_q <= merged(base1_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_JOB_BASE2: base2_q <= merged(base2_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_JOB_BASE3: base3_q <= merged(base3_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_WATCHDOG:  watchdog_q <= merged(watchdog_q, wdata_q, wstrb_q);
          hb_pkg::HB_TILE_REG_JOB_TAG:   if (!ring_ok) overrun_q <= 1'b1;
          default: ;
        endcase
      end
    end
  end

  assign soft_reset_o = soft_reset_q;
  assign watchdog_o   = watchdog_q;

  // --------------------------------------------------------------------------------------- jobs
  hb_pkg::job_t job_in;
  logic [2:0]   job_level_q;  // waiting
  logic [3:0]   compl_level_q;

  assign job_in = {len_q, prog_q, base3_q, base2_q, base1_q, base0_q, wdata_q};

  hb_fifo #(
    .Width($bits(job_in)),
    .Depth(hb_pkg::JobQueueDepth)
  ) u_jobs (
    .clk_i,
    .rst_ni,
    .clear_i    (flush_i),
    .in_valid_i (ring),
    .in_ready_o (ring_ok),
    .in_data_i  (job_in),
    .out_valid_o(job_valid_o),
    .out_ready_i(job_take_i),
    .out_data_o (job_o)
  );

  // -------------------------------------------------------------------------------- completions
  logic                compl_valid;
  hb_pkg::completion_t compl;

  hb_fifo #(
    .Width($bits(compl)),
    .Depth(hb_pkg::ComplQueueDepth)
  ) u_completions (
    .clk_i,
    .rst_ni,
    .clear_i    (flush_i),
    .in_valid_i (compl_valid_i),
    .in_ready_o (compl_ready_o),
    .in_data_i  (compl_i),
    .out_valid_o(compl_valid),
    .out_ready_i(pop),
    .out_data_o (compl)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      job_level_q   <= '0;
      compl_level_q <= '0;
    end else if (flush_i) begin
      job_level_q   <= '0;
      compl_level_q <= '0;
    end else if (ring || pop || job_take_i || compl_valid_i) begin
      if ((ring && ring_ok) != job_take_i)
        job_level_q <= job_take_i ? job_level_q - 1'b1 : job_level_q + 1'b1;
      if (compl_valid_i != (pop && compl_valid))
        compl_level_q <= compl_valid_i ? compl_level_q + 1'b1 : compl_level_q - 1'b1;
    end
  end

  assign irq_o = irq_en_q && compl_valid;

  // --------------------------------------------------------------------------------------- read
  logic        ar_held_q, rvalid_q;
  logic [15:0] araddr_q;
  logic [31:0] rdata_q;
  logic [1:0]  rresp_q;

  assign s_axil_arready = !ar_held_q;
  assign s_axil_rvalid  = rvalid_q;
  assign s_axil_rdata   = rdata_q;
  assign s_axil_rresp   = rresp_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ar_held_q <= 1'b0;
      rvalid_q  <= 1'b0;
    end else if (s_axil_arvalid || ar_held_q || rvalid_q) begin
      if (ar_held_q && !rvalid_q) ar_held_q <= 1'b0;
      else if (s_axil_arvalid) ar_held_q <= 1'b1;
      if (ar_held_q && !rvalid_q) rvalid_q <= 1'b1;
      else if (s_axil_rready) rvalid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s_axil_arvalid && s_axil_arready) araddr_q <= {s_axil_araddr[15:2], 2'b00};
    if (ar_held_q && !rvalid_q) begin
      rresp_q <= RespOkay;
      case (araddr_q)
        hb_pkg::HB_TILE_REG_ID:           rdata_q <= IdValue;
        hb_pkg::HB_TILE_REG_CAPS:         rdata_q <= CapsValue;
        hb_pkg::HB_TILE_REG_CTRL:         rdata_q <= {30'd0, soft_reset_q, irq_en_q};
        hb_pkg::HB_TILE_REG_STATUS:       rdata_q <= {20'd0, compl_level_q, 1'b0, job_level_q, 1'b0,
                                                      overrun_q, !ring_ok, busy_i};
        hb_pkg::HB_TILE_REG_JOB_PROG:     rdata_q <= prog_q;
        hb_pkg::HB_TILE_REG_JOB_LEN:      rdata_q <= {12'd0, len_q};
        hb_pkg::HB_TILE_REG_JOB_BASE0:    rdata_q <= base0_q;
        hb_pkg::HB_TILE_REG_JOB_BASE1:    rdata_q <= base1_q;
        hb_pkg::HB_TILE_REG_JOB_BASE2:    rdata_q <= base2_q;
        hb_pkg::HB_TILE_REG_JOB_BASE3:    rdata_q <= base3_q;
        hb_pkg::HB_TILE_REG_JOB_TAG:      rdata_q <= '0;
        hb_pkg::HB_TILE_REG_WATCHDOG:     rdata_q <= watchdog_q;
        hb_pkg::HB_TILE_REG_COMPL_TAG:    rdata_q <= compl_valid ? compl.tag : '0;
        hb_pkg::HB_TILE_REG_COMPL_STATUS: rdata_q <= compl_valid ?
            {1'b1, 3'd0, compl.status.index, compl.status.code} : '0;
        hb_pkg::HB_TILE_REG_COMPL_CYCLES: rdata_q <= compl_valid ? compl.cycles : '0;
        hb_pkg::HB_TILE_REG_COMPL_POP:    rdata_q <= '0;
        hb_pkg::HB_TILE_REG_PERF_BUSY:       rdata_q <= perf_busy_i;
        hb_pkg::HB_TILE_REG_PERF_ARRAY:      rdata_q <= perf_array_i;
        hb_pkg::HB_TILE_REG_PERF_WAIT_LOAD:  rdata_q <= perf_wait_load_i;
        hb_pkg::HB_TILE_REG_PERF_WAIT_STORE: rdata_q <= perf_wait_store_i;
        hb_pkg::HB_TILE_REG_PERF_WAIT_WGT:   rdata_q <= perf_wait_wgt_i;
        hb_pkg::HB_TILE_REG_PERF_WAIT_CMD:   rdata_q <= perf_wait_cmd_i;
        hb_pkg::HB_TILE_REG_PERF_RD_BEATS:   rdata_q <= perf_rd_beats_i;
        hb_pkg::HB_TILE_REG_PERF_WR_BEATS:   rdata_q <= perf_wr_beats_i;
        hb_pkg::HB_TILE_REG_PERF_STARTED:    rdata_q <= perf_started_i;
        hb_pkg::HB_TILE_REG_PERF_COMPLETED:  rdata_q <= perf_completed_i;
        default: begin
          rdata_q <= '0;
          rresp_q <= RespSlvErr;
        end
      endcase
    end
  end

  assign quiet_o = !aw_held_q && !w_held_q && !bvalid_q && !ar_held_q && !rvalid_q;

  logic unused_addr;
  assign unused_addr = ^{s_axil_awaddr[1:0], s_axil_araddr[1:0]};

endmodule
