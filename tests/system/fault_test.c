/* SPDX-License-Identifier: Apache-2.0 */

/*
 * fault_test SOC.yaml FIRMWARE.elf CASE
 *
 * Something is wrong in the machine, and the firmware says what, in records and exit code. One
 * frame of one small convolution; each case spoils one thing between loading and running. A job
 * that fails is run twice, each time its tile is reset, and costs its frame; the run goes on.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf/hb_elf.h"
#include "hilbert/hb_cmd.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"
#include "machine.h"

enum { MAX_RECORDS = 64, WATCHDOG_CYCLES = 20000 };

typedef struct records {
  uint32_t num;
  uint32_t words[MAX_RECORDS][HB_TEL_MAX_WORDS + 1];
} records_t;

static void on_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  (void)cycle;
  records_t *records = ctx;
  if (records->num < MAX_RECORDS) {
    memcpy(records->words[records->num++], words, num * sizeof *words);
  }
}

static bool load_image(const machine_t *machine) {
  return hb_sim_load_private(machine->sim, HB_IMAGE_BASE, machine->workload.image,
                             machine->workload.image_len) == HB_OK;
}

static hb_image_program_t *first_program(const machine_t *machine) {
  const hb_image_header_t *header = (const void *)machine->workload.image;
  return (void *)(machine->workload.image + header->programs_offset);
}

static bool spoil_image(machine_t *machine, const char *firmware) {
  (void)firmware;
  machine->workload.image[machine->workload.image_len / 2u] ^= 0x10u;
  return load_image(machine);
}

static bool spoil_tile(machine_t *machine, const char *firmware) {
  (void)firmware;
  const hb_image_header_t *header = (const void *)machine->workload.image;
  hb_image_tile_t *tiles = (void *)(machine->workload.image + header->tiles_offset);
  tiles[0].id ^= 1u << HB_TILE_ID_SIZE_LSB;
  return machine_reload_image(machine);
}

static bool spoil_opcode(machine_t *machine, const char *firmware) {
  (void)firmware;
  const uint8_t bad = 0x7e;
  return hb_sim_load_dram(machine->sim, first_program(machine)->addr, &bad, 1) == HB_OK;
}

/* Weights behind the end of the installed memory; nothing keeps the tile from asking for them. */
static bool spoil_address(machine_t *machine, const char *firmware) {
  (void)firmware;
  const hb_image_header_t *header = (const void *)machine->workload.image;
  hb_image_layer_t *layers = (void *)(machine->workload.image + header->layers_offset);
  layers[0].const_addr = HB_DRAM_BASE + (uint32_t)machine->soc.dram.size_bytes;
  ((hb_image_header_t *)(void *)machine->workload.image)->flags &= ~HB_IMAGE_FLAG_PROTECT;
  return machine_reload_image(machine);
}

/* The first load waits for a token that nobody can send it. */
static bool spoil_token(machine_t *machine, const char *firmware) {
  (void)firmware;
  const uint32_t addr = first_program(machine)->addr;
  uint8_t head[2];
  if (hb_sim_read_dram(machine->sim, addr, head, sizeof head) != HB_OK ||
      head[0] != HB_CMD_OP_LOAD) {
    printf("the program does not begin with a load\n");
    return false;
  }
  head[1] |= HB_CMD_TOKEN_E2L;
  ((hb_image_header_t *)(void *)machine->workload.image)->watchdog_cycles = WATCHDOG_CYCLES;
  return hb_sim_load_dram(machine->sim, addr, head, sizeof head) == HB_OK &&
         machine_reload_image(machine);
}

/* An instruction that traps in place of the one that follows the set-up of the trap vector. */
static bool spoil_code(machine_t *machine, const char *firmware) {
  static uint8_t bytes[1 << 20];
  const uint8_t csrw_mie_zero[4] = {0x73, 0x10, 0x40, 0x30};
  const uint8_t ebreak[4] = {0x73, 0x00, 0x10, 0x00};
  FILE *file = fopen(firmware, "rb");
  const size_t len = file ? fread(bytes, 1, sizeof bytes, file) : 0;
  if (file) {
    fclose(file);
  }
  hb_elf_t elf;
  const char *why = NULL;
  if (hb_elf_parse(bytes, len, &elf, &why) != HB_OK) {
    return false;
  }
  const hb_elf_segment_t *code = &elf.segments[0];
  for (uint32_t at = 0; at + 4u <= code->num_bytes; at += 2u) {
    if (memcmp(code->bytes + at, csrw_mie_zero, sizeof csrw_mie_zero) == 0) {
      return hb_sim_load_private(machine->sim, code->addr + at, ebreak, sizeof ebreak) == HB_OK;
    }
  }
  printf("the firmware does not write mie\n");
  return false;
}

/* What the firmware says: the last FAULT record, the tiles it reset, the frames it dropped, the
 * value of HB_LOCAL_EXIT, if it ends the run. */
