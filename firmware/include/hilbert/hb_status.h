/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The one status type that firmware and host code return.
 *
 * The table below is the single source: it makes the enum, the names and the messages.
 * Values appear in traces: append, never renumber.
 */

#ifndef HILBERT_HB_STATUS_H_
#define HILBERT_HB_STATUS_H_

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, what the caller should understand) */
#define HB_STATUS_TABLE(X)                                              \
  X(HB_OK, 0, "success")                                                \
  X(HB_ERR_ARG, 1, "bad argument; nothing was done")                    \
  X(HB_ERR_BUSY, 2, "unit is working; retrying is safe")                \
  X(HB_ERR_TIMEOUT, 3, "unit did not answer in the allowed cycles")     \
  X(HB_ERR_RANGE, 4, "address or size outside the unit's memory")       \
  X(HB_ERR_IO, 5, "file could not be read or written")                  \
  X(HB_ERR_FORMAT, 6, "input is not in the documented format")          \
  X(HB_ERR_INPUT, 7, "input was understood but asks for the impossible") \
  X(HB_ERR_NOMEM, 8, "out of memory")                                   \
  X(HB_ERR_INTERNAL, 9, "an invariant broke; please report")            \
  X(HB_ERR_FAILED, 10, "the run itself failed (watchdog, tile error, firmware panic)") \
  X(HB_ERR_STOPPED, 11, "interrupted by the user")                      \
  X(HB_ERR_END, 12, "no more items")

typedef enum hb_status {
#define HB_STATUS_ENUM_(name_, value_, text_) name_ = (value_),
  HB_STATUS_TABLE(HB_STATUS_ENUM_)
#undef HB_STATUS_ENUM_
} hb_status_t;

#define HB_MUST_USE __attribute__((warn_unused_result))

/** Returns the message for `status`, or "unknown status". Never NULL. */
const char *hb_status_text(hb_status_t status);

/** Hands a failing status straight to our caller. */
#define HB_TRY(expr_)                     \
  do {                                    \
    const hb_status_t status_ = (expr_);  \
    if (status_ != HB_OK) return status_; \
  } while (0)

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HILBERT_HB_STATUS_H_ */
