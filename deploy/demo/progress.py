"""How far the replay is: a bar with the time left in a terminal, plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

PLAIN_EVERY_SECONDS = 5.0


class ProgressLine:
    """`describe` what is being done, `advance` by what is done of the whole."""

    def __init__(self, console: Console, total: int, unit: str) -> None:
        self._console = console
        self._total = total
        self._unit = unit
        self._done = 0
        self._description = ""
        self._printed_at = self._began = time.monotonic()
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
            self._bar = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)
            self._task = self._bar.add_task("", total=total)

    def describe(self, description: str) -> None:
        self._description = description
        if self._bar is not None:
            self._bar.update(self._task, description=description)

    def advance(self, by: int) -> None:
        self._done += by
        if self._bar is not None:
            self._bar.advance(self._task, by)
        elif time.monotonic() - self._printed_at > PLAIN_EVERY_SECONDS:
            self._printed_at = time.monotonic()
            self._console.print(self.line(), highlight=False)

    def line(self) -> str:
        elapsed = time.monotonic() - self._began
        left = elapsed * (self._total - self._done) / self._done if self._done else 0
        share = 100 * self._done // max(1, self._total)
        done = f"{self._done:,} of {self._total:,} {self._unit} ({share} %)"
        return f"  {self._description}: {done}, about {left:.0f} s left"

    def __enter__(self) -> "ProgressLine":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
