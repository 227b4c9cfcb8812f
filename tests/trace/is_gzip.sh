#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# is_gzip.sh MAKE_TRACE: gzip and zcat accept what the writer writes, and zcat shows the schema first.
set -eu
trace=is_gzip.hbt
"$1" "$trace" 5000 > /dev/null
gzip -t "$trace"
zcat "$trace" > is_gzip.raw
[ "$(head -n 1 is_gzip.raw)" = "hilbert-trace 1" ] || { echo "the schema does not come first"; exit 1; }
grep -a -q '^stream [0-9]* jobs job$' is_gzip.raw || { echo "no stream job in the schema"; exit 1; }
# As a check of this check: gzip must notice a changed byte in the last data.
size=$(wc -c < "$trace")
head -c $((size - 200)) "$trace" > is_gzip.bad
if gzip -t is_gzip.bad 2> /dev/null; then echo "gzip accepts a cut trace"; exit 1; fi
rm -f "$trace" is_gzip.raw is_gzip.bad
