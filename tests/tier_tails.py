"""`TierChanged` for tests, as tiering announces it: one row, a whole tail, or histories that are rewritten."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from shared.events import TierChanged, TierPeriod

POLICY: dict[str, Any] = {"policy_id": UUID(int=9), "policy_version": 1}


def tier_period(change_id: UUID, tier: str, rank: int, effective_from: datetime, **more: Any) -> TierPeriod:
    """A row of the history; it is an upgrade by a policy of the tests where nothing else is said."""
    fields: dict[str, Any] = {"kind": "upgrade", **POLICY, **more}
    return TierPeriod(change_id=change_id, tier=tier, rank=rank, effective_from=effective_from, **fields)


def tail_changed(customer_id: UUID, *periods: TierPeriod, decided_at: datetime | None = None) -> TierChanged:
    """The event that carries these rows, oldest first; decided when the last one began unless it is said."""
    fields = periods[-1].model_dump() | {"changed_from": periods[0].effective_from, "periods": periods}
    return TierChanged(customer_id=customer_id, decided_at=decided_at or periods[-1].effective_from, **fields)


def row_changed(
    customer_id: UUID,
    change_id: UUID,
    tier: str,
    rank: int,
    effective_from: datetime,
    decided_at: datetime | None = None,
    **more: Any,
) -> TierChanged:
    """The event of a history that got one row."""
    period = tier_period(change_id, tier, rank, effective_from, **more)
    return tail_changed(customer_id, period, decided_at=decided_at)


def tier_then(history: Sequence[TierPeriod], instant: datetime) -> str | None:
    """The tier that a history (in any order) gives at an instant, by looking at every row."""
    begun = [row for row in history if row.effective_from <= instant]
    return max(begun, key=lambda row: row.effective_from).tier if begun else None


@st.composite
def rewritten_history(
    draw: st.DrawFn,
    customer_id: UUID,
    next_id: Callable[[], UUID],
    day: Callable[[int], datetime],
    tiers: Sequence[str],
    days: int = 20,
) -> tuple[list[TierChanged], list[list[TierPeriod]]]:
    """A history that is written, then rewritten from any instants on: the events, and the history after each.

    A tail begins with the row that stood before what changed where that goes on; it may do so also where it ends just
    there. A history may begin later than it did.
    """
    events: list[TierChanged] = []
    histories: list[list[TierPeriod]] = [[]]
    for _ in range(draw(st.integers(1, 5))):
        changed_from = draw(st.integers(0, days))
        before = [row for row in histories[-1] if row.effective_from < day(changed_from)]
        starts = sorted(set(draw(st.lists(st.integers(changed_from, days), min_size=not before, max_size=3))))
        ranks = draw(st.lists(st.integers(0, len(tiers) - 1), min_size=len(starts), max_size=len(starts)))
        tail = [tier_period(next_id(), tiers[r], r, day(s)) for r, s in zip(ranks, starts, strict=True)]
        histories.append(before + tail)
        goes_on = changed_from not in starts
        sent = before[-1:] + tail if goes_on or draw(st.booleans()) else tail
        fields = sent[-1].model_dump() | {"changed_from": day(changed_from), "periods": tuple(sent)}
        events.append(TierChanged(customer_id=customer_id, decided_at=day(days), **fields))
    return events, histories[1:]
