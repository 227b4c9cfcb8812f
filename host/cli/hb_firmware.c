/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_firmware.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_cli.h"

enum { MAX_FIRMWARE_BYTES = 16 << 20 };

const char *hb_firmware_path(const char *option) {
  const char *variable = getenv("HILBERT_FIRMWARE");
  return option != NULL                            ? option
         : variable != NULL && variable[0] != '\0' ? variable
                                                   : HB_FIRMWARE_ELF;
}

int hb_firmware_read(const char *path, hb_firmware_t *firmware_out) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s: %s", path, strerror(errno));
  }
  firmware_out->bytes = malloc(MAX_FIRMWARE_BYTES);
  if (firmware_out->bytes == NULL) {
    fclose(file);
    return hb_cli_fail(HB_EXIT_INTERNAL, "out of memory");
  }
  const size_t len = fread(firmware_out->bytes, 1, MAX_FIRMWARE_BYTES, file);
  const bool unread = ferror(file) != 0;
  const bool too_long = !unread && len == MAX_FIRMWARE_BYTES;
  fclose(file);
  if (unread) {
    return hb_cli_fail(HB_EXIT_INPUT, "%s: cannot be read", path);
  }
  const char *why = "";
  if (too_long || hb_elf_parse(firmware_out->bytes, len, &firmware_out->elf, &why) != HB_OK) {
    fprintf(stderr, "%s: %s\n", path, too_long ? "too large for firmware" : why);
    return HB_EXIT_INPUT;
  }
  return HB_EXIT_OK;
}

void hb_firmware_release(hb_firmware_t *firmware) {
  free(firmware->bytes);
  *firmware = (hb_firmware_t){0};
}

/* A segment of firmware, and zeros behind it up to its size in memory. */
static hb_status_t load_segment(hb_sim_t *sim, const hb_elf_segment_t *segment) {
  HB_TRY(hb_sim_load_private(sim, segment->addr, segment->bytes, segment->num_bytes));
  const uint32_t num_zeros = segment->mem_bytes - segment->num_bytes;
  if (num_zeros == 0) {
    return HB_OK;
  }
  void *zeros = calloc(num_zeros, 1);
  if (zeros == NULL) {
    return HB_ERR_NOMEM;
  }
  const hb_status_t status =
      hb_sim_load_private(sim, segment->addr + segment->num_bytes, zeros, num_zeros);
  free(zeros);
  return status;
}

static hb_status_t add_probes(const hb_firmware_t *firmware, bool observed, hb_sim_t *sim) {
  for (uint32_t i = 0; i < firmware->elf.num_probes; i++) {
    const hb_elf_probe_t *from = &firmware->elf.probes[i];
    hb_sim_probe_t probe = {
        .name = from->name, .pc = from->pc, .handler = from->handler, .observed = observed};
    memcpy(probe.regs, from->regs, sizeof(probe.regs));
    HB_TRY(hb_sim_add_probe(sim, &probe));
  }
  return HB_OK;
}

hb_status_t hb_firmware_load(const hb_firmware_t *firmware, hb_workload_t *workload, bool observed,
                             hb_sim_t *sim) {
  for (uint32_t i = 0; i < firmware->elf.num_segments; i++) {
    HB_TRY(load_segment(sim, &firmware->elf.segments[i]));
  }
  HB_TRY(hb_sim_set_entry(sim, firmware->elf.entry));
  HB_TRY(add_probes(firmware, observed, sim));
  HB_TRY(hb_sim_load_private(sim, HB_IMAGE_BASE, workload->image, workload->image_len));
  for (uint32_t i = 0; i < workload->num_segments; i++) {
    hb_segment_t *segment = &workload->segments[i];
    HB_TRY(hb_sim_load_dram(sim, segment->addr, segment->bytes, segment->len));
    free(segment->bytes); /* hundreds of megabytes of weights need not be there twice */
    segment->bytes = NULL;
  }
  for (uint32_t i = 0; i < workload->num_streams; i++) {
    HB_TRY(hb_sim_add_stream(sim, &workload->streams[i]));
  }
  return HB_OK;
}
