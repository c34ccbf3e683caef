"""SQL of tier histories and watches: as they were known at an instant, carried on, and replaced where the past changed.

A row that is replaced stays, with when it was (`superseded_at`) and with when the facts that say so had been recorded
(`known_until`). Its end is the beginning of the next row that was known then.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from asyncpg import Range

from services.tiering_svc.tiers.domain.history_change import HistoryChange
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, TierChange
from services.tiering_svc.tiers.domain.tier_life import Watch
from services.tiering_svc.tiers.tables.standings import tier_history, tier_watch
from shared.messaging import Transaction
from shared.sql import columns_of, insert_columns, unnest


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of a customer's tier history, with the reasons kept with it; `ends_at` None: open."""

    id: UUID
    previous_tier: str | None
    tier: str
    rank: int
    kind: str
    starts_at: datetime
    ends_at: datetime | None
    recorded_at: datetime
    policy_id: UUID
    policy_version: int
    run_id: UUID | None
    reasons: dict[str, Any]


# What was known at $2: rows recorded by then and not replaced by then. A row's end is the next such row's beginning,
# because the end that is written may have become known later.
HISTORY = """
select id, previous_tier, tier, rank, kind, lower(effective) as starts_at,
       lead(lower(effective)) over (order by lower(effective)) as ends_at,
       recorded_at, policy_id, policy_version, run_id, reasons
from tier_history
where customer_id = $1 and recorded_at <= $2 and (superseded_at is null or superseded_at > $2)
order by lower(effective)
"""


async def list_history(tx: Transaction, customer_id: UUID, known_at: datetime) -> list[HistoryRow]:
    """Oldest first."""
    return [HistoryRow(**row) for row in await tx.raw.fetch(HISTORY, customer_id, known_at)]


ROW = """id, customer_id, previous_tier, tier, rank, kind, lower(effective), policy_id, policy_version, run_id,
       retained_until, reasons"""


async def list_rows_in_force(tx: Transaction, customers: Sequence[UUID]) -> Mapping[UUID, list[TierChange]]:
    """The whole history in force of each of these customers, oldest first."""
    rows: dict[UUID, list[TierChange]] = defaultdict(list)
    for row in await tx.raw.fetch(
        f"""select {ROW} from tier_history where customer_id = any($1::uuid[]) and superseded_at is null
            order by customer_id, lower(effective)""",
        customers,
    ):
        rows[row[1]].append(TierChange(*row))
    return rows


async def list_watches_in_force(tx: Transaction, customers: Sequence[UUID]) -> Mapping[UUID, list[Watch]]:
    """When each of these customers was below its tier, oldest first, as known now."""
    watches: dict[UUID, list[Watch]] = defaultdict(list)
    for customer_id, *watch in await tx.raw.fetch(
        """select customer_id, below_since, grace_until, ended_at from tier_watch
           where customer_id = any($1::uuid[]) and known_until is null order by customer_id, below_since""",
        customers,
    ):
        watches[customer_id].append(Watch(*watch))
    return watches


# --- carried on ---


