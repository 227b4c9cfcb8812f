/* SPDX-License-Identifier: Apache-2.0 */

/*
 * copy_test CASE SOC.yaml SCRIPT_HOST.bin SEED STALL_PPM TILE
 *
 * The copy tile in a whole machine, beside one of ours, named in a SoC file. Firmware is the script
 * player of tests/sim/soc_host.S. jobs    random lengths and addresses: memory, completions and job
 * records are what the jobs ask for faults  each way a job can fail is named, touches nothing
 * behind it, and the next job runs
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hb_sim.h"
#include "hilbert/hb_tile_regs.h"
#include "soc_script.h"
#include "test_random.h"

enum { BYTES = 1 << 16, MAX_JOBS = 64, END_CODE = 7, FIRST_TAG = 100 };

typedef struct job {
  uint32_t from, to, beats; /* byte offsets into DRAM, multiples of 16 */
  uint32_t status;
  bool overrun; /* doorbells are rung in vain, while it runs and while its completion waits */
} job_t;

typedef struct records {
  uint32_t num;
  hb_sim_job_t jobs[MAX_JOBS];
} records_t;

static uint32_t tile; /* 1: bursts of up to 16 beats; 2: of up to 256 */
static soc_script_t script;
static records_t records;
static uint8_t before[BYTES], wanted[BYTES], after[BYTES];

static void write_reg(uint32_t reg, uint32_t value) {
  soc_script_write(&script, HB_TILE_BASE(tile) + reg, value);
}
static void expect_reg(uint32_t reg, uint32_t value) {
  soc_script_expect(&script, HB_TILE_BASE(tile) + reg, value);
}

/* A doorbell that the tile must ignore: it would copy to elsewhere. */
static void ring_in_vain(const job_t *job, uint32_t tag) {
  write_reg(HB_TILE_REG_JOB_BASE1, HB_DRAM_BASE + job->to + 8192);
  write_reg(HB_TILE_REG_JOB_TAG, tag);
}

static void run_job(const job_t *job, uint32_t tag) {
  write_reg(HB_TILE_REG_JOB_LEN, job->beats);
  write_reg(HB_TILE_REG_JOB_BASE0, HB_DRAM_BASE + job->from);
  write_reg(HB_TILE_REG_JOB_BASE1, HB_DRAM_BASE + job->to);
  write_reg(HB_TILE_REG_JOB_TAG, tag);
  if (job->overrun) {
    ring_in_vain(job, tag);
  }
  soc_script_sleep(&script, HB_IRQ_TILE(tile));
  if (job->overrun) {
    ring_in_vain(job, tag);
  }
  expect_reg(HB_TILE_REG_COMPL_TAG, tag);
  expect_reg(HB_TILE_REG_COMPL_STATUS, HB_TILE_COMPL_STATUS_VALID_MASK | job->status);
  expect_reg(HB_TILE_REG_STATUS, (job->overrun ? HB_TILE_STATUS_OVERRUN_MASK : 0u) |
                                     HB_TILE_STATUS_QUEUE_FULL_MASK |
                                     1u << HB_TILE_STATUS_COMPL_LEVEL_LSB);
  write_reg(HB_TILE_REG_COMPL_POP, 1);
  expect_reg(HB_TILE_REG_COMPL_STATUS, 0);
  expect_reg(HB_TILE_REG_COMPL_TAG, 0);
}

static void on_job(void *ctx, const hb_sim_job_t *job) {
  records_t *r = ctx;
  if (r->num < MAX_JOBS) {
    r->jobs[r->num++] = *job;
  }
}

static uint32_t make_jobs(const char *name, test_random_t *random, uint64_t dram_bytes,
                          job_t *jobs) {
  if (strcmp(name, "faults") == 0) {
    const uint32_t end = (uint32_t)dram_bytes;
    const job_t cases[] = {{16, 4096, 0, HB_TILE_STATUS_NO_END, false},
                           {24, 4096, 4, HB_TILE_STATUS_BAD_FIELD, false},
                           {16, 4098, 4, HB_TILE_STATUS_BAD_FIELD, false},
                           {256, 4096, 3, HB_TILE_STATUS_OK, false},
                           {end, 4096, 4, HB_TILE_STATUS_AXI_READ, false},
                           {256, end, 4, HB_TILE_STATUS_AXI_WRITE, false},
                           {4096, 8192 - 16, 33, HB_TILE_STATUS_OK, false},
                           {512, 16384, 200, HB_TILE_STATUS_OK, true}};
    memcpy(jobs, cases, sizeof cases);
    return sizeof cases / sizeof cases[0];
  }
  for (uint32_t i = 0; i < MAX_JOBS - 1; ++i) {
    const uint32_t beats = test_random_range(
        random, 1, test_random_below(random, 4) == 0 ? (tile == 2 ? 700 : 200) : 20);
    jobs[i].beats = beats;
    jobs[i].from = 16 * test_random_below(random, BYTES / 32 - beats);
    jobs[i].to = BYTES / 2 + 16 * test_random_below(random, BYTES / 32 - beats);
    jobs[i].status = HB_TILE_STATUS_OK;
    jobs[i].overrun = false;
  }
  return MAX_JOBS - 1;
}

