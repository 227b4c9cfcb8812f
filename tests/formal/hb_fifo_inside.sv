// SPDX-License-Identifier: Apache-2.0
  // Lemmas about a queue inside the module that is proved, and its entries, oldest first, for that module's own.
  logic [7:0]             f_count;
  logic [Width*Depth-1:0] f_entries;
  assign f_count = 8'(count_q) + 8'(out_valid_q);
  assign f_entries[Width-1:0] = out_q;
  for (genvar f = 1; f < Depth; f++) begin : gen_formal
    assign f_entries[Width*f+:Width] = mem[PtrBits'(rd_ptr_q + PtrBits'(f - 1))];
  end

  always @* if (rst_ni) begin
    assert (count_q <= FullCount);
    assert (out_valid_q || count_q == '0);
    assert (PtrBits'(rd_ptr_q + PtrBits'(count_q)) == wr_ptr_q);
  end
