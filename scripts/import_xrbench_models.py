#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns XRBench's published layer lists into Hilbert model files.

usage: scripts/import_xrbench_models.py [--check]

Reads scenarios/xrbench/published/*.csv, writes scenarios/xrbench/models/published/*.yaml, and of the lists in
DEPTHWISE a second model in scenarios/bench/models/ whose depthwise layers are depthwise.
--check writes nothing and fails if a file would change. scenarios/README.md says how the lists are read.
"""

import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "scenarios" / "xrbench"
SOURCE = "XRBench/XRBench-MLSys2023, commit 8915666 (MIT), published layer list {name}"


# Networks whose layers with K = C and R > 1 are depthwise in the original (5.5 M weights and 0.15 GMAC with them
# depthwise, as a real FBNet-C has; 159 M and 7.1 G as published).
DEPTHWISE = {"GE_FBNet_C"}


def model_yaml(path, depthwise=False):
    """One model file: dense (but for `depthwise`), stride 1, output as large as the input, as published."""
    name = path.stem.lower().replace("_", "-") + ("-depthwise" if depthwise else "")
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        f"# Made by scripts/import_xrbench_models.py from published/{path.name}; do not edit.",
        f"model: {name}",
        f'source: "{SOURCE.format(name=path.stem)}"',
        "chained: false # strides and pooling were dropped: layers read their own shape",
        "layers:",
    ]
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["op"] != "CONV" or row["N"] != "1":
                sys.exit(f"{path}: layer {row['layer']}: expected op CONV and N 1")
            groups = f"groups: {row['C']}, " if depthwise and row["K"] == row["C"] and row["R"] != "1" else ""
            lines.append(
                f"  - {{name: {row['layer']}, op: conv, in: [{row['C']}, {row['Y']}, {row['X']}], "
                f"out_channels: {row['K']}, {groups}kernel: [{row['R']}, {row['S']}], same_padding: true}}"
            )
    return name, "\n".join(lines) + "\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    check = bool(sys.argv[1:])
    sources = [p for p in sorted((ROOT / "published").glob("*.csv")) if p.name not in ("model_summary.csv", "scenarios.csv")]
    if not sources:
        sys.exit(f"{ROOT}/published: no layer lists")
    stale = []
    models = [(ROOT / "models" / "published", *model_yaml(source)) for source in sources]
    models += [(ROOT.parent / "bench" / "models", *model_yaml(source, True))
               for source in sources if source.stem in DEPTHWISE]
    for folder, name, text in models:
        target = folder / f"{name}.yaml"
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(str(target))
    if stale:
        sys.exit("not what scripts/import_xrbench_models.py makes: " + ", ".join(stale))


if __name__ == "__main__":
    main()