static int judge(hb_sim_t *sim, hb_sim_stop_t stop, const job_t *jobs, uint32_t num_jobs) {
  int errors = 0;
  if (stop != HB_SIM_EXIT || hb_sim_exit_code(sim) != END_CODE) {
    printf("stopped with %d, exit code %u at cycle %llu: %s\n", (int)stop, hb_sim_exit_code(sim),
           (unsigned long long)hb_sim_cycle(sim), hb_sim_error(sim));
    ++errors;
  }
  if (hb_sim_read_dram(sim, HB_DRAM_BASE, after, BYTES) != HB_OK) {
    printf("%s\n", hb_sim_error(sim));
    return 1;
  }
  for (uint32_t i = 0; i < BYTES && errors < 5; ++i) {
    if (after[i] != wanted[i]) {
      printf("byte %u is %u, expected %u\n", i, after[i], wanted[i]);
      ++errors;
    }
  }
  /* Without PERF a job record spans the last doorbell, taken or not, to pop. */
  uint64_t cycles = 0;
  for (uint32_t i = 0; i < records.num; ++i) {
    const hb_sim_job_t *job = &records.jobs[i];
    const uint64_t least = jobs[i].overrun ? 0 : jobs[i].beats;
    if (job->tile != tile || job->tag != FIRST_TAG + i || job->end <= job->start + least) {
      printf("job record %u: tile %u, tag %u, cycles %llu to %llu\n", i, job->tile, job->tag,
             (unsigned long long)job->start, (unsigned long long)job->end);
      ++errors;
    }
    cycles += job->end - job->start;
  }
  if (records.num != num_jobs) {
    printf("%u job records for %u jobs\n", records.num, num_jobs);
    ++errors;
  }
  printf("%u jobs, %llu cycles, %llu of them in jobs\n", num_jobs,
         (unsigned long long)hb_sim_cycle(sim), (unsigned long long)cycles);
  return errors;
}

int main(int argc, char **argv) {
  hb_soc_t soc;
  hb_config_error_t error;
  if (argc != 7 || (strcmp(argv[1], "jobs") != 0 && strcmp(argv[1], "faults") != 0)) {
    fprintf(stderr, "usage: copy_test jobs|faults SOC.yaml SCRIPT_HOST.bin SEED STALL_PPM TILE\n");
    return 2;
  }
  if (hb_config_load_soc(argv[2], NULL, &soc, &error) != HB_OK) {
    printf("%s\n", error.text);
    return 1;
  }
  const uint64_t seed = strtoull(argv[4], NULL, 10);
  tile = (uint32_t)strtoul(argv[6], NULL, 10);
  test_random_t random = {seed};
  printf("seed %llu\n", (unsigned long long)seed);

  job_t jobs[MAX_JOBS];
  const uint32_t num_jobs = make_jobs(argv[1], &random, soc.dram.size_bytes, jobs);
  for (uint32_t i = 0; i < BYTES; ++i) {
    before[i] = wanted[i] = (uint8_t)test_random_below(&random, 256);
  }
  expect_reg(HB_TILE_REG_ID, HB_TILE_KIND_FOREIGN << HB_TILE_ID_KIND_LSB |
                                 4u << HB_TILE_ID_SIZE_LSB | HB_TILE_MAP_VERSION);
  write_reg(HB_TILE_REG_CTRL, HB_TILE_CTRL_IRQ_EN_MASK);
  for (uint32_t i = 0; i < num_jobs; ++i) {
    run_job(&jobs[i], FIRST_TAG + i);
    if (jobs[i].status == HB_TILE_STATUS_OK) {
      memcpy(wanted + jobs[i].to, wanted + jobs[i].from, 16 * jobs[i].beats);
    }
  }
  soc_script_end(&script, END_CODE);

  const hb_sim_options_t options = {.seed = 1,
                                    .stall_ppm = (uint32_t)strtoul(argv[5], NULL, 10),
                                    .stall_seed = seed,
                                    .sink = {.ctx = &records, .job = on_job}};
  hb_sim_t *sim = NULL;
  if (hb_sim_create(&soc, &options, &sim) != HB_OK) {
    printf("%s\n", hb_sim_error(NULL));
    return 1;
  }
  soc_script_load(&script, sim, argv[3]);
  int errors = 1;
  if (hb_sim_load_dram(sim, HB_DRAM_BASE, before, BYTES) != HB_OK) {
    printf("%s\n", hb_sim_error(sim));
  } else {
    errors = judge(sim, hb_sim_run(sim, 10000000), jobs, num_jobs);
  }
  hb_sim_free(sim);
  return errors != 0;
}
