#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_big.py HILBERT MAKE_TRACE [MB]: `hilbert trace stat` of a trace of 1000 MB takes the memory it takes of 10 MB.

Prints both peaks and the speed. Needs 1 GB of space for temporary files (TMPDIR).
"""

import json
import os
import subprocess
import sys
import tempfile
import time

SMALL_MB, LARGE_MB = 10, 1000
MOST_KIB = 4096  # more than for the small trace: 1 MiB of index, and what the allocator rounds up


def stat(hilbert, path):
    """(seconds, peak in KiB, jobs counted)."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([hilbert, "trace", "stat", "--json", path], stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        sums = json.loads(out.read())
    if child.returncode != 0:
        sys.exit(f"hilbert trace stat: exit code {child.returncode}")
    return time.monotonic() - begin, usage.ru_maxrss, sum(tile["jobs"] for tile in sums["tiles"])


def main(hilbert, make_trace, large_mb=LARGE_MB):
    jobs, peaks, problems = 300000, [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.hbt")
        for megabytes in (SMALL_MB, int(large_mb)):
            if peaks:  # a job takes about as much in both
                jobs = int(jobs * megabytes * 1.02e6 / os.path.getsize(path))
            subprocess.run([make_trace, "--quiet", path, str(jobs)], check=True)
            size = os.path.getsize(path)
            seconds, peak, counted = stat(hilbert, path)
            print(f"{size / 1e6:8.1f} MB  {jobs:9} jobs  {seconds:6.2f} s  {size / 1e6 / seconds:6.1f} MB/s  peak {peak} KiB", flush=True)
            peaks.append(peak)
            if size < 0.9e6 * megabytes:
                problems.append(f"{size} bytes are less than {megabytes} MB")
            if counted != jobs:
                problems.append(f"{counted} jobs counted of {jobs}")
    if peaks[1] - peaks[0] > MOST_KIB:
        problems.append(f"{peaks[1] - peaks[0]} KiB more for the larger trace, at most {MOST_KIB} are allowed")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
