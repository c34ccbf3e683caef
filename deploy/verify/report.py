"""What the checks say: a result for each invariant, for people (a table) and for programs (JSON)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

# `noted` is for what an operator decided or must know (holes, differences after a restore): it breaks nothing.
Outcome = Literal["holds", "broken", "noted"]

SYMBOLS: dict[Outcome, tuple[str, str]] = {
    "holds": ("✓", "green"),
    "broken": ("✗", "bold red"),
    "noted": ("!", "yellow"),
}
MAX_EXAMPLES = 20  # offending rows kept of each invariant; the count is of all of them


@dataclass(frozen=True)
class Result:
    """One invariant: how many rows were looked at, how many break it, and the first of those in words. `of`: how many
    there are, where it may be that not all of them were looked at."""

    code: str
    name: str
    outcome: Outcome
    checked: int
    offending: int = 0
    examples: tuple[str, ...] = ()
    of: int | None = None


@dataclass(frozen=True)
class Report:
    """Every invariant's result, how long it took, and the streams that did not reach their heads in time, in words."""

    results: tuple[Result, ...]
    seconds: float
    lagging: tuple[str, ...] = field(default=())

    @property
    def broken(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.outcome == "broken")

    @property
    def holds(self) -> bool:
        return not self.broken

    def result(self, code: str) -> Result:
        return next(result for result in self.results if result.code == code)

    def as_json(self) -> str:
        return json.dumps({"holds": self.holds, **asdict(self)}, ensure_ascii=False, indent=2)


def outcome_of(offending: Sequence[object] | int, *, noted: bool = False) -> Outcome:
    count = offending if isinstance(offending, int) else len(offending)
    if not count:
        return "holds"
    return "noted" if noted else "broken"


def print_report(report: Report, console: Console) -> None:
    """A table of all results, then the rows that break an invariant or are noted, then the verdict."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("invariant")
    table.add_column("checked", justify="right")
    table.add_column("broken by", justify="right")
    for result in report.results:
        symbol, style = SYMBOLS[result.outcome]
        offending = f"{result.offending:,}" if result.offending else "–"
        checked = f"{result.checked:,}" if result.of is None else f"{result.checked:,} of {result.of:,}"
        table.add_row(Text(symbol, style), result.name, checked, Text(offending, style))
    console.print(table)
    for result in report.results:
        if result.examples:
            console.print(Text(f"\n{result.name}:", SYMBOLS[result.outcome][1]))
            for example in result.examples:
                console.print(Text(f"  {example}"))
            if result.offending > len(result.examples):
                console.print(Text(f"  … and {result.offending - len(result.examples):,} more"))
    console.print(_verdict(report))


def _verdict(report: Report) -> Text:
    count = len(report.results)
    if report.holds:
        return Text(f"\nAll {count} invariants hold ({report.seconds:.1f} s).", "green")
    return Text(f"\n{len(report.broken)} of {count} invariants are broken ({report.seconds:.1f} s).", "bold red")
