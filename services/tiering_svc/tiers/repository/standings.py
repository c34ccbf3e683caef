"""SQL of standings and history: locked, loaded with the sums a decision needs, and saved with the rows it made."""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, RowEnding, endings
from shared.messaging import Transaction

FIELDS = Standing._fields
TYPES = (
    "uuid", "text", "int", "timestamptz", "uuid", "text", "uuid", "int", "uuid", "text", "text", "int",
    "timestamptz", "timestamptz", "timestamptz", "timestamptz", "timestamptz", "timestamptz",
)  # fmt: skip
STANDING = ", ".join(f"s.{field}" for field in FIELDS)


async def load_standings(tx: Transaction, customers: Iterable[UUID]) -> dict[UUID, Standing]:
    """The standings of these customers; one that is not known yet has an empty one. Locks them."""
    ordered = sorted(set(customers))
    rows = await tx.raw.fetch(
        f"select {STANDING} from standing s where s.customer_id = any($1::uuid[]) order by s.customer_id for update",
        ordered,
    )
    return {customer_id: Standing(customer_id) for customer_id in ordered} | {
        row["customer_id"]: Standing._make(row) for row in rows
    }


@dataclass(slots=True)
class StandingWithTotals:
    """A customer's standing, its sums by window (by the window's last month), and the newest order that counts."""

    standing: Standing
    windows: dict[date, Figures]
    newest_at: datetime | None


# What a policy needs to be graded by; aggregating only that is a third of the work.
SUMS = {
    "orders": ("orders",),
    "amount": ("orders", "amount"),
    "margin": ("orders", "margin"),
    "margin_rate": ("orders", "margin", "margin_known_amount"),
    "average_order": ("orders", "amount"),
    "largest_order": ("orders", "largest_order"),
}
AGGREGATES = {
    "orders": "coalesce(sum(m.orders) filter (where m.month <= w.last_month), 0)::int",
    "amount": "coalesce(sum(m.amount) filter (where m.month <= w.last_month), 0)",
    "margin": "sum(m.margin) filter (where m.month <= w.last_month)",
    "margin_known_amount": "coalesce(sum(m.margin_known_amount) filter (where m.month <= w.last_month), 0)",
    "largest_order": "max(m.largest_order) filter (where m.month <= w.last_month)",
}
MONTHLY = """,
    array_agg(m.month) filter (where m.month <= w.last_month and m.orders > 0) as months,
    array_agg(m.amount) filter (where m.month <= w.last_month and m.orders > 0) as amounts"""


def _sums_of(policy: Policy) -> list[str]:
    """None where the policy needs more than sums: then everything is loaded another way."""
    wanted = () if policy.classes else policy.indicators
    return list(dict.fromkeys(column for code in wanted for column in SUMS[code]))


def _load_statement(policy: Policy) -> str:
    """Only names from the tables above go into the text."""
    sums = "".join(f", {AGGREGATES[column]} as {column}" for column in _sums_of(policy))
    return f"""
select a.n, {STANDING}, w.last_month, f.*
from unnest($1::uuid[], $2::date[]) with ordinality as a(customer_id, month, n)
left join standing s on s.customer_id = a.customer_id
cross join lateral (select greatest(a.month, date_trunc('month', s.since at time zone $4)::date) as last_month) w
cross join lateral (
    select max(m.last_order_at) as newest_at{sums}{MONTHLY if policy.kind == "star" else ""}
    from indicator_month m
    where m.customer_id = a.customer_id and m.month > (w.last_month - make_interval(months => $3))::date
) f"""


async def load_window_totals(
    tx: Transaction, customers: Sequence[UUID], months: Sequence[AbstractSet[date]], policy: Policy, zone: str
) -> list[StandingWithTotals]:
    """Standings and window sums for these customers, each with the months of its orders. They are locked already."""
    windows = [(place, customers[place], month) for place, of_orders in enumerate(months) for month in of_orders]
    rows = await tx.raw.fetch(
        _load_statement(policy), [customer_id for _, customer_id, _ in windows], [month for *_, month in windows],
        policy.months, zone,
    )  # fmt: skip
    accounts = [StandingWithTotals(Standing(customer_id), {}, None) for customer_id in customers]
    sums, width = _sums_of(policy), len(FIELDS)
    for row in rows:
        nth, *values = row
        account = accounts[windows[nth - 1][0]]
        if values[0] is not None:
            account.standing = Standing._make(values[:width])
        last_month, newest_at = values[width], values[width + 1]
        if newest_at is not None and (account.newest_at is None or newest_at > account.newest_at):
            account.newest_at = newest_at
        account.windows[last_month] = figures = Figures()
        for column, value in zip(sums, values[width + 2 :], strict=False):
            setattr(figures, column, value)
        if policy.kind == "star":
            figures.monthly = dict(zip(row["months"] or (), row["amounts"] or (), strict=True))
    return accounts


SAVE = f"""
insert into standing as s ({", ".join(FIELDS)}, known_from)
select * from unnest({", ".join(f"${n}::{type_}[]" for n, type_ in enumerate((*TYPES, "timestamptz"), 1))}) order by 1
on conflict (customer_id) do update set
    {", ".join(f"{field} = excluded.{field}" for field in (*FIELDS[1:], "known_from"))}
"""


