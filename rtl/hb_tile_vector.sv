// SPDX-License-Identifier: Apache-2.0
//
// hb_tile_vector: accelerator tile with L vector lanes.
//
// Runs programs (regs/hb_tile.toml) from memory: AXI4-Lite registers and a job queue, command fetch and
// decode, load, execute and store engines synchronised by tokens, scratchpads, a table, accumulators,
// requantisation, performance counters, a watchdog.
//
// Boundary: AXI4-Lite subordinate; AXI4 manager with 128 data bits, INCR bursts of at most 16 beats that never
// cross a 256-byte boundary, IDs 0 command fetch, 1 load, 2 store; every answer is accepted at once
// (rready and bready are 1). Bursts are INCR of full width, so AxBURST and AxSIZE are not brought out.
//
// Promises, tested:
// - every output depends on registers alone, never on an input of the same cycle;
// - while idle_o is 1 no register changes until the boundary is touched;
// - timing never depends on data values.

module hb_tile_vector #(
  parameter int L = 16,           // lanes: 8, 16 or 32
  parameter int IfmWords = L == 32 ? 16384 : 8192,  // scratchpad words of 16 bytes, powers of two;
  parameter int WgtWords = L == 32 ? 8192 : 4096,   // L = 32: of both banks together
  parameter int PrmWords = 512,
  parameter int AccRows = 1024    // rows of L int32
) (
  input  logic         clk_i,
  input  logic         rst_ni,

  // AXI4-Lite
  input  logic         s_axil_awvalid,
  output logic         s_axil_awready,
  input  logic [15:0]  s_axil_awaddr,
  input  logic         s_axil_wvalid,
  output logic         s_axil_wready,
  input  logic [31:0]  s_axil_wdata,
  input  logic [3:0]   s_axil_wstrb,
  output logic         s_axil_bvalid,
  input  logic         s_axil_bready,
  output logic [1:0]   s_axil_bresp,
  input  logic         s_axil_arvalid,
  output logic         s_axil_arready,
  input  logic [15:0]  s_axil_araddr,
  output logic         s_axil_rvalid,
  input  logic         s_axil_rready,
  output logic [31:0]  s_axil_rdata,
  output logic [1:0]   s_axil_rresp,

  // AXI4
  output logic         m_axi_awvalid,
  input  logic         m_axi_awready,
  output logic [3:0]   m_axi_awid,
  output logic [31:0]  m_axi_awaddr,
  output logic [7:0]   m_axi_awlen,
  output logic         m_axi_wvalid,
  input  logic         m_axi_wready,
  output logic [127:0] m_axi_wdata,
  output logic [15:0]  m_axi_wstrb,
  output logic         m_axi_wlast,
  input  logic         m_axi_bvalid,
  output logic         m_axi_bready,
  input  logic [3:0]   m_axi_bid,
  input  logic [1:0]   m_axi_bresp,
  output logic         m_axi_arvalid,
  input  logic         m_axi_arready,
  output logic [3:0]   m_axi_arid,
  output logic [31:0]  m_axi_araddr,
  output logic [7:0]   m_axi_arlen,
  input  logic         m_axi_rvalid,
  output logic         m_axi_rready,
  input  logic [3:0]   m_axi_rid,
  input  logic [127:0] m_axi_rdata,
  input  logic [1:0]   m_axi_rresp,
  input  logic         m_axi_rlast,

  output logic         irq_o,
  output logic         idle_o
);

  // L = 32: a term is one word of each half of IFM and WGT, so these are two memories each. LOAD counts
  // words over both, VEC those of one.
  localparam int Banks = L == 32 ? 2 : 1;
  localparam int IfmBits = $clog2(IfmWords / Banks);
  localparam int WgtBits = $clog2(WgtWords / Banks);
  localparam int LoadBits = $clog2(IfmWords);
  localparam int PrmBits = $clog2(PrmWords);
  localparam int AccBits = $clog2(AccRows);

  localparam logic [31:0] IdValue =
      {hb_pkg::HB_TILE_KIND_VECTOR, 8'(L), 16'(hb_pkg::HB_TILE_MAP_VERSION)};
  localparam logic [31:0] CapsValue =
      {6'(AccBits), 6'(PrmWords / 64), 10'(WgtWords / 64), 10'(IfmWords / 64)};

  initial begin
    if (L != 8 && L != 16 && L != 32) $fatal(1, "hb_tile_vector: L must be 8, 16 or 32");
    if (IfmWords < WgtWords || WgtWords / Banks < PrmWords)
      $fatal(1, "hb_tile_vector: IFM >= WGT >= PRM");
    if (IfmWords != 1 << LoadBits || WgtWords != Banks << WgtBits || PrmWords != 1 << PrmBits ||
        AccRows != 1 << AccBits)
      $fatal(1, "hb_tile_vector: memories must be powers of two");
    if (LoadBits > 15 || AccBits > 14 || PrmWords < 64)
      $fatal(1, "hb_tile_vector: a memory does not fit the command format");
  end

  // ----------------------------------------------------------------------- registers and control
  logic                regs_quiet, job_valid, job_take, compl_valid, compl_ready;
  hb_pkg::job_t        job;
  hb_pkg::completion_t compl;
  logic                soft_reset, flush, ctl_quiet, busy, first_busy, start, abort_run, end_seen, all_idle;
  logic [31:0]         watchdog, prog, tag;
  logic [19:0]         len;
  logic [127:0]        base;
  logic [31:0]         perf_busy, perf_array, perf_wait_load, perf_wait_store, perf_wait_wgt;
  logic [31:0]         perf_wait_cmd, perf_rd_beats, perf_wr_beats, perf_started, perf_completed;

  hb_tile_regs #(
    .IdValue  (IdValue),
    .CapsValue(CapsValue)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .quiet_o          (regs_quiet),
    .s_axil_awvalid,
    .s_axil_awready,
    .s_axil_awaddr,
    .s_axil_wvalid,
    .s_axil_wready,
    .s_axil_wdata,
    .s_axil_wstrb,
    .s_axil_bvalid,
    .s_axil_bready,
    .s_axil_bresp,
    .s_axil_arvalid,
    .s_axil_arready,
    .s_axil_araddr,
    .s_axil_rvalid,
    .s_axil_rready,
    .s_axil_rdata,
    .s_axil_rresp,
    .irq_o,
    .job_valid_o      (job_valid),
    .job_take_i       (job_take),
    .job_o            (job),
    .compl_valid_i    (compl_valid),
    .compl_ready_o    (compl_ready),
    .compl_i          (compl),
    .soft_reset_o     (soft_reset),
    .flush_i          (flush),
    .busy_i           (busy),
    .watchdog_o       (watchdog),
    .perf_busy_i      (perf_busy),
    .perf_array_i     (perf_array),
    .perf_wait_load_i (perf_wait_load),
    .perf_wait_store_i(perf_wait_store),
    .perf_wait_wgt_i  (perf_wait_wgt),
    .perf_wait_cmd_i  (perf_wait_cmd),
    .perf_rd_beats_i  (perf_rd_beats),
    .perf_wr_beats_i  (perf_wr_beats),
    .perf_started_i   (perf_started),
    .perf_completed_i (perf_completed)
  );

  logic           decode_fault, load_fault, store_fault, progress;
  hb_pkg::fault_t decode_status;
  logic [19:0]    load_index, store_index;

  hb_tile_ctl u_ctl (
    .clk_i,
    .rst_ni,
    .quiet_o        (ctl_quiet),
    .busy_o         (busy),
    .first_o        (first_busy),
    .job_valid_i    (job_valid),
    .job_take_o     (job_take),
    .job_i          (job),
    .compl_valid_o  (compl_valid),
    .compl_ready_i  (compl_ready),
    .compl_o        (compl),
    .soft_reset_i   (soft_reset),
    .flush_o        (flush),
    .watchdog_i     (watchdog),
    .start_o        (start),
    .abort_o        (abort_run),
    .prog_o         (prog),
    .len_o          (len),
    .base_o         (base),
    .tag_o          (tag),
    .end_i          (end_seen),
    .all_idle_i     (all_idle),
    .progress_i     (progress),
    .decode_fault_i (decode_fault),
    .decode_status_i(decode_status),
    .load_fault_i   (load_fault),
    .load_index_i   (load_index),
    .store_fault_i  (store_fault),
    .store_index_i  (store_index)
  );

  // ------------------------------------------------------------------------------------ commands
  logic         fetch_quiet, fetch_ar_valid, fetch_ar_ready, beat_valid, beat_ready, beat_error;
  logic [31:0]  fetch_ar_addr;
  logic [3:0]   fetch_ar_len;
  logic [127:0] beat;
  logic         load_valid, load_ready, exec_valid, store_valid, store_ready;
  hb_pkg::load_desc_t  load_desc;
  hb_pkg::exec_desc_t  exec_desc;
  logic                vec_valid, vec_ready;
  hb_pkg::vec_desc_t   vec_desc;
  hb_pkg::store_desc_t store_desc;

  hb_cmd_fetch u_fetch (
    .clk_i,
    .rst_ni,
    .start_i     (start),
    .stop_i      (abort_run || end_seen),
    .prog_i      (prog),
    .len_i       (len),
    .quiet_o     (fetch_quiet),
    .ar_valid_o  (fetch_ar_valid),
    .ar_ready_i  (fetch_ar_ready),
    .ar_addr_o   (fetch_ar_addr),
    .ar_len_o    (fetch_ar_len),
    .r_valid_i   (m_axi_rvalid && m_axi_rid == hb_pkg::AxiIdFetch),
    .r_data_i    (m_axi_rdata),
    .r_error_i   (m_axi_rresp[1]),
    .r_last_i    (m_axi_rlast),
    .beat_valid_o(beat_valid),
    .beat_ready_i(beat_ready),
    .beat_data_o (beat),
    .beat_error_o(beat_error)
  );

  hb_cmd_decode #(
    .Kind    (32'(hb_pkg::HB_TILE_KIND_VECTOR)),
    .N       (L),
    .IfmWords(IfmWords),
    .WgtWords(WgtWords),
    .PrmWords(PrmWords),
    .AccRows (AccRows)
  ) u_decode (
    .clk_i,
    .rst_ni,
    .start_i      (start),
    .stop_i       (abort_run),
    .len_i        (len),
    .base_i       (base),
    .end_o        (end_seen),
    .fault_valid_o(decode_fault),
    .fault_o      (decode_status),
    .beat_valid_i (beat_valid),
    .beat_ready_o (beat_ready),
    .beat_data_i  (beat),
    .beat_error_i (beat_error),
    .load_valid_o (load_valid),
    .load_ready_i (load_ready),
    .load_desc_o  (load_desc),
    .exec_valid_o (exec_valid),
    .exec_ready_i (1'b0),
    .exec_desc_o  (exec_desc),
    .vec_valid_o  (vec_valid),
    .vec_ready_i  (vec_ready),
    .vec_desc_o   (vec_desc),
    .store_valid_o(store_valid),
    .store_ready_i(store_ready),
    .store_desc_o (store_desc)
  );

  // -------------------------------------------------------------------------------------- tokens
  logic [3:0] avail, load_take, load_push, exec_take, exec_push, done_push, store_take, store_push;

  hb_tokens u_tokens (
    .clk_i,
    .rst_ni,
    .clear_i(start),
    .push_i (load_push | exec_push | done_push | store_push),
    .take_i (load_take | exec_take | store_take),
    .avail_o(avail)
  );

  // ---------------------------------------------------------------------------------------- load
  logic                load_idle, load_ar_valid, load_ar_ready, load_retired, load_beat;
  logic [31:0]         load_ar_addr;
  logic [3:0]          load_ar_len;
  logic [3:0]          load_we;
  logic [LoadBits-1:0] load_waddr;

  assign load_beat = m_axi_rvalid && m_axi_rid == hb_pkg::AxiIdLoad;

  hb_load_engine #(
    .AddrBits(LoadBits)
  ) u_load (
    .clk_i,
    .rst_ni,
    .abort_i      (abort_run),
    .idle_o       (load_idle),
    .cmd_valid_i  (load_valid),
    .cmd_ready_o  (load_ready),
    .cmd_i        (load_desc),
    .avail_i      (avail),
    .take_o       (load_take),
    .push_o       (load_push),
    .ar_valid_o   (load_ar_valid),
    .ar_ready_i   (load_ar_ready),
    .ar_addr_o    (load_ar_addr),
    .ar_len_o     (load_ar_len),
    .r_valid_i    (load_beat),
    .r_error_i    (m_axi_rresp[1]),
    .r_last_i     (m_axi_rlast),
    .we_o         (load_we),
    .waddr_o      (load_waddr),
    .fault_valid_o(load_fault),
    .fault_index_o(load_index),
    .retired_o    (load_retired)
  );

  hb_axi_ar_arb u_ar_arb (
    .clk_i,
    .rst_ni,
    .fetch_valid_i(fetch_ar_valid),
    .fetch_ready_o(fetch_ar_ready),
    .fetch_addr_i (fetch_ar_addr),
    .fetch_len_i  (fetch_ar_len),
    .load_valid_i (load_ar_valid),
    .load_ready_o (load_ar_ready),
    .load_addr_i  (load_ar_addr),
    .load_len_i   (load_ar_len),
    .m_axi_arvalid,
    .m_axi_arready,
    .m_axi_arid,
    .m_axi_araddr,
    .m_axi_arlen  (m_axi_arlen[3:0])
  );
  assign m_axi_arlen[7:4] = '0;
  assign m_axi_rready     = 1'b1;

  // -------------------------------------------------------------------------------- scratchpads
  logic                 ifm_re, wgt_re, prm_re;
  logic [IfmBits-1:0]   ifm_addr;
  logic [WgtBits-1:0]   wgt_addr;
  logic [PrmBits-1:0]   prm_addr;
  logic [128*Banks-1:0] ifm_word, wgt_word;
  logic [127:0]         prm_word;

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic ifm_hit, wgt_hit;
    if (Banks == 2) begin : gen_two
      assign ifm_hit = load_waddr[IfmBits] == 1'(b);
      assign wgt_hit = load_waddr[WgtBits] == 1'(b);
    end else begin : gen_one
      assign ifm_hit = 1'b1;
      assign wgt_hit = 1'b1;
    end

    hb_scratchpad #(
      .Width(128),
      .Words(IfmWords / Banks)
    ) u_ifm (
      .clk_i,
      .we_i   (load_we[0] && ifm_hit),
      .waddr_i(load_waddr[IfmBits-1:0]),
      .wdata_i(m_axi_rdata),
      .re_i   (ifm_re),
      .raddr_i(ifm_addr),
      .rdata_o(ifm_word[128*b+:128])
    );

    hb_scratchpad #(
      .Width(128),
      .Words(WgtWords / Banks)
    ) u_wgt (
      .clk_i,
      .we_i   (load_we[1] && wgt_hit),
      .waddr_i(load_waddr[WgtBits-1:0]),
      .wdata_i(m_axi_rdata),
      .re_i   (wgt_re),
      .raddr_i(wgt_addr),
      .rdata_o(wgt_word[128*b+:128])
    );
  end

  hb_scratchpad #(
    .Width(128),
    .Words(PrmWords)
  ) u_prm (
    .clk_i,
    .we_i   (load_we[2]),
    .waddr_i(load_waddr[PrmBits-1:0]),
    .wdata_i(m_axi_rdata),
    .re_i   (prm_re),
    .raddr_i(prm_addr),
    .rdata_o(prm_word)
  );

  // ------------------------------------------------------------------------------------- execute
  logic               seq_idle, alive, done, done_e2s, waits_load, waits_store;
  logic               store_acc_re;
  logic [AccBits-1:0] store_acc_addr;
  logic [32*L-1:0]    store_acc_data;

  logic               term_valid, lanes_alive, result_alive, pixel_valid;
  hb_pkg::vec_term_t  term, pixel_term;
  hb_pkg::vec_scale_t pixel_scale, stat_row;
  logic [32*L-1:0]    pixel_value;
  logic [L-1:0]       pixel_any;
  logic               seq_scale_re, stat_start, stat_end, stat_busy, stat_re, stat_we;
  logic [AccBits-1:0] seq_scale_addr, stat_addr, stat_waddr;
  hb_pkg::vec_desc_t  stat_cmd;
  logic [63:0]        scale_row;

  assign alive = lanes_alive || result_alive || stat_busy;

  hb_vec_seq #(
    .IfmBits(IfmBits),
    .WgtBits(WgtBits),
    .AccBits(AccBits)
  ) u_seq (
    .clk_i,
    .rst_ni,
    .abort_i      (abort_run),
    .idle_o       (seq_idle),
    .cmd_valid_i  (vec_valid),
    .cmd_ready_o  (vec_ready),
    .cmd_i        (vec_desc),
    .avail_i      (avail),
    .take_o       (exec_take),
    .push_o       (exec_push),
    .alive_i      (alive),
    .term_valid_o (term_valid),
    .term_o       (term),
    .ifm_re_o     (ifm_re),
    .ifm_addr_o   (ifm_addr),
    .wgt_re_o     (wgt_re),
    .wgt_addr_o   (wgt_addr),
    .stat_re_o    (seq_scale_re),
    .stat_addr_o  (seq_scale_addr),
    .stat_start_o (stat_start),
    .stat_cmd_o   (stat_cmd),
    .stat_end_i   (stat_end),
    .waits_load_o (waits_load),
    .waits_store_o(waits_store)
  );

  hb_vec_lanes #(
    .L(L)
  ) u_lanes (
    .clk_i,
    .rst_ni,
    .abort_i     (abort_run),
    .alive_o     (lanes_alive),
    .term_valid_i(term_valid),
    .term_i      (term),
    .ifm_i       (ifm_word),
    .wgt_i       (wgt_word),
    .scale_i     ({scale_row[63:32], scale_row[20:0]}),
    .tab_we_i    (load_we[3]),
    .tab_waddr_i (load_waddr[4:0]),
    .tab_wdata_i (m_axi_rdata),
    .valid_o     (pixel_valid),
    .term_o      (pixel_term),
    .scale_o     (pixel_scale),
    .value_o     (pixel_value),
    .any_o       (pixel_any)
  );

  hb_vec_stat #(
    .AccBits(AccBits)
  ) u_stat (
    .clk_i,
    .rst_ni,
    .abort_i(abort_run),
    .busy_o (stat_busy),
    .start_i(stat_start),
    .cmd_i  (stat_cmd),
    .end_o  (stat_end),
    .re_o   (stat_re),
    .addr_o (stat_addr),
    .data_i (scale_row[31:0]),
    .we_o   (stat_we),
    .waddr_o(stat_waddr),
    .row_o  (stat_row)
  );

  hb_vec_result #(
    .L      (L),
    .AccRows(AccRows)
  ) u_result (
    .clk_i,
    .rst_ni,
    .abort_i     (abort_run),
    .alive_o     (result_alive),
    .valid_i     (pixel_valid),
    .term_i      (pixel_term),
    .scale_i     (pixel_scale),
    .value_i     (pixel_value),
    .any_i       (pixel_any),
    .scale_re_i  (seq_scale_re || stat_re),
    .scale_addr_i(stat_re ? stat_addr : seq_scale_addr),
    .scale_o     (scale_row),
    .stat_we_i   (stat_we),
    .stat_waddr_i(stat_waddr),
    .stat_row_i  (stat_row),
    .done_o      (done),
    .done_push_o (done_e2s),
    .st_re_i     (store_acc_re),
    .st_addr_i   (store_acc_addr),
    .st_data_o   (store_acc_data)
  );
  assign done_push = done_e2s ? hb_pkg::HB_CMD_TOKEN_E2S : '0;

  // --------------------------------------------------------------------------------------- store
  logic store_idle, store_retired;

  hb_store_engine #(
    .N      (L),
    .AccBits(AccBits),
    .PrmBits(PrmBits)
  ) u_store (
    .clk_i,
    .rst_ni,
    .abort_i      (abort_run),
    .idle_o       (store_idle),
    .cmd_valid_i  (store_valid),
    .cmd_ready_o  (store_ready),
    .cmd_i        (store_desc),
    .avail_i      (avail),
    .take_o       (store_take),
    .push_o       (store_push),
    .prm_re_o     (prm_re),
    .prm_addr_o   (prm_addr),
    .prm_data_i   (prm_word),
    .acc_re_o     (store_acc_re),
    .acc_addr_o   (store_acc_addr),
    .acc_data_i   (store_acc_data),
    .m_axi_awvalid,
    .m_axi_awready,
    .m_axi_awaddr,
    .m_axi_awlen  (m_axi_awlen[3:0]),
    .m_axi_wvalid,
    .m_axi_wready,
    .m_axi_wdata,
    .m_axi_wstrb,
    .m_axi_wlast,
    .m_axi_bvalid,
    .m_axi_berror (m_axi_bresp[1]),
    .fault_valid_o(store_fault),
    .fault_index_o(store_index),
    .retired_o    (store_retired)
  );
  assign m_axi_awid       = hb_pkg::AxiIdStore;
  assign m_axi_awlen[7:4] = '0;
  assign m_axi_bready     = 1'b1;

  // ------------------------------------------------------------------------------------ counters
  hb_perf u_perf (
    .clk_i,
    .rst_ni,
    .clear_i      (flush),
    .busy_i       (busy),
    .started_i    (first_busy),
    .completed_i  (compl_valid),
    .pixel_i      (term_valid),
    .waits_load_i (waits_load),
    .waits_store_i(waits_store),
    .exec_active_i(term_valid || alive),
    .rd_beat_i    (m_axi_rvalid),
    .wr_beat_i    (m_axi_wvalid && m_axi_wready),
    .compl_i      (compl),
    .tag_i        (tag),
    .busy_o       (perf_busy),
    .array_o      (perf_array),
    .wait_load_o  (perf_wait_load),
    .wait_store_o (perf_wait_store),
    .wait_wgt_o   (perf_wait_wgt),
    .wait_cmd_o   (perf_wait_cmd),
    .rd_beats_o   (perf_rd_beats),
    .wr_beats_o   (perf_wr_beats),
    .started_o    (perf_started),
    .completed_o  (perf_completed)
  );

  assign progress = m_axi_rvalid || m_axi_bvalid || (m_axi_arvalid && m_axi_arready) ||
                    (m_axi_awvalid && m_axi_awready) || (m_axi_wvalid && m_axi_wready) || term_valid ||
                    stat_we || done || load_retired || store_retired;
  assign all_idle = fetch_quiet && load_idle && seq_idle && !alive && store_idle;
  assign idle_o   = ctl_quiet && regs_quiet;

  logic unused_exec;  // what only systolic tiles have
  assign unused_exec = ^{exec_valid, exec_desc, scale_row[31:21]};
  logic unused_ids;
  assign unused_ids = ^{m_axi_bid, m_axi_bresp[0], m_axi_rresp[0]};

endmodule
