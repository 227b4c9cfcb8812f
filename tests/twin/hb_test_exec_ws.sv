// SPDX-License-Identifier: Apache-2.0
//
// hb_test_exec_ws: sequencer and array of the weight-stationary tile, wired as in hb_tile_systolic, without data.

module hb_test_exec_ws #(
  parameter int N = 16
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               abort_i,

  // Commands
  input  logic               cmd_valid_i,
  output logic               cmd_ready_o,
  input  hb_pkg::exec_desc_t cmd_i,

  // Tokens
  input  logic [3:0]         avail_i,
  output logic [3:0]         take_o,
  output logic [3:0]         push_o,

  // What the tile sees of them
  output logic               idle_o,
  output logic               alive_o,
  output logic               start_o,
  output logic               step_o,
  output logic               pixel_o,
  output logic               waits_load_o,
  output logic               waits_store_o,
  output logic               done_o,
  output logic               done_push_o
);

  localparam int IfmBits = 13;
  localparam int WgtBits = 12;
  localparam int AccBits = 10;

  logic               in_image, upper, acc_init, weight, first, wgt_upper, x_flip, w_flip, last, last_push;
  logic [8:0]         x_zero, w_zero;
  logic [AccBits-1:0] acc_addr;
  logic [IfmBits-1:0] ifm_addr;
  logic [WgtBits-1:0] wgt_addr;
  logic [32*N-1:0]    st_data;

  hb_exec_ws #(
    .N      (N),
    .IfmBits(IfmBits),
    .WgtBits(WgtBits),
    .AccBits(AccBits)
  ) u_exec (
    .clk_i,
    .rst_ni,
    .abort_i,
    .idle_o,
    .cmd_valid_i,
    .cmd_ready_o,
    .cmd_i,
    .avail_i,
    .take_o,
    .push_o,
    .last_o     (last),
    .last_push_o(last_push),
    .step_o,
    .pixel_o,
    .in_image_o (in_image),
    .ifm_addr_o (ifm_addr),
    .upper_o    (upper),
    .acc_addr_o (acc_addr),
    .acc_init_o (acc_init),
    .weight_o   (weight),
    .first_o    (first),
    .wgt_addr_o (wgt_addr),
    .wgt_upper_o(wgt_upper),
    .x_flip_o   (x_flip),
    .x_zero_o   (x_zero),
    .w_flip_o   (w_flip),
    .w_zero_o   (w_zero),
    .waits_load_o,
    .waits_store_o
  );
  assign start_o = u_exec.start;

  hb_systolic_ws #(
    .N      (N),
    .AccRows(1 << AccBits)
  ) u_array (
    .clk_i,
    .rst_ni,
    .abort_i,
    .alive_o,
    .step_i     (step_o),
    .pixel_i    (pixel_o),
    .in_image_i (in_image),
    .upper_i    (upper),
    .acc_addr_i (acc_addr),
    .acc_init_i (acc_init),
    .weight_i   (weight),
    .first_i    (first),
    .wgt_upper_i(wgt_upper),
    .x_flip_i   (x_flip),
    .x_zero_i   (x_zero),
    .w_flip_i   (w_flip),
    .w_zero_i   (w_zero),
    .last_i     (last),
    .last_push_i(last_push),
    .ifm_i      ('0),
    .wgt_i      ('0),
    .done_o,
    .done_push_o,
    .st_re_i    (1'b0),
    .st_addr_i  ('0),
    .st_data_o  (st_data)
  );

  logic unused_data;
  assign unused_data = ^{ifm_addr, wgt_addr, st_data};

endmodule
