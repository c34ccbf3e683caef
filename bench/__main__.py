"""`make bench`: the ratios, a line each, and bench/results/latest.json. Exit 1 when a run lost or doubled something."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import intake, population, retiering, streams, visible
from bench.result import Measured, Spoilt

RESULTS = Path(__file__).parent / "results" / "latest.json"

# Benchmarks that share a ground are run together.
Measure = Callable[[frozenset[str], int], Iterator[Any]]
GROUPS: Sequence[tuple[frozenset[str], Measure]] = (
    (frozenset({"B1", "B2"}), lambda codes, _: intake.measure(codes)),
    (frozenset({"B3", "B4"}), lambda codes, _: streams.measure(codes)),
    (frozenset({"B5"}), lambda codes, _: visible.measure(codes)),
    (frozenset({"B7", "B8"}), retiering.measure),
)
CODES = sorted(code for codes, _ in GROUPS for code in codes)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default=",".join(CODES), help=f"some of {','.join(CODES)}")
    parser.add_argument(
        "--customers", type=int, default=population.FULL,
        help="of B7 and B8; with fewer than a million they are measured without a goal",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    asked = frozenset(options.only.upper().split(","))
    if unknown := asked - set(CODES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(CODES)}")
    measured: list[Measured] = []
    try:
        for codes, measure in GROUPS:
            if codes & asked:
                for one in measure(codes & asked, options.customers):
                    print(one.line(), flush=True)
                    measured.append(one)
    except Spoilt as spoilt:
        print(f"refused: {spoilt}", file=sys.stderr)
        return 1
    write(measured, RESULTS)
    return 0


def write(measured: Sequence[Measured], file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "measured": [one.as_json() for one in measured],
    }
    file.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
