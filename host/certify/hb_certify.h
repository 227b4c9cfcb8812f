/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Certification of a run: each tile's boundary records are replayed on the Verilated tile.
 *
 * Life cycle: hb_certify_open() -> hb_certify_meta() to compile the workload ->
 * hb_certify_run() -> hb_certify_free(). README.md says what a certificate means.
 */

#ifndef HB_CERTIFY_H_
#define HB_CERTIFY_H_

#include "hb_certify_plan.h"
#include "hb_certify_share.h"
#include "hb_map.h"
#include "hb_sha256.h"

#define HB_CERTIFY_FOLDER "certify"
#define HB_CERTIFY_CERTIFICATE "certificate.json"
/* A sample's own: it leaves those of the whole alone. */
#define HB_CERTIFY_FOLDER_SAMPLE "certify-sample"
#define HB_CERTIFY_CERTIFICATE_SAMPLE "certificate-sample.json"

/* Metadata of a trace that certification needs, beside scenario, policy and seed: what was typed,
 * flags of the image, and what came out. */
#define HB_CERTIFY_META_SCENARIO "certify.scenario"
#define HB_CERTIFY_META_SOC "certify.soc"
#define HB_CERTIFY_META_FLAGS "certify.image_flags"
#define HB_CERTIFY_META_SCHED "certify.sched" /* of --sched, if given */
#define HB_CERTIFY_META_WORKLOAD "certify.workload_sha256"

typedef struct hb_certify hb_certify_t;

typedef struct hb_certify_options {
  uint32_t processes;  /* 1 or more */
  uint32_t sample_ppm; /* HB_CERTIFY_PPM: everything */
  uint32_t tile;       /* HB_MAX_TILES: all */
  bool progress;       /* a line on stderr */
  bool json;           /* the certificate on stdout instead of a table */
} hb_certify_options_t;

typedef enum hb_certify_verdict {
  HB_CERTIFY_WHOLE,       /* everything asked for is as recorded */
  HB_CERTIFY_DIFFERS,     /* something is not */
  HB_CERTIFY_PART,        /* what could be read is, but the trace is cut, or its run did not end */
  HB_CERTIFY_INTERRUPTED, /* the next call goes on */
} hb_certify_verdict_t;

/** SHA-256 of all that a workload puts into memory. */
void hb_certify_workload_sha256(const hb_workload_t *workload, char text_out[HB_SHA256_TEXT]);

/**
 * Opens DIR/trace.hbt.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT it is no trace of a run's boundary; others as hb_trace_reader_open().
 */
HB_MUST_USE hb_status_t hb_certify_open(const char *folder, hb_certify_t **certify_out, char *why,
                                        size_t why_len);
void hb_certify_free(hb_certify_t *certify);

/** Of the trace; NULL if it has none. */
const char *hb_certify_meta(const hb_certify_t *certify, const char *key);

/**
 * Does it, prints what came out and writes the certificate.
 *
 * @param workload is of the scenario that the trace says.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT  the workload is not that of the run, or the trace holds no such tile.
 * @retval HB_ERR_BUSY   another certification of the folder goes on, with other options.
 * @retval HB_ERR_IO, HB_ERR_NOMEM
 * @retval HB_ERR_INTERNAL a process of it failed.
 */
HB_MUST_USE hb_status_t hb_certify_run(hb_certify_t *certify, const hb_certify_options_t *options,
                                       const hb_soc_t *soc, const hb_workload_t *workload,
                                       hb_certify_verdict_t *verdict_out, char *why,
                                       size_t why_len);

#endif /* HB_CERTIFY_H_ */
