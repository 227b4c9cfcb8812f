// SPDX-License-Identifier: Apache-2.0
//
// hb_axi_ar_arb: the AXI read address channel, shared by command fetch and load engine.
//
// One address a cycle, registered. Command fetch goes first: it asks seldom, and everything waits for it.

module hb_axi_ar_arb (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Fetch
  input  logic        fetch_valid_i,
  output logic        fetch_ready_o,
  input  logic [31:0] fetch_addr_i,
  input  logic [3:0]  fetch_len_i,

  // Load
  input  logic        load_valid_i,
  output logic        load_ready_o,
  input  logic [31:0] load_addr_i,
  input  logic [3:0]  load_len_i,

  // AXI
  output logic        m_axi_arvalid,
  input  logic        m_axi_arready,
  output logic [3:0]  m_axi_arid,
  output logic [31:0] m_axi_araddr,
  output logic [3:0]  m_axi_arlen
);

  logic        valid_q;
  logic [3:0]  id_q, len_q;
  logic [31:0] addr_q;
  logic        free;

  assign free          = !valid_q || m_axi_arready;
  assign fetch_ready_o = free;
  assign load_ready_o  = free && !fetch_valid_i;

  assign m_axi_arvalid = valid_q;
  assign m_axi_arid    = id_q;
  assign m_axi_araddr  = addr_q;
  assign m_axi_arlen   = len_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (free) valid_q <= fetch_valid_i || load_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (free && fetch_valid_i) begin
      id_q   <= hb_pkg::AxiIdFetch;
      addr_q <= fetch_addr_i;
      len_q  <= fetch_len_i;
    end else if (free && load_valid_i) begin
      id_q   <= hb_pkg::AxiIdLoad;
      addr_q <= load_addr_i;
      len_q  <= load_len_i;
    end
  end

endmodule
