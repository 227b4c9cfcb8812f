// SPDX-License-Identifier: Apache-2.0
//
// copy_tile: copies JOB_LEN beats of 16 bytes from JOB_BASE0 to JOB_BASE1. No program, no queue, no engines of ours:
// plain Verilog with a synchronous reset, to show what a tile needs to be one.
//
// Registers it lacks read as 0. One job at a time; a doorbell while one runs, or while a completion waits, is ignored (STATUS.OVERRUN). A job
// copies chunk by chunk through a buffer; a chunk, one burst in and one out, ends where either side reaches a multiple of the
// buffer's size.

module copy_tile #(
  parameter LANES = 16,  // shown in ID.SIZE
  parameter LOG_BEATS = 4  // the buffer has 2 to the power of this, 1 to 8
) (
  input              clk_i,
  input              rst_ni,

  input              s_axil_awvalid,
  output             s_axil_awready,
  input      [15:0]  s_axil_awaddr,
  input              s_axil_wvalid,
  output             s_axil_wready,
  input      [31:0]  s_axil_wdata,
  input      [3:0]   s_axil_wstrb,
  output reg         s_axil_bvalid,
  input              s_axil_bready,
  output     [1:0]   s_axil_bresp,
  input              s_axil_arvalid,
  output             s_axil_arready,
  input      [15:0]  s_axil_araddr,
  output reg         s_axil_rvalid,
  input              s_axil_rready,
  output reg [31:0]  s_axil_rdata,
  output     [1:0]   s_axil_rresp,

  output             m_axi_awvalid,
  input              m_axi_awready,
  output     [3:0]   m_axi_awid,
  output     [31:0]  m_axi_awaddr,
  output     [7:0]   m_axi_awlen,
  output             m_axi_wvalid,
  input              m_axi_wready,
  output     [127:0] m_axi_wdata,
  output     [15:0]  m_axi_wstrb,
  output             m_axi_wlast,
  input              m_axi_bvalid,
  output             m_axi_bready,
  input      [3:0]   m_axi_bid,
  input      [1:0]   m_axi_bresp,
  output             m_axi_arvalid,
  input              m_axi_arready,
  output     [3:0]   m_axi_arid,
  output     [31:0]  m_axi_araddr,
  output     [7:0]   m_axi_arlen,
  input              m_axi_rvalid,
  output             m_axi_rready,
  input      [3:0]   m_axi_rid,
  input      [127:0] m_axi_rdata,
  input      [1:0]   m_axi_rresp,
  input              m_axi_rlast,

  output             irq_o,
  output             idle_o
);

  localparam BEATS = 1 << LOG_BEATS;
  localparam [11:0] ID = 12'h000, CTRL = 12'h008, STATUS = 12'h00c, LEN = 12'h014,
                    SRC = 12'h018, DST = 12'h01c, TAG = 12'h028, C_TAG = 12'h030, C_STATUS = 12'h034,
                    C_POP = 12'h03c;
  localparam [7:0] OK = 8'd0, BAD_FIELD = 8'd2, AXI_READ = 8'd3, AXI_WRITE = 8'd4, NO_END = 8'd6;
  localparam [2:0] IDLE = 3'd0, PLAN = 3'd1, ASK = 3'd2, FILL = 3'd3, SAY = 3'd4, POUR = 3'd5, WAIT = 3'd6;

  reg [127:0] buffer [0:BEATS-1];
  reg [2:0]   state;
  reg [31:0]  src, dst, tag, from, to;
  reg [19:0]  len, left;
  reg [LOG_BEATS:0]   chunk;  // beats, 1 to BEATS
  reg [LOG_BEATS-1:0] beat;
  reg [7:0]   code;   // of the running job, then of its completion
  reg         irq_en, overrun, done;

  reg         have_addr, have_data;
  reg [15:0]  waddr;
  reg [31:0]  wdata;

  wire [LOG_BEATS:0] last_beat = chunk - 1;
  wire last = {1'b0, beat} == last_beat;
  wire [LOG_BEATS:0] to_src_end = BEATS[LOG_BEATS:0] - {1'b0, from[LOG_BEATS+3:4]};
  wire [LOG_BEATS:0] to_dst_end = BEATS[LOG_BEATS:0] - {1'b0, to[LOG_BEATS+3:4]};
  wire [LOG_BEATS:0] both_ends  = to_src_end < to_dst_end ? to_src_end : to_dst_end;

  assign s_axil_awready = !have_addr;
  assign s_axil_wready  = !have_data;
  assign s_axil_bresp   = 2'b00;
  assign s_axil_arready = !s_axil_rvalid;
  assign s_axil_rresp   = 2'b00;

  assign m_axi_arvalid = state == ASK;
  assign m_axi_arid    = 4'd5;
  assign m_axi_araddr  = from;
  assign m_axi_arlen   = {{8-LOG_BEATS{1'b0}}, last_beat[LOG_BEATS-1:0]};
  assign m_axi_rready  = state == FILL;
  assign m_axi_awvalid = state == SAY;
  assign m_axi_awid    = 4'd9;
  assign m_axi_awaddr  = to;
  assign m_axi_awlen   = m_axi_arlen;
  assign m_axi_wvalid  = state == POUR;
  assign m_axi_wdata   = buffer[beat];
  assign m_axi_wstrb   = 16'hffff;
  assign m_axi_wlast   = last;
  assign m_axi_bready  = state == WAIT;

  assign irq_o  = irq_en && done;
  assign idle_o = state == IDLE && !have_addr && !have_data && !s_axil_bvalid && !s_axil_rvalid;

  always @(posedge clk_i) begin
    // ---- the job
    case (state)
      PLAN: begin  // the next chunk, or the end
        beat <= 0;
        chunk <= left < {{19-LOG_BEATS{1'b0}}, both_ends} ? left[LOG_BEATS:0] : both_ends;
        state <= ASK;
        if (left == 0 || code != OK) begin
          done <= 1;
          state <= IDLE;
        end
      end
      ASK: if (m_axi_arready) state <= FILL;
      FILL: if (m_axi_rvalid) begin
        buffer[beat] <= m_axi_rdata;
        beat <= beat + 1;
        if (m_axi_rresp != 0) code <= AXI_READ;
        if (m_axi_rlast) begin
          beat <= 0;
          state <= m_axi_rresp != 0 || code != OK ? PLAN : SAY;
        end
      end
      SAY: if (m_axi_awready) state <= POUR;
      POUR: if (m_axi_wready) begin
        beat <= beat + 1;
        if (last) state <= WAIT;
      end
      WAIT: if (m_axi_bvalid) begin
        if (m_axi_bresp != 0) code <= AXI_WRITE;
        from <= from + {{27-LOG_BEATS{1'b0}}, chunk, 4'd0};
        to <= to + {{27-LOG_BEATS{1'b0}}, chunk, 4'd0};
        left <= left - {{19-LOG_BEATS{1'b0}}, chunk};
        state <= PLAN;
      end
      default: ;
    endcase

    // ---- registers
    if (s_axil_awvalid && s_axil_awready) begin
      have_addr <= 1;
      waddr <= s_axil_awaddr;
    end
    if (s_axil_wvalid && s_axil_wready) begin
      have_data <= 1;
      wdata <= s_axil_wdata;
    end
    if (s_axil_bready) s_axil_bvalid <= 0;
    if (have_addr && have_data && !s_axil_bvalid) begin
      have_addr <= 0;
      have_data <= 0;
      s_axil_bvalid <= 1;
      case (waddr[11:0])
        CTRL: irq_en <= wdata[0];
        LEN: len <= wdata[19:0];
        SRC: src <= wdata;
        DST: dst <= wdata;
        TAG: if (state != IDLE || done) overrun <= 1;
        else begin
          tag <= wdata;
          from <= src;
          to <= dst;
          left <= len;
          code <= len == 0 ? NO_END : src[3:0] != 0 || dst[3:0] != 0 ? BAD_FIELD : OK;
          state <= PLAN;
        end
        C_POP: if (wdata[0]) done <= 0;
        default: ;
      endcase
    end

    if (s_axil_rready) s_axil_rvalid <= 0;
    if (s_axil_arvalid && s_axil_arready) begin
      s_axil_rvalid <= 1;
      case (s_axil_araddr[11:0])
        ID: s_axil_rdata <= {8'd255, LANES[7:0], 16'd2};
        CTRL: s_axil_rdata <= {31'd0, irq_en};
        STATUS: s_axil_rdata <= {23'd0, done, 5'd0, overrun, state != IDLE || done, state != IDLE};
        C_TAG: s_axil_rdata <= done ? tag : 0;
        C_STATUS: s_axil_rdata <= {done, 23'd0, done ? code : 8'd0};
        default: s_axil_rdata <= 0;
      endcase
    end

    if (!rst_ni) begin
      state <= IDLE;
      {irq_en, overrun, done, have_addr, have_data, s_axil_bvalid, s_axil_rvalid} <= 0;
      len <= 0;
      src <= 0;
      dst <= 0;
    end
  end

endmodule
