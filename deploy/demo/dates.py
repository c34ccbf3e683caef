"""When the demo's year happens: the data's dates moved by whole weeks to end just before now, and its month ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from deploy.demo.purchases import WEEK, Ints


def weeks_to_move(last: int, now: datetime) -> int:
    """The largest number of whole weeks after which the last purchase still lies before now (weekdays stay)."""
    return (int(now.timestamp()) - 1 - last) // WEEK


@dataclass(frozen=True)
class Month:
    """A calendar month of the moved year, with the baskets (by position) that fall into it."""

    name: str  # 2026-03
    ends: datetime  # the first instant of the next month
    baskets: Ints
    complete: bool  # the data goes on after it, so it can be reviewed


def months(placed_at: Ints, shift: int) -> Iterator[Month]:
    """The months in order of time. `placed_at` is sorted, so each month is a run of baskets."""
    by_month = (placed_at + shift).astype("datetime64[s]").astype("datetime64[M]")
    names, starts = np.unique(by_month, return_index=True)
    edges = np.r_[starts, len(placed_at)]
    for i, name in enumerate(names):
        ends = datetime.fromisoformat(f"{name + 1}-01").replace(tzinfo=UTC)
        yield Month(str(name), ends, np.arange(edges[i], edges[i + 1]), complete=i + 1 < len(names))
