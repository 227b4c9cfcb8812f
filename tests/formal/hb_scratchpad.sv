// SPDX-License-Identifier: Apache-2.0
  // hb_scratchpad, proved: a read returns what was last written to its word, and holds until the next read. One
  // word, chosen by the solver, is followed.
  (* anyconst *) logic [AddrBits-1:0] f_word;
  logic             f_written;  // it was written
  logic             f_read;     // the output is this word, read when its contents were known
  logic [Width-1:0] f_data, f_out;
  initial begin
    f_written = 1'b0;
    f_read    = 1'b0;
  end
  always @(posedge clk_i) begin
    if (we_i && waddr_i == f_word) begin
      f_written <= 1'b1;
      f_data    <= wdata_i;
    end
    if (re_i) begin
      // Read in the cycle of its write: old or new, so nothing is claimed.
      f_read <= raddr_i == f_word && f_written && !(we_i && waddr_i == f_word);
      f_out  <= f_data;
    end
  end

  always @* begin
    if (f_read) assert (rdata_o == f_out);
    if (f_written) assert (mem[f_word] == f_data);  // what makes it inductive
    cover (f_read && f_out != f_data);
  end
