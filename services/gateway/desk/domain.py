"""What the desk shows, ready for its templates: the pyramid's geometry, figures as people read them, due times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

PYRAMID_WIDTH, ROW_HEIGHT, ROW_GAP = 320.0, 62.0, 6.0
BAR_WIDTH = 210.0
COLOURS = ("#31456a", "#b8862f", "#7f8ea3", "#a8b8a4", "#c9b8a8", "#d8d2c8")
"""By place from the top; more levels than colours begin again."""


@dataclass(frozen=True, slots=True)
class PyramidLevel:
    """One level of the picture: a slice of the pyramid and a bar of revenue beside it."""

    level: Mapping[str, Any]
    points: str
    colour: str
    top: float
    middle: float
    bar: float


def pyramid_levels(levels: Sequence[Mapping[str, Any]]) -> list[PyramidLevel]:
    """Highest level on top. Every slice is as high as the others; its figures say how many are in it."""
    bars = []
    height = len(levels) * ROW_HEIGHT
    for index, level in enumerate(levels):
        top, bottom = index * ROW_HEIGHT + ROW_GAP / 2, (index + 1) * ROW_HEIGHT - ROW_GAP / 2
        corners = [*_edge(top, height), *reversed(_edge(bottom, height))]
        bars.append(
            PyramidLevel(
                level=level,
                points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners),
                colour=COLOURS[index % len(COLOURS)],
                top=top,
                middle=(top + bottom) / 2,
                bar=max(1.5, BAR_WIDTH * percent(level.get("share_of_revenue")) / 100),
            )
        )
    return bars


def _edge(y: float, height: float) -> list[tuple[float, float]]:
    """Left and right end of the pyramid at a height; its tip is cut a little so that the top level has room."""
    half = (0.12 + 0.88 * y / height) * PYRAMID_WIDTH / 2
    return [(PYRAMID_WIDTH / 2 - half, y), (PYRAMID_WIDTH / 2 + half, y)]


def percent(text: object) -> float:
    """A percentage from its text, held between 0 and 100; 0 for what is none."""
    try:
        return min(100.0, max(0.0, float(str(text)))) if text is not None else 0.0
    except ValueError:
        return 0.0


def money(text: object, currency: str = "") -> str:
    """`156333.08` as 156,333.08, with the currency after it."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return "–"
    if not amount.is_finite():
        return "–"
    return f"{amount:,.2f} {currency}".strip()


def count(number: object) -> str:
    """A count with separators; a dash for what is none."""
    return f"{number:,}" if isinstance(number, int) else "–"


class TimeFormatter:
    """Instants in the zone of the business, and how far they are from `now`. `say` says a text of the desk."""

    def __init__(self, now: datetime, zone: tzinfo, say: Callable[..., str]) -> None:
        self.now = now
        self.zone = zone
        self.say = say

    def instant(self, text: object) -> str:
        """Date and time, to the minute; a dash for what is none."""
        at = _instant_in(text)
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def day(self, text: object) -> str:
        """The date; a dash for what is none."""
        at = _instant_in(text)
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d}"

    def is_late(self, text: object) -> bool:
        """Whether the instant has passed."""
        at = _instant_in(text)
        return at is not None and at < self.now

    def due(self, text: object) -> str:
        """How long from now, in the two largest units."""
        at = _instant_in(text)
        if at is None:
            return "–"
        minutes = int(abs((at - self.now).total_seconds()) // 60)
        units = (("days", minutes // 1440), ("hours", minutes // 60 % 24), ("minutes", minutes % 60))
        largest = [unit for unit in units if unit[1]][:2] or [("minutes", 0)]
        time = " ".join(self.say(f"due.{unit}", number=number) for unit, number in largest)
        return self.say("due.late" if at < self.now else "due.in_time", time=time)


def _instant_in(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