typedef struct expected {
  const char *name;
  bool (*spoil)(machine_t *machine, const char *firmware);
  uint32_t exit_code; /* 0: the run goes on */
  uint32_t resets;
  uint32_t fault[4];      /* status, tile, tag, detail */
  uint32_t detail_mask;   /* of detail */
  uint32_t frames_failed; /* dropped with HB_DROP_FAULT */
} expected_t;

#define JOB_ENDED(code_) (HB_TILE_COMPL_STATUS_VALID_MASK | (code_))

static const expected_t CASES[] = {
    {"image", spoil_image, HB_ERR_FORMAT, 0, {HB_ERR_FORMAT, HB_IMAGE_NONE, 0, 4}, UINT32_MAX, 0},
    {"tile", spoil_tile, HB_ERR_FORMAT, 0, {HB_ERR_FORMAT, 0, 0, 0}, 0, 0},
    {"opcode",
     spoil_opcode,
     0,
     2,
     {HB_ERR_FAILED, 0, 0, JOB_ENDED(HB_TILE_STATUS_BAD_OPCODE)},
     UINT32_MAX,
     1},
    {"address",
     spoil_address,
     0,
     2,
     {HB_ERR_FAILED, 0, 0, JOB_ENDED(HB_TILE_STATUS_AXI_READ)},
     HB_TILE_COMPL_STATUS_VALID_MASK | HB_TILE_COMPL_STATUS_CODE_MASK,
     1},
    {"token",
     spoil_token,
     0,
     2,
     {HB_ERR_TIMEOUT, 0, 0, JOB_ENDED(HB_TILE_STATUS_WATCHDOG)},
     HB_TILE_COMPL_STATUS_VALID_MASK | HB_TILE_COMPL_STATUS_CODE_MASK,
     1},
    {"code", spoil_code, HB_ERR_INTERNAL, 0, {HB_ERR_INTERNAL, HB_IMAGE_NONE, 0, 0}, 0, 0},
};

static bool judge(const machine_t *machine, hb_sim_stop_t stop, const records_t *records,
                  const expected_t *want) {
  const uint32_t *fault = NULL;
  uint32_t frames_failed = 0, resets = 0;
  for (uint32_t i = 0; i < records->num; ++i) {
    const uint32_t *words = records->words[i];
    fault = HB_TEL_TYPE(words[0]) == HB_TEL_FAULT ? words + 1 : fault;
    resets += HB_TEL_TYPE(words[0]) == HB_TEL_TILE_RESET;
    frames_failed += HB_TEL_TYPE(words[0]) == HB_TEL_FRAME_DROPPED && words[3] == HB_DROP_FAULT;
  }
  if (stop != (want->exit_code != 0 ? HB_SIM_EXIT : HB_SIM_LIMIT) ||
      hb_sim_exit_code(machine->sim) != want->exit_code) {
    printf("stopped with %d, exit code %u: %s\n", (int)stop, hb_sim_exit_code(machine->sim),
           hb_sim_error(machine->sim));
    return false;
  }
  if (fault == NULL || fault[0] != want->fault[0] || fault[1] != want->fault[1] ||
      ((fault[3] ^ want->fault[3]) & want->detail_mask) != 0) {
    printf("the FAULT record is missing or wrong\n");
    return false;
  }
  printf("fault %u, tile %u, tag 0x%x, detail 0x%x at cycle %llu; resets: %u, frames failed: %u\n",
         fault[0], fault[1], fault[2], fault[3], (unsigned long long)hb_sim_cycle(machine->sim),
         resets, frames_failed);
  return resets == want->resets && frames_failed == want->frames_failed;
}

int main(int argc, char **argv) {
  const expected_t *want = NULL;
  for (size_t i = 0; argc == 4 && i < sizeof CASES / sizeof CASES[0]; ++i) {
    want = strcmp(argv[3], CASES[i].name) == 0 ? &CASES[i] : want;
  }
  if (want == NULL) {
    fprintf(stderr,
            "usage: fault_test SOC.yaml FIRMWARE.elf image|tile|opcode|address|token|code\n");
    return 2;
  }
  hb_layer_t layer = machine_small_conv();
  hb_task_t task = {.name = "conv",
                    .model = {.num_layers = 1, .layers = &layer},
                    .rate_num = 1,
                    .rate_den = 1,
                    .depends_on = HB_IMAGE_NONE,
                    .probability_ppm = 1000000,
                    .num_slots = 2};
  const hb_scenario_t scenario = {.name = "fault", .num_tasks = 1, .tasks = &task};
  static records_t records;
  const hb_sim_options_t options = {.seed = 1,
                                    .sink = {.ctx = &records, .telemetry = on_telemetry}};
  machine_t machine;
  int failed = 1;
  if (machine_init(&machine, argv[1], argv[2], &scenario, 0, &options)) {
    machine_watch_dram(&machine);
    if (!want->spoil(&machine, argv[2])) {
      printf("could not spoil the machine: %s\n", hb_sim_error(machine.sim));
    } else {
      failed = !judge(&machine, hb_sim_run(machine.sim, 10000000), &records, want);
    }
  }
  machine_release(&machine);
  return failed;
}
