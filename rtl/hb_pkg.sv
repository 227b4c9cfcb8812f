// SPDX-License-Identifier: Apache-2.0
//
// hb_pkg: numbers and types shared by the modules of a tile.
//
// The register map, the command format and the status codes come from regs/hb_tile.toml through the
// generated hb_regs.svh. The descriptors are what the decoder hands to the engines: commands that are
// known to be legal, with every product already formed.

package hb_pkg;

`include "hb_regs.svh"

  // AXI IDs of the manager port
  localparam logic [3:0] AxiIdFetch = 4'd0;
  localparam logic [3:0] AxiIdLoad = 4'd1;
  localparam logic [3:0] AxiIdStore = 4'd2;

  localparam int JobQueueDepth = 4;
  localparam int ComplQueueDepth = 8;
  localparam int CommandQueueDepth = 4;  // per engine
  localparam int MaxOutstanding = 8;     // bursts per engine

  // Why a job failed: status code and the index of the command at fault.
  typedef struct packed {
    logic [7:0]  code;
    logic [19:0] index;
  } fault_t;

  typedef struct packed {
    logic [19:0]  len;
    logic [31:0]  prog;
    logic [127:0] base;
    logic [31:0]  tag;
  } job_t;

  typedef struct packed {
    logic [31:0] tag;
    fault_t      status;
    logic [31:0] cycles;
  } completion_t;

  typedef struct packed {
    logic [31:0] addr;  // of the first beat
    logic [31:0] row_pitch;
    logic [31:0] plane_pitch;
    logic [15:0] beats;
    logic [15:0] rows;
    logic [15:0] planes;
    logic [1:0]  mem;
    logic [15:0] dst;
    logic [15:0] total;  // beats in all
    logic [19:0] index;
    logic [3:0]  wait_mask;
    logic [3:0]  push_mask;
  } load_desc_t;

  typedef struct packed {
    logic [31:0] addr;  // of the first beat
    logic [31:0] row_pitch;
    logic [15:0] acc;
    logic [15:0] prm;
    logic [15:0] beats;
    logic [15:0] rows;
    logic [15:0] total;  // pixels in all
    logic        raw;
    logic        y_signed;
    logic        half;
    logic [7:0]  y_zp;
    logic [7:0]  clip_min;
    logic [7:0]  clip_max;
    logic [19:0] index;
    logic [3:0]  wait_mask;
    logic [3:0]  push_mask;
  } store_desc_t;

  typedef struct packed {
    logic [15:0]        kt_addr;      // IFM word of pixel (0, 0) under the first k-tile
    logic [15:0]        tap_addr;     // the same for channel step 0 of that tap
    logic [15:0]        taprow_addr;  // the same for tap column 0 of that tap row
    logic signed [19:0] base_y;       // input row under the first tap and output row 0
    logic signed [19:0] base_x;       // input column under the first tap and output column 0
    logic signed [19:0] org_x;        // input column under tap column 0 and output column 0
    logic [15:0]        plane_pitch;
    logic [15:0]        row_step;     // IFM words from an output row's input row to the next one's
    logic [15:0]        tap_step;     // IFM words from a tap row to the next
    logic [15:0]        in_h;
    logic [15:0]        in_w;
    logic [15:0]        out_h;
    logic [15:0]        out_w;
    logic [7:0]         stride_y;
    logic [7:0]         stride_x;
    logic [7:0]         dil_y;
    logic [7:0]         dil_x;
    logic [7:0]         ker_w;
    logic [15:0]        k_c;
    logic [15:0]        c0;
    logic [7:0]         s0;
    logic [15:0]        k_count;
    logic [15:0]        wgt;
    logic [15:0]        acc;
    logic [7:0]         x_zp;
    logic [7:0]         w_zp;
    logic               init;
    logic               x_signed;
    logic               w_signed;
    logic               half;
    logic [3:0]         wait_mask;
    logic [3:0]         push_mask;
  } exec_desc_t;

  // Flags of VEC, bit 8 first.
  typedef struct packed {
    logic lane;
    logic across;
    logic scale;
    logic offset;
    logic lookup;  // TABLE
    logic half;
    logic w_signed;
    logic x_signed;
    logic acc;
  } vec_flags_t;

  // VEC, and STAT: fn bit 0 is RSQRT, stat and wgt the rows a and b, acc the row written, out_w the number
  // of rows, m0 the count.
  typedef struct packed {
    logic               is_stat;
    logic [2:0]         fn;
    logic [15:0]        addr;       // IFM word of the first term of pixel (0, 0)
    logic signed [19:0] org_y;      // input row and column of that term
    logic signed [19:0] org_x;
    logic [15:0]        plane_pitch;
    logic [15:0]        row_step;   // IFM words from an output row's input row to the next one's
    logic [15:0]        tap_step;   // IFM words from a tap row to the next
    logic [15:0]        in_h;
    logic [15:0]        in_w;
    logic [15:0]        out_h;
    logic [15:0]        out_w;
    logic [7:0]         stride_y;
    logic [7:0]         stride_x;
    logic [7:0]         dil_y;
    logic [7:0]         dil_x;
    logic [7:0]         ker_h;
    logic [7:0]         ker_w;
    logic [15:0]        k_c;
    logic [15:0]        wgt;
    logic [15:0]        acc;
    logic [15:0]        acc_dy;
    logic [7:0]         acc_dx;
    logic [15:0]        stat;
    logic [5:0]         lanes;
    logic [3:0]         rot;
    logic [15:0]        m0;
    logic [15:0]        m1;
    logic [7:0]         x_zp;
    logic [7:0]         x2_zp;
    logic [31:0]        eps;
    vec_flags_t         flags;
    logic [3:0]         wait_mask;
    logic [3:0]         push_mask;
  } vec_desc_t;

  // One term of one pixel on its way through the lanes.
  typedef struct packed {
    logic        in_image;
    logic        first;     // of its pixel
    logic        last;
    logic        limit;     // last channel step: lanes at or beyond `lanes` are absent
    logic [5:0]  lanes;
    logic [3:0]  rot;       // LANE: the byte that all take
    logic [2:0]  fn;
    logic [15:0] m;         // SUM
    logic [7:0]  x_zp;
    logic [7:0]  w_zp;
    vec_flags_t  flags;
    logic [13:0] row;       // accumulator row of the pixel
    logic        cmd_last;  // last term of the command
    logic        cmd_push;  // which pushes E2S
  } vec_term_t;

  // Lanes 0 and 1 of a row that STAT left.
  typedef struct packed {
    logic signed [31:0] offset;
    logic [4:0]         shift;
    logic [15:0]        mant;
  } vec_scale_t;

endpackage
