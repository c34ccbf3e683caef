"""What another fold changes in a history that is kept (T10): which rows stay, which are replaced, what is announced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.tiering_svc.policies.domain.policy import NewId
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange, tier_changed, tier_withdrawn
from services.tiering_svc.tiers.domain.tier_life import TierLife, Watch
from shared.events import TierChanged


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """A customer's history in force as it is kept: standing, rows by time, watches by time."""

    standing: Standing
    rows: Sequence[TierChange]
    watches: Sequence[Watch]


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """How a kept history becomes that of a life: rows that stay keep their ids, the others are replaced."""

    before: StoredHistory
    standing: Standing
    rows: Sequence[TierChange]  # the whole history in force from now on
    kept: int  # so many of them stay as they are
    watches: Sequence[Watch]
    kept_watches: int
    known_from: datetime  # when the newest fact it stands on was recorded

    @property
    def new_rows(self) -> Sequence[TierChange]:
        """The rows to add."""
        return self.rows[self.kept :]

    @property
    def replaced(self) -> Sequence[UUID]:
        """The rows that hold no more, as if they had never been."""
        return [row.row_id for row in self.before.rows[self.kept :]]

    @property
    def ends(self) -> Sequence[datetime | None]:
        """When each row of the history ends; None: it is open."""
        return [following.effective_from for _, following in pairwise(self.rows)] + [None] * bool(self.rows)

    @property
    def nothing(self) -> bool:
        """Whether everything is as it was."""
        watched_as_before = self.watches == self.before.watches  # a grace that is over may be all that a review found
        return watched_as_before and self.standing == self.before.standing and not self.new_rows and not self.replaced

    def event(self, at: datetime) -> TierChanged | None:
        """The history from the first instant that changed, as it is announced; None where only reasons did. Nothing is
        left of it where the customer had a tier only as one with another (P12)."""
        changed_from = self._changed_from()
        if changed_from is None:
            return None
        if not self.rows:
            return tier_withdrawn(self.before.rows[-1].period(), changed_from, self.standing.customer_id, at)
        first = sum(row.effective_from <= changed_from for row in self.rows) - 1
        periods = [row.period() for row in self.rows[max(first, 0) :]]
        return tier_changed(periods, changed_from, self.standing.customer_id, at)

    def _changed_from(self) -> datetime | None:
        before, now = [_announced(row) for row in self.before.rows], [_announced(row) for row in self.rows]
        if before == now:
            return None
        alike = 0
        while alike < min(len(before), len(now)) and before[alike] == now[alike]:
            alike += 1
        return min(row[0] for row in (*before[alike : alike + 1], *now[alike : alike + 1]))


def _announced(row: TierChange) -> tuple[datetime, str, int, str]:
    return row.effective_from, row.tier, row.rank, row.kind


def change_history(before: StoredHistory, life: TierLife, known_from: datetime, new_id: NewId) -> HistoryChange:
    """Compare what is kept with what the facts give now. Rows that differ in nothing but their id are the same; from
    the first that differs on, all are replaced."""
    kept = 0
    for stored, row in zip(before.rows, life.rows, strict=False):
        if stored != replace(row, row_id=stored.row_id):
            break
        kept += 1
    new = (
        replace(row, row_id=_id(row, known_from, new_id, for_another=row.reasons.get("override_id") in life.of_others))
        for row in life.rows[kept:]
    )
    rows = [*before.rows[:kept], *new]
    kept_watches = 0
    for stored_watch, watch in zip(before.watches, life.watches, strict=False):
        if stored_watch != watch:
            break
        kept_watches += 1
    standing = life.standing._replace(row_id=rows[-1].row_id if rows else None)
    return HistoryChange(before, standing, rows, kept, life.watches, kept_watches, known_from)


def _id(row: TierChange, known_from: datetime, new_id: NewId, *, for_another: bool) -> UUID:
    """The row that an override begins with has the override's id, that of the customer it was set for; one that
    replaces it later has its own."""
    if row.kind == "override" and row.effective_from == known_from and not for_another:
        return UUID(row.reasons["override_id"])
    return new_id()