async def add_rows(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """Each open row ends where the next begins."""
    if not decisions:
        return
    opened = [
        (d.before.row_id, d.changes[0].effective_from) for d in decisions if d.before.row_id is not None
    ]  # fmt: skip
    await _end_rows(tx, opened)
    made = []
    for decision in decisions:
        ends = [following.effective_from for _, following in pairwise(decision.changes)]
        made += [
            (change, end, decision.known_from) for change, end in zip(decision.changes, [*ends, None], strict=True)
        ]
    await _insert_rows(tx, made)


async def _end_rows(tx: Transaction, ended: Sequence[tuple[UUID, datetime | None]]) -> None:
    if ended:
        await tx.raw.execute(
            f"""update tier_history h set effective = tstzrange(lower(h.effective), given.ends_at)
                from {unnest("given", id="uuid", ends_at="timestamptz")} where h.id = given.id""",
            *zip(*ended, strict=True),
        )


async def _insert_rows(tx: Transaction, made: Sequence[tuple[TierChange, datetime | None, datetime]]) -> None:
    columns = columns_of(
        [change for change, _, _ in made],
        ("customer_id", "previous_tier", "tier", "rank", "kind", "policy_id", "policy_version", "run_id",
         "retained_until", "reasons"),
    ) | {
        "id": [change.row_id for change, _, _ in made],
        "effective": [Range(change.effective_from, end) for change, end, _ in made],
        "known_from": [known_from for _, _, known_from in made],
    }  # fmt: skip
    await insert_columns(tx, tier_history, columns, shared={"recorded_at": tx.at})


async def add_watches(tx: Transaction, begun: Sequence[tuple[UUID, datetime, datetime, datetime]]) -> None:
    """Customers who are below their tier from now on: since when, until when it is kept, since when that is known."""
    if begun:
        customers, below_since, grace_until, known_from = zip(*begun, strict=True)
        columns = {
            "customer_id": customers, "below_since": below_since, "grace_until": grace_until, "known_from": known_from,
        }  # fmt: skip
        await insert_columns(tx, tier_watch, columns)


END_WATCHES = f"""
with replaced as (
    update tier_watch w set known_until = given.known_from
    from {unnest("given", customer_id="uuid", ended_at="timestamptz", known_from="timestamptz")}
    where w.customer_id = given.customer_id and w.known_until is null and w.ended_at is null
    returning w.customer_id, w.below_since, w.grace_until, given.ended_at, given.known_from
)
insert into tier_watch (customer_id, below_since, grace_until, ended_at, known_from)
select customer_id, below_since, grace_until, ended_at, known_from from replaced
"""


async def end_watches(tx: Transaction, ended: Sequence[tuple[UUID, datetime, datetime]]) -> None:
    """Customers who are no longer below their tier: since when, and since when that is known."""
    if ended:
        await tx.raw.execute(END_WATCHES, *zip(*ended, strict=True))


# --- replaced ---


async def replace_tails(tx: Transaction, changes: Sequence[HistoryChange]) -> None:
    """Histories and watches from the first row on that is another one; what stays is not touched."""
    replaced = [(row_id, change.known_from) for change in changes for row_id in change.replaced]
    if replaced:
        await tx.raw.execute(
            f"""update tier_history h set superseded_at = $3, known_until = given.known_from
                from {unnest("given", id="uuid", known_from="timestamptz")} where h.id = given.id""",
            *zip(*replaced, strict=True), tx.at,
        )  # fmt: skip
    ended = [
        (change.rows[change.kept - 1].row_id, change.ends[change.kept - 1])
        for change in changes
        if change.kept and (change.new_rows or change.replaced)
    ]
    await _end_rows(tx, ended)
    made = [
        (row, end, change.known_from)
        for change in changes
        for row, end in zip(change.new_rows, change.ends[change.kept :], strict=True)
    ]
    if made:
        await _insert_rows(tx, made)
    await _replace_watches(tx, changes)


async def _replace_watches(tx: Transaction, changes: Sequence[HistoryChange]) -> None:
    replaced = [
        (change.standing.customer_id, watch.below_since, change.known_from)
        for change in changes
        for watch in change.before.watches[change.kept_watches :]
    ]
    if replaced:
        await tx.raw.execute(
            f"""update tier_watch w set known_until = given.known_from
                from {unnest("given", customer_id="uuid", below_since="timestamptz", known_from="timestamptz")}
                where w.customer_id = given.customer_id and w.below_since = given.below_since
                  and w.known_until is null""",
            *zip(*replaced, strict=True),
        )
    begun = [
        (change.standing.customer_id, *watch, change.known_from)
        for change in changes
        for watch in change.watches[change.kept_watches :]
    ]
    if begun:
        names = ("customer_id", "below_since", "grace_until", "ended_at", "known_from")
        await insert_columns(tx, tier_watch, dict(zip(names, zip(*begun, strict=True), strict=True)))
