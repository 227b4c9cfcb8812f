/* SPDX-License-Identifier: Apache-2.0 */

/* Timings of a DRAM device, as the controller counts them; what of them contradicts. */

#include <stdio.h>

#include "hb_sim.h"

/* Bounds the refreshes that a channel performs in a cycle of a slow SoC. */
enum { MIN_REFI_PS = 100000 };

static uint32_t up(uint32_t ps, uint32_t unit) {
  return (uint32_t)(((uint64_t)ps + unit - 1) / unit * unit);
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

void hb_soc_dram_on_grid(hb_soc_dram_t *dram) {
  uint32_t *const times[] = {
      &dram->trcd_ps,  &dram->trp_ps,  &dram->tcl_ps,    &dram->tcwl_ps,   &dram->tras_ps,
      &dram->tccd_ps,  &dram->twr_ps,  &dram->twtr_ps,   &dram->trtp_ps,   &dram->trfc_ps,
      &dram->trrd_ps,  &dram->tfaw_ps, &dram->tccd_l_ps, &dram->trrd_l_ps, &dram->twtr_l_ps,
      &dram->trtrs_ps, &dram->trc_ps,
  };
  for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    *times[i] = up(*times[i], dram->tck_ps);
  }
  dram->trefi_ps -= dram->trefi_ps % dram->tck_ps; /* a refresh may come early, not late */
}

/*
 * A refresh that is due goes before everything, so there must be time for an access between two, or
 * there may never be one. Suppose that requests wait and no column access goes from one refresh of
 * a rank to the next. The refresh itself takes the command bus from the clock after the last
 * command before it was due: that bank has to recover and close; late refreshes do not pile up, as
 * those due meanwhile find their banks closed. Then rows open, once tRFC, tFAW and tRRD_L let them.
 * A request whose direction may go (write draining) can only be held up by rows that are opened for
 * the other direction, and by having to close one of them: a bank is opened twice at most, as a
 * request that may go keeps others from its bank. It is read or written tRCD later, or when the
 * data bus has recovered from the last access before the refresh. Commands to other ranks cost
 * their clocks, and their refreshes as long as this one's.
 */
static uint64_t least_refi(const hb_soc_dram_t *dram) {
  const uint64_t write_end = (uint64_t)dram->tcwl_ps + dram->tccd_ps;
  const uint64_t read_end = (uint64_t)dram->tcl_ps + dram->tccd_ps;
  const uint64_t recover = larger(dram->tras_ps, larger(dram->trtp_ps, write_end + dram->twr_ps));
  const uint64_t rows = 2 * (uint64_t)dram->banks;
  const uint64_t open = larger(rows * dram->trrd_l_ps, (rows / 4 + 1) * dram->tfaw_ps);
  const uint64_t again = larger(dram->trc_ps, (uint64_t)dram->tras_ps + dram->trp_ps);
  const uint64_t access = dram->trfc_ps + open + again + dram->trcd_ps;
  const uint64_t bus =
      larger(larger(dram->tccd_l_ps, write_end + dram->twtr_l_ps),
             larger(read_end, write_end) + larger(2 * (uint64_t)dram->tck_ps, dram->trtrs_ps));
  const uint64_t commands = 2 * rows * dram->ranks * dram->tck_ps;
  return dram->ranks * larger(recover + dram->trp_ps, dram->trc_ps) + larger(access, bus) +
         commands;
}

bool hb_soc_dram_timing_ok(const hb_soc_dram_t *dram, const char **key_out, char *why,
                           size_t why_len) {
  const struct {
    const char *name;
    uint32_t value;
  } clocked[] = {{"tccd", dram->tccd_ps},
                 {"trcd", dram->trcd_ps},
                 {"trp", dram->trp_ps},
                 {"tcl", dram->tcl_ps},
                 {"trfc", dram->trfc_ps}};
  for (unsigned i = 0; i < sizeof(clocked) / sizeof(clocked[0]); i++) {
    if (dram->tck_ps > clocked[i].value) {
      *key_out = "tck";
      snprintf(why, why_len, "must be at most %s, %.3f ns, got %.3f", clocked[i].name,
               clocked[i].value / 1e3, dram->tck_ps / 1e3);
      return false;
    }
  }
  const struct {
    const char *key;
    uint32_t value;
    const char *other;
    uint64_t least;
  } orders[] = {
      {"tras", dram->tras_ps, "trcd", dram->trcd_ps},
      {"trc", dram->trc_ps, "tras and trp", (uint64_t)dram->tras_ps + dram->trp_ps},
      {"tfaw", dram->tfaw_ps, "trrd", dram->trrd_ps},
      {"tccd_l", dram->tccd_l_ps, "tccd", dram->tccd_ps},
      {"trrd_l", dram->trrd_l_ps, "trrd", dram->trrd_ps},
      {"twtr_l", dram->twtr_l_ps, "twtr", dram->twtr_ps},
      {"trefi", dram->trefi_ps, "twice trfc", 2 * (uint64_t)dram->trfc_ps},
      {"trefi", dram->trefi_ps, "that of any device", MIN_REFI_PS},
  };
  for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
    if (orders[i].value < orders[i].least) {
      *key_out = orders[i].key;
      snprintf(why, why_len, "must be at least %s, %.3f ns, got %.3f", orders[i].other,
               (double)orders[i].least / 1e3, orders[i].value / 1e3);
      return false;
    }
  }
  hb_soc_dram_t grid = *dram;
  hb_soc_dram_on_grid(&grid);
  const uint64_t least = least_refi(&grid);
  if (grid.trefi_ps < least) {
    *key_out = "trefi";
    snprintf(why, why_len,
             "%.3f ns between refreshes (in clocks of tck) leave no time for an access: expected "
             "at least %.3f, to close rows, refresh, open rows and move a burst",
             grid.trefi_ps / 1e3, (double)least / 1e3);
    return false;
  }
  return true;
}
