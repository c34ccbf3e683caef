"""What the desk shows, ready for the template: the pyramid's geometry, figures as people read them, due times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

WIDTH, ROW, GAP = 320.0, 62.0, 6.0
BAR = 210.0
COLOURS = ("#31456a", "#b8862f", "#7f8ea3", "#a8b8a4", "#c9b8a8", "#d8d2c8")
"""By place from the top; more levels than colours begin again."""


@dataclass(frozen=True, slots=True)
class Slab:
    """One level of the picture: a slice of the pyramid and a bar of revenue beside it."""

    level: Mapping[str, Any]
    points: str
    colour: str
    top: float
    middle: float
    bar: float


def slabs_of(levels: Sequence[Mapping[str, Any]]) -> list[Slab]:
    """Highest level on top. Every slice is as high as the others; its figures say how many are in it."""
    slabs = []
    height = len(levels) * ROW
    for place, level in enumerate(levels):
        top, bottom = place * ROW + GAP / 2, (place + 1) * ROW - GAP / 2
        corners = [*_edge(top, height), *reversed(_edge(bottom, height))]
        slabs.append(
            Slab(
                level=level,
                points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners),
                colour=COLOURS[place % len(COLOURS)],
                top=top,
                middle=(top + bottom) / 2,
                bar=max(1.5, BAR * percent(level.get("share_of_revenue")) / 100),
            )
        )
    return slabs


def _edge(y: float, height: float) -> list[tuple[float, float]]:
    """Left and right end of the pyramid at a height; its tip is cut a little so that the top level has room."""
    half = (0.12 + 0.88 * y / height) * WIDTH / 2
    return [(WIDTH / 2 - half, y), (WIDTH / 2 + half, y)]


def percent(text: object) -> float:
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


def whole(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else "–"


class Clock:
    """Instants as the deployment's people read them."""

    def __init__(self, now: datetime, zone: tzinfo, words: Mapping[str, str]) -> None:
        self.now = now
        self.zone = zone
        self.words = words

    def instant(self, text: object) -> str:
        at = _read(text)
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def day(self, text: object) -> str:
        at = _read(text)
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d}"

    def is_late(self, text: object) -> bool:
        at = _read(text)
        return at is not None and at < self.now

    def due(self, text: object) -> str:
        """How long from now, in the two largest units."""
        at = _read(text)
        if at is None:
            return "–"
        minutes = int(abs((at - self.now).total_seconds()) // 60)
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        parts = ((days, "days"), (hours, "hours"), (minutes, "minutes"))
        said = [f"{number} {self.words[unit]}" for number, unit in parts if number][:2] or [
            f"0 {self.words['minutes']}"
        ]
        return f"{' '.join(said)} {self.words['late']}" if at < self.now else f"{self.words['in']} {' '.join(said)}"


def _read(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
