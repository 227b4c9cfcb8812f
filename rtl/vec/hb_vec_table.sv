// SPDX-License-Identifier: Apache-2.0
//
// hb_vec_table: 256 entries of int16, read by every lane at once.
//
// Written a word of eight entries at a time. An entry follows its index by one cycle and holds while re_i is 0.

module hb_vec_table #(
  parameter int L = 16
) (
  input  logic            clk_i,

  // Write
  input  logic            we_i,
  input  logic [4:0]      waddr_i,
  input  logic [127:0]    wdata_i,

  // Read
  input  logic            re_i,
  input  logic [8*L-1:0]  index_i,
  output logic [16*L-1:0] entry_o
);

  // A copy for each lane, so that each is a memory of one read port.
  for (genvar i = 0; i < L; i++) begin : gen_lane
    logic [127:0] word;
    logic [2:0]   place_q;

    hb_scratchpad #(
      .Width(128),
      .Words(32)
    ) u_copy (
      .clk_i,
      .we_i,
      .waddr_i,
      .wdata_i,
      .re_i,
      .raddr_i(index_i[8*i+3+:5]),
      .rdata_o(word)
    );

    always_ff @(posedge clk_i) if (re_i) place_q <= index_i[8*i+:3];

    always_comb begin
      case (place_q)
        3'd0: entry_o[16*i+:16] = word[15:0];
        3'd1: entry_o[16*i+:16] = word[31:16];
        3'd2: entry_o[16*i+:16] = word[47:32];
        3'd3: entry_o[16*i+:16] = word[63:48];
        3'd4: entry_o[16*i+:16] = word[79:64];
        3'd5: entry_o[16*i+:16] = word[95:80];
        3'd6: entry_o[16*i+:16] = word[111:96];
        default: entry_o[16*i+:16] = word[127:112];
      endcase
    end
  end

endmodule
