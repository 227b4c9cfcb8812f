#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh FUZZER SOURCE_DIR SECONDS: replays the corpus, then looks for more. The seed is printed by the fuzzer; a
# failing input is left in the current folder and named.
set -eu
mkdir -p fuzz_found
exec "$1" -max_total_time="$3" -timeout=20 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
  -dict="$2/fuzz.dict" fuzz_found "$2/corpus"
