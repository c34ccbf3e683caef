"""SQL of standings and history: locked, loaded with the sums a decision needs, and saved with the rows it made."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding
from services.tiering_svc.tiers.repository import history
from services.tiering_svc.tiers.tables.standings import standing
from shared.messaging import Transaction
from shared.sql import Upsert, columns_of, insert_columns, unnest

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
    """A customer's standing, and its sums by window (by the window's last month)."""

    standing: Standing
    windows: dict[date, Figures]


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
    "orders": "coalesce(sum(m.orders), 0)::int",
    "amount": "coalesce(sum(m.amount), 0)",
    "margin": "sum(m.margin)",
    "margin_known_amount": "coalesce(sum(m.margin_known_amount), 0)",
    "largest_order": "max(m.largest_order)",
}
MONTHLY = """,
    array_agg(m.month) filter (where m.orders > 0) as months,
    array_agg(m.amount) filter (where m.orders > 0) as amounts"""


def _sums_of(policy: Policy) -> list[str]:
    """None where the policy needs more than sums: then everything is loaded another way."""
    wanted = () if policy.classes else policy.indicators
    return list(dict.fromkeys(column for code in wanted for column in SUMS[code]))


def _load_statement(policy: Policy) -> str:
    """Only names from the tables above go into the text."""
    sums = ", ".join(f"{AGGREGATES[column]} as {column}" for column in _sums_of(policy))
    return f"""
select a.n, {STANDING}, a.month, f.*
from {unnest("a", customer_id="uuid", month="date", ordinality="n")}
left join standing s on s.customer_id = a.customer_id
cross join lateral (
    select {sums}{MONTHLY if policy.kind == "star" else ""}
    from indicator_month m
    where m.customer_id = a.customer_id and m.month <= a.month
      and m.month > (a.month - make_interval(months => $3))::date
) f"""


async def load_window_totals(
    tx: Transaction, customers: Sequence[UUID], months: Sequence[AbstractSet[date]], policy: Policy
) -> list[StandingWithTotals]:
    """Standings and window sums for these customers, each with the months of its orders. They are locked already."""
    accounts = [StandingWithTotals(Standing(customer_id), {}) for customer_id in customers]
    windows = [(account, month) for account, of_orders in zip(accounts, months, strict=True) for month in of_orders]
    rows = await tx.raw.fetch(
        _load_statement(policy),
        [account.standing.customer_id for account, _ in windows],
        [month for _, month in windows],
        policy.months,
    )
    sums, width = _sums_of(policy), len(FIELDS)
    for row in rows:
        window_number, *values = row
        account, _ = windows[window_number - 1]
        if values[0] is not None:
            account.standing = Standing._make(values[:width])
        account.windows[values[width]] = figures = Figures()
        for column, value in zip(sums, values[width + 1 :], strict=False):
            setattr(figures, column, value)
        if policy.kind == "star":
            figures.monthly = dict(zip(row["months"] or (), row["amounts"] or (), strict=True))
    return accounts


IN_FORCE = Upsert()


async def save_decisions(tx: Transaction, decisions: Sequence[DecidedStanding]) -> None:
    """Standings that were carried on, who is watched since when, and the rows they began; the customers are locked."""
    changed = [decision for decision in decisions if decision.after is not decision.before]
    if not changed:
        return
    await save_standings(tx, [(decision.after, decision.known_from) for decision in changed])
    await history.add_watches(tx, _watches_begun(changed))
    await history.end_watches(tx, _watches_ended(changed))
    await history.add_rows(tx, [decision for decision in changed if decision.changes])


async def save_standings(tx: Transaction, saved: Sequence[tuple[Standing, datetime]]) -> None:
    """Standings as they are from now on, with when the newest fact of each was recorded."""
    columns = columns_of([standing for standing, _ in saved])
    await insert_columns(
        tx, standing, columns | {"known_from": [known_from for _, known_from in saved]}, on_conflict=IN_FORCE
    )  # fmt: skip


def _watches_begun(decisions: Sequence[DecidedStanding]) -> list[tuple[UUID, datetime, datetime, datetime]]:
    return [
        (after.customer_id, after.below_since, after.grace_until, known_from)
        for before, after, _, known_from in decisions
        if after.below_since is not None and after.grace_until is not None and after.below_since != before.below_since
    ]


def _watches_ended(decisions: Sequence[DecidedStanding]) -> list[tuple[UUID, datetime, datetime]]:
    """A watch ends when the customer earns its tier again, or has another one."""
    ended = []
    for before, after, changes, known_from in decisions:
        if before.below_since is not None and after.below_since != before.below_since:
            ended_at = changes[0].effective_from if changes else after.recovered_at
            assert ended_at is not None
            ended.append((after.customer_id, ended_at, known_from))
    return ended


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