async def save_decisions(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """Standings that changed, who is watched since when, and the rows of the history; the customers are locked."""
    changed = [decision for decision in decisions if decision.after is not decision.before]
    if not changed:
        return
    columns = zip(*(decision.after for decision in changed), strict=True)
    await tx.raw.execute(SAVE, *(list(column) for column in columns), [decision.known_from for decision in changed])
    await _save_watches(tx, [(decision.after, decision.known_from) for decision in changed])
    await _save_history(tx, [decision for decision in changed if decision.changes])


async def _save_watches(tx: Transaction, saved: Sequence[tuple[Standing, datetime]]) -> None:
    """Keep since when who is watched, and until when who was (T10): said again, it changes nothing."""
    if over := [(s, known_from) for s, known_from in saved if s.recovered_at is not None]:
        await tx.raw.execute(
            """update tier_watch w set recovered_at = a.recovered_at, recovery_known_from = a.known_from
               from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as a(row_id, recovered_at, known_from)
               where w.row_id = a.row_id and w.recovery_known_from is null""",
            [s.row_id for s, _ in over], [s.recovered_at for s, _ in over], [known_from for _, known_from in over],
        )  # fmt: skip
    if watched := [(s, known_from) for s, known_from in saved if s.below_since is not None]:
        await tx.raw.execute(
            """insert into tier_watch (customer_id, row_id, below_since, grace_until, known_from)
               select a.* from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
                    as a(customer_id, row_id, below_since, grace_until, known_from)
               where not exists (
                   select from tier_watch w where w.row_id = a.row_id and w.recovery_known_from is null)""",
            [s.customer_id for s, _ in watched], [s.row_id for s, _ in watched], [s.below_since for s, _ in watched],
            [s.grace_until for s, _ in watched], [known_from for _, known_from in watched],
        )  # fmt: skip


ADD_HISTORY = """
insert into tier_history (id, customer_id, previous_tier, tier, rank, kind, effective, recorded_at, superseded_at,
                          policy_id, policy_version, run_id, reasons, known_from, known_until)
select id, customer_id, previous_tier, tier, rank, kind, tstzrange(starts_at, ends_at), $15::timestamptz,
       case when superseded then $15::timestamptz end, policy_id, policy_version, run_id, reasons, known_from,
       case when superseded then known_from end
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[],
            $8::timestamptz[], $9::bool[], $10::uuid[], $11::int[], $12::uuid[], $13::jsonb[], $14::timestamptz[])
     as a(id, customer_id, previous_tier, tier, rank, kind, starts_at, ends_at, superseded, policy_id, policy_version,
          run_id, reasons, known_from)
"""


async def _save_history(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """End what ended and add the new rows, those included that were opened and ended within these same changes."""
    if not decisions:
        return
    ended = [(ending, d.known_from) for d in decisions for ending in endings(d.before, d.changes)]
    new = {change.row_id for decision in decisions for change in decision.changes}
    await _end_rows(tx, [(ending, known_from) for ending, known_from in ended if ending.row_id not in new])
    ends: Mapping[UUID, datetime | None] = {e.row_id: e.ends_at for e, _ in ended if e.row_id in new}
    columns: list[list[Any]] = [[] for _ in range(14)]
    for decision in decisions:
        for change in decision.changes:
            ends_at = ends.get(change.row_id)
            superseded = change.row_id in ends and ends_at is None
            values = (
                change.row_id, change.customer_id, change.previous_tier, change.tier, change.rank, change.kind,
                change.effective_from, ends_at, superseded, change.policy_id, change.policy_version, change.run_id,
                json.dumps(change.reasons, ensure_ascii=False), decision.known_from,
            )  # fmt: skip
            for column, value in zip(columns, values, strict=True):
                column.append(value)
    await tx.raw.execute(ADD_HISTORY, *columns, tx.at)


async def _end_rows(tx: Transaction, ended: Sequence[tuple[RowEnding, datetime]]) -> None:
    """A row that is replaced is known to be wrong from when the newest fact about its customer was recorded."""
    if ended:
        await tx.raw.execute(
            """update tier_history h set
                   effective = case when a.ends_at is null then h.effective
                                    else tstzrange(lower(h.effective), a.ends_at) end,
                   superseded_at = case when a.ends_at is null then $3::timestamptz end,
                   known_until = case when a.ends_at is null then a.known_from end
               from unnest($1::uuid[], $2::timestamptz[], $4::timestamptz[]) as a(id, ends_at, known_from)
               where h.id = a.id""",
            [ending.row_id for ending, _ in ended], [ending.ends_at for ending, _ in ended], tx.at,
            [known_from for _, known_from in ended],
        )  # fmt: skip


async def load_chunk(tx: Transaction, after: UUID | None, limit: int) -> list[Standing]:
    """The next customers in key order, locked."""
    rows = await tx.raw.fetch(
        f"""select {STANDING} from standing s where $1::uuid is null or s.customer_id > $1
            order by s.customer_id limit $2 for update""",
        after, limit,
    )  # fmt: skip
    return [Standing._make(row) for row in rows]


async def find_standing(tx: Transaction, customer_id: UUID) -> Standing | None:
    row = await tx.raw.fetchrow(f"select {STANDING} from standing s where s.customer_id = $1", customer_id)
    return None if row is None else Standing._make(row)


async def next_generation(tx: Transaction, customer_id: UUID, kind: str) -> int:
    """A timer that replaces this customer's earlier ones. The customer is locked."""
    newest: int = await tx.raw.fetchval(
        "select coalesce(max(generation), 0) from timer where aggregate = $1 and kind = $2", str(customer_id), kind
    )
    return newest + 1
