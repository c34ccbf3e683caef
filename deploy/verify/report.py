"""What a check found: a result for each invariant, for people (a table) and for programs (JSON)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

# `noted` is for what an operator decided or must know (holes, differences after a restore): it breaks nothing.
Outcome = Literal["holds", "broken", "noted"]

MARKS: dict[Outcome, tuple[str, str]] = {"holds": ("✓", "green"), "broken": ("✗", "bold red"), "noted": ("!", "yellow")}
SHOWN = 20  # offending rows kept of each invariant; the count is of all of them


@dataclass(frozen=True)
class Result:
    """One invariant: how many rows were looked at, how many break it, and the first of those in words."""

    code: str
    name: str
    outcome: Outcome
    checked: int
    offending: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    results: tuple[Result, ...]
    seconds: float
    behind: tuple[str, ...] = field(default=())  # marks that did not reach the heads in time

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
    found = offending if isinstance(offending, int) else len(offending)
    if not found:
        return "holds"
    return "noted" if noted else "broken"


def show(report: Report, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("invariant")
    table.add_column("checked", justify="right")
    table.add_column("broken by", justify="right")
    for result in report.results:
        mark, style = MARKS[result.outcome]
        found = f"{result.offending:,}" if result.offending else "–"
        table.add_row(Text(mark, style), result.name, f"{result.checked:,}", Text(found, style))
    console.print(table)
    for result in report.results:
        if result.examples:
            console.print(Text(f"\n{result.name}:", MARKS[result.outcome][1]))
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
