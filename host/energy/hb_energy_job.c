/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_energy_job.h"

#include <math.h>

#include "hb_activity.h"

enum { WORD_BYTES = 16, TABLE_BYTES = 8 /* the table's accesses are of 64 bits */ };

double hb_energy_sram(const hb_soc_energy_t *table, double bytes) {
  static const double SIZES[] = {8192.0, 32768.0, 1048576.0};
  const double pj[] = {table->sram_8kib_pj, table->sram_32kib_pj, table->sram_1mib_pj};
  const int part = bytes < SIZES[1] ? 0 : 1; /* beyond the ends the lines go on */
  double access = 0.0;
  if (pj[part] > 0.0 && pj[part + 1] > 0.0) {
    const double slope = log(pj[part + 1] / pj[part]) / log(SIZES[part + 1] / SIZES[part]);
    access = pj[part] * pow(bytes / SIZES[part], slope);
  }
  return access * WORD_BYTES / TABLE_BYTES;
}

static void of_activity(const hb_activity_t *activity, const hb_map_tile_t *tile,
                        const hb_soc_energy_t *table, double *array_pj_out,
                        double *scratchpad_pj_out) {
  const double banks = tile->size == 32u ? 2.0 : 1.0;
  *array_pj_out = (double)activity->macs * table->mac_pj;
  *scratchpad_pj_out =
      (double)activity->ifm * hb_energy_sram(table, tile->ifm_words * WORD_BYTES / banks) +
      (double)activity->wgt * hb_energy_sram(table, tile->wgt_words * WORD_BYTES / banks) +
      (double)activity->other * hb_energy_sram(table, tile->prm_words * WORD_BYTES) +
      /* A row of N int32 lies in as many memories of 16 bytes. */
      (double)activity->acc * hb_energy_sram(table, tile->acc_rows * WORD_BYTES);
}

void hb_energy_of_program(const hb_program_t *program, const hb_map_tile_t *tile,
                          const hb_soc_energy_t *table, double *array_pj_out,
                          double *scratchpad_pj_out) {
  hb_activity_t activity;
  hb_activity_of(program, tile, &activity);
  of_activity(&activity, tile, table, array_pj_out, scratchpad_pj_out);
}

double hb_energy_dram(const hb_soc_t *soc, double read_bytes, double written_bytes) {
  if (soc->dram.burst_bytes == 0 || soc->dram.row_bytes == 0) {
    return 0.0;
  }
  const double burst = soc->dram.burst_bytes;
  return read_bytes / burst * soc->energy.dram_read_pj +
         written_bytes / burst * soc->energy.dram_write_pj +
         (read_bytes + written_bytes) / soc->dram.row_bytes * soc->energy.dram_activate_pj;
}

double hb_energy_estimate(const hb_program_t *program, const hb_map_tile_t *tile,
                          const hb_soc_t *soc) {
  hb_activity_t activity;
  hb_activity_of(program, tile, &activity);
  double array = 0.0, scratchpad = 0.0;
  of_activity(&activity, tile, &soc->energy, &array, &scratchpad);
  const double commands = (double)program->num_commands * sizeof(hb_cmd_t);
  return array + scratchpad +
         hb_energy_dram(soc, (double)activity.loaded * WORD_BYTES + commands,
                        (double)activity.stored * WORD_BYTES);
}
