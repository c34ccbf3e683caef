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

from bench import intake, streams, visible
from bench.result import Measured, Spoilt

RESULTS = Path(__file__).parent / "results" / "latest.json"

# Benchmarks that share a ground are run together.
GROUPS: Sequence[tuple[frozenset[str], Callable[[frozenset[str]], Iterator[Any]]]] = (
    (frozenset({"B1", "B2"}), intake.measure),
    (frozenset({"B3", "B4"}), streams.measure),
    (frozenset({"B5"}), visible.measure),
)
CODES = sorted(code for codes, _ in GROUPS for code in codes)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default=",".join(CODES), help=f"some of {','.join(CODES)}")
    asked = frozenset(parser.parse_args(arguments).only.upper().split(","))
    if unknown := asked - set(CODES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(CODES)}")
    measured: list[Measured] = []
    try:
        for codes, measure in GROUPS:
            if codes & asked:
                for one in measure(codes & asked):
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
