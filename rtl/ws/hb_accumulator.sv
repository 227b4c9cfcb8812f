// SPDX-License-Identifier: Apache-2.0
//
// hb_accumulator: memory of rows of N int32 with add-to-memory.
//
// An update takes two cycles: in the first rd_i names the row, in the second up_i names it again and its
// partial sums are there. Updates may follow each other every cycle as long as the same row does not come
// twice in a row. The store engine has a read port of its own (one cycle; data holds), so synthesis keeps two
// copies.

module hb_accumulator #(
  parameter int N = 16,
  parameter int Rows = 1024,
  localparam int AddrBits = $clog2(Rows)
) (
  input  logic                clk_i,

  // Update
  input  logic                rd_i,
  input  logic [AddrBits-1:0] rd_addr_i,
  input  logic                up_i,
  input  logic                up_init_i,  // overwrite instead of add
  input  logic [AddrBits-1:0] up_addr_i,
  input  logic [32*N-1:0]     psum_i,

  // Store
  input  logic                st_re_i,
  input  logic [AddrBits-1:0] st_addr_i,
  output logic [32*N-1:0]     st_data_o
);

  logic [32*N-1:0] mem [0:Rows-1];
  logic [32*N-1:0] rd_q, st_q, sum;

  for (genvar c = 0; c < N; c++) begin : gen_sum
    assign sum[32*c+:32] = (up_init_i ? 32'd0 : rd_q[32*c+:32]) + psum_i[32*c+:32];
  end

  always_ff @(posedge clk_i) begin
    if (up_i) mem[up_addr_i] <= sum;
    if (rd_i) rd_q <= mem[rd_addr_i];
    if (st_re_i) st_q <= mem[st_addr_i];
  end

  assign st_data_o = st_q;

endmodule
