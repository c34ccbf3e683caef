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

from bench import (
    consumer_and_relay,
    end_to_end_latency,
    intake,
    population,
    reviews_and_growth,
)
from bench.result import InvalidRun, Measured

RESULTS = Path(__file__).parent / "results" / "latest.json"

# Benchmarks that share an environment are run together.
Measure = Callable[[frozenset[str], int], Iterator[Any]]
GROUPS: Sequence[tuple[frozenset[str], Measure]] = (
    (frozenset({"B1", "B2"}), lambda codes, _: intake.measure(codes)),
    (frozenset({"B3", "B4"}), lambda codes, _: consumer_and_relay.measure(codes)),
    (frozenset({"B5"}), lambda codes, _: end_to_end_latency.measure(codes)),
    (frozenset({"B7", "B8"}), reviews_and_growth.measure),
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
    chosen = frozenset(options.only.upper().split(","))
    if unknown := chosen - set(CODES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(CODES)}")
    measured: list[Measured] = []
    try:
        for codes, measure in GROUPS:
            if codes & chosen:
                for result in measure(codes & chosen, options.customers):
                    print(result.line(), flush=True)
                    measured.append(result)
    except InvalidRun as invalid:
        print(f"refused: {invalid}", file=sys.stderr)
        return 1
    write(measured, RESULTS)
    return 0


def write(measured: Sequence[Measured], file: Path) -> None:
    """The results as JSON, with the machine they are of."""
    file.parent.mkdir(exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "measured": [result.as_json() for result in measured],
    }
    file.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
