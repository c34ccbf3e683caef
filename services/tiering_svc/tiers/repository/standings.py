"""SQL of standings and history: locked, loaded with the sums a decision needs, and saved with the rows it made."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Range

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, RowEnding, endings
from services.tiering_svc.tiers.tables.standings import standing, tier_history, tier_watch
from shared.messaging import Transaction
from shared.sql import Upsert, columns_of, fragments, given_rows, insert_columns, unnest, update_many

FIELDS = Standing._fields
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
from {unnest("a", customer_id="uuid", month="date", ordinality="n")}
left join standing s on s.customer_id = a.customer_id
cross join lateral (select greatest(a.month, {fragments.month_of("s.since", "$4")}) as last_month) w
cross join lateral (
    select max(m.last_order_at) as newest_at{sums}{MONTHLY if policy.kind == "star" else ""}
    from indicator_month m
    where m.customer_id = a.customer_id and m.month > (w.last_month - make_interval(months => $3))::date
) f"""


async def load_window_totals(
    tx: Transaction, customers: Sequence[UUID], months: Sequence[AbstractSet[date]], policy: Policy, zone: str
) -> list[StandingWithTotals]:
    """Standings and window sums for these customers, each with the months of its orders. They are locked already."""
    accounts = [StandingWithTotals(Standing(customer_id), {}, None) for customer_id in customers]
    windows = [(account, month) for account, of_orders in zip(accounts, months, strict=True) for month in of_orders]
    rows = await tx.raw.fetch(
        _load_statement(policy),
        [account.standing.customer_id for account, _ in windows],
        [month for _, month in windows],
        policy.months,
        zone,
    )
    sums, width = _sums_of(policy), len(FIELDS)
    for row in rows:
        window_number, *values = row
        account, _ = windows[window_number - 1]
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


IN_FORCE = Upsert()


async def save_decisions(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """Standings that changed, who is watched since when, and the rows of the history; the customers are locked."""
    changed = [decision for decision in decisions if decision.after is not decision.before]
    if not changed:
        return
    columns = columns_of([decision.after for decision in changed])
    known_from = [decision.known_from for decision in changed]
    await insert_columns(tx, standing, columns | {"known_from": known_from}, on_conflict=IN_FORCE)
    await _save_watches(tx, [(decision.after, decision.known_from) for decision in changed])
    await _save_history(tx, [decision for decision in changed if decision.changes])


WATCH = ("customer_id", "row_id", "below_since", "grace_until", "known_from")
ADD_WATCHES = f"""
insert into tier_watch ({", ".join(WATCH)})
select given.* from {given_rows(tier_watch, WATCH)}
where not exists (select from tier_watch w where w.row_id = given.row_id and w.recovery_known_from is null)
"""


async def _save_watches(tx: Transaction, saved: Sequence[tuple[Standing, datetime]]) -> None:
    """Keep since when customers are below their tier, and since when no longer (T10); saved again, nothing changes."""
    over = [(row.row_id, row.recovered_at, known_from) for row, known_from in saved if row.recovered_at is not None]
    await update_many(
        tx, tier_watch, over, key=("row_id",), columns=("row_id", "recovered_at", "recovery_known_from"),
        where="tier_watch.recovery_known_from is null",
    )  # fmt: skip
    watched = [
        (row.customer_id, row.row_id, row.below_since, row.grace_until, known_from)
        for row, known_from in saved
        if row.below_since is not None
    ]
    if watched:
        await tx.raw.execute(ADD_WATCHES, *zip(*watched, strict=True))


async def _save_history(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """End what ended and add the new rows, those included that were opened and ended within these same changes."""
    if not decisions:
        return
    ended = [(ending, d.known_from) for d in decisions for ending in endings(d.before, d.changes)]
    made = [(change, decision.known_from) for decision in decisions for change in decision.changes]
    new = {change.row_id for change, _ in made}
    await _end_rows(tx, [(ending, known_from) for ending, known_from in ended if ending.row_id not in new])
    ends: Mapping[UUID, datetime | None] = {e.row_id: e.ends_at for e, _ in ended if e.row_id in new}
    replaced = {row_id for row_id, ends_at in ends.items() if ends_at is None}
    columns = columns_of(
        [change for change, _ in made],
        ("customer_id", "previous_tier", "tier", "rank", "kind", "policy_id", "policy_version", "run_id", "reasons"),
    ) | {
        "id": [change.row_id for change, _ in made],
        "effective": [Range(change.effective_from, ends.get(change.row_id)) for change, _ in made],
        "superseded_at": [tx.at if change.row_id in replaced else None for change, _ in made],
        "known_from": [known_from for _, known_from in made],
        "known_until": [known_from if change.row_id in replaced else None for change, known_from in made],
    }
    await insert_columns(tx, tier_history, columns, shared={"recorded_at": tx.at})


END_ROWS = f"""
update tier_history h set
    effective = case when given.ends_at is null then h.effective
                     else tstzrange(lower(h.effective), given.ends_at) end,
    superseded_at = case when given.ends_at is null then $4::timestamptz end,
    known_until = case when given.ends_at is null then given.known_from end
from {unnest("given", id="uuid", ends_at="timestamptz", known_from="timestamptz")}
where h.id = given.id
"""


async def _end_rows(tx: Transaction, ended: Sequence[tuple[RowEnding, datetime]]) -> None:
    """A row that is replaced is known to be wrong from when the newest fact about its customer was recorded."""
    if ended:
        known_from = [known_from for _, known_from in ended]
        await tx.raw.execute(
            END_ROWS, [ending.row_id for ending, _ in ended], [ending.ends_at for ending, _ in ended], known_from, tx.at
        )


async def find_standing(tx: Transaction, customer_id: UUID) -> Standing | None:
    """A customer's standing without locking it; None for a customer that is not known."""
    row = await tx.raw.fetchrow(f"select {STANDING} from standing s where s.customer_id = $1", customer_id)
    return None if row is None else Standing._make(row)


async def next_generation(tx: Transaction, customer_id: UUID, kind: str) -> int:
    """A timer that replaces this customer's earlier ones. The customer is locked."""
    newest: int = await tx.raw.fetchval(
        "select coalesce(max(generation), 0) from timer where aggregate = $1 and kind = $2", str(customer_id), kind
    )
    return newest + 1
