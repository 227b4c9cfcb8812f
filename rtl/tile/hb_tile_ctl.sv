// SPDX-License-Identifier: Apache-2.0
//
// hb_tile_ctl: runs one job after the other, ends them, and watches over them.
//
// A job starts when one is queued and there is room for its completion. It is done when END was decoded and
// every engine is idle, all writes answered. A fault (the first one wins), the watchdog or a soft reset
// stops it: abort_o holds until AXI has drained and every engine is idle. After a soft reset no
// completion is queued; flush_o empties the queues instead.

module hb_tile_ctl (
  input  logic                clk_i,
  input  logic                rst_ni,
  output logic                quiet_o,  // no job runs and none can start
  output logic                busy_o,   // a job is running
  output logic                first_o,  // its first cycle

  // Queues
  input  logic                job_valid_i,
  output logic                job_take_o,
  input  hb_pkg::job_t        job_i,
  output logic                compl_valid_o,
  input  logic                compl_ready_i,
  output hb_pkg::completion_t compl_o,

  // Registers
  input  logic                soft_reset_i,
  output logic                flush_o,
  input  logic [31:0]         watchdog_i,

  // Engines
  output logic                start_o,  // one cycle; prog, len and base hold from here on
  output logic                abort_o,
  output logic [31:0]         prog_o,
  output logic [19:0]         len_o,
  output logic [127:0]        base_o,
  output logic [31:0]         tag_o,
  input  logic                end_i,       // END was decoded
  input  logic                all_idle_i,  // engines, array, fetch
  input  logic                progress_i,

  // Faults
  input  logic                decode_fault_i,
  input  hb_pkg::fault_t      decode_status_i,
  input  logic                load_fault_i,
  input  logic [19:0]         load_index_i,
  input  logic                store_fault_i,
  input  logic [19:0]         store_index_i
);

  typedef enum logic [2:0] {StIdle, StCheck, StStart, StRun, StAbort, StDone} state_e;

  state_e         state_q;
  hb_pkg::job_t   job_q;
  hb_pkg::fault_t fault_q;
  logic [31:0]    cycles_q, stuck_q;
  logic           fault, bark;
  hb_pkg::fault_t fault_new;

  assign bark  = watchdog_i != '0 && stuck_q >= watchdog_i;
  assign fault = decode_fault_i || load_fault_i || store_fault_i || bark;

  always_comb begin
    if (decode_fault_i) fault_new = decode_status_i;
    else if (load_fault_i) fault_new = {hb_pkg::HB_TILE_STATUS_AXI_READ, load_index_i};
    else if (store_fault_i) fault_new = {hb_pkg::HB_TILE_STATUS_AXI_WRITE, store_index_i};
    else fault_new = {hb_pkg::HB_TILE_STATUS_WATCHDOG, 20'd0};
  end

  assign job_take_o = state_q == StIdle && !soft_reset_i && job_valid_i && compl_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        // Waits for a job.
        StIdle: if (job_take_o) state_q <= StCheck;
        // Looks at its registers.
        StCheck: begin
          if (job_q.len == '0 || job_q.prog[5:0] != '0 || job_q.base[3:0] != '0 ||
              job_q.base[35:32] != '0 || job_q.base[67:64] != '0 || job_q.base[99:96] != '0)
            state_q <= StDone;
          else
            state_q <= StStart;
        end
        // Sets the fetch going.
        StStart: state_q <= StRun;
        // Runs it.
        StRun: begin
          if (fault || soft_reset_i) state_q <= StAbort;
          else if (end_i && all_idle_i) state_q <= StDone;
        end
        // Lets AXI drain.
        StAbort: if (all_idle_i) state_q <= StDone;
        // Queues the completion.
        StDone: state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle: begin
        if (job_take_o) begin
          job_q         <= job_i;
          cycles_q      <= 32'd1;
          stuck_q       <= '0;
          fault_q.code  <= hb_pkg::HB_TILE_STATUS_OK;
          fault_q.index <= '0;
        end
      end
      StCheck: begin
        cycles_q <= cycles_q + 32'd1;
        if (job_q.len == '0) fault_q.code <= hb_pkg::HB_TILE_STATUS_NO_END;
        else if (job_q.prog[5:0] != '0 || job_q.base[3:0] != '0 || job_q.base[35:32] != '0 ||
                 job_q.base[67:64] != '0 || job_q.base[99:96] != '0)
          fault_q.code <= hb_pkg::HB_TILE_STATUS_BAD_FIELD;
      end
      StStart: cycles_q <= cycles_q + 32'd1;
      StRun: begin
        cycles_q <= cycles_q + 32'd1;
        stuck_q  <= progress_i ? '0 : stuck_q + 32'd1;
        if (fault) fault_q <= fault_new;
      end
      StAbort: cycles_q <= cycles_q + 32'd1;
      default: ;
    endcase
  end

  // A completion is queued one cycle after the job's last; a soft reset swallows it.
  assign compl_valid_o = state_q == StDone && !soft_reset_i;
  assign compl_o       = {job_q.tag, fault_q, cycles_q};
  assign flush_o       = soft_reset_i && (state_q == StIdle || state_q == StDone);

  assign start_o = state_q == StStart;
  assign abort_o = state_q == StAbort;
  assign prog_o  = job_q.prog;
  assign len_o   = job_q.len;
  assign base_o  = job_q.base;
  assign tag_o   = job_q.tag;

  assign busy_o  = state_q != StIdle;
  assign first_o = state_q == StCheck;
  assign quiet_o = state_q == StIdle && !soft_reset_i && !(job_valid_i && compl_ready_i);

endmodule
