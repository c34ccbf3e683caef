"""SQL of customers' series of months as of an instant (T11, T12): set-based, a statement for each kind of facts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import month_of, shift, start_of
from services.tiering_svc.monitoring.domain.detectors import ComplaintsUp, InArrears, SatisfactionDown
from services.tiering_svc.monitoring.domain.monthly_series import (
    Arrears,
    Margin,
    MonthlySeries,
    MonthSums,
    Scores,
    together,
)
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule
from shared.customers import list_members
from shared.messaging import Transaction
from shared.sql import fragments

NEVER = (None, None, None, None)
LONGEST = 49  # months: the longest baseline before the longest recent window, and one more
CASES, ARREARS, SCORES = "cases", "arrears", "scores"
FACTS_OF_LIKELIHOOD = frozenset((CASES, ARREARS))
FACTS_OF = {ComplaintsUp.kind: CASES, InArrears.kind: ARREARS, SatisfactionDown.kind: SCORES}

# Whole months come from their sums; the month of `as_of` from the facts, as far as it had come.
MONTHS = """
select m.customer_id, m.month, m.orders, m.amount, m.first_order_at, m.last_order_at
from indicator_month m
where m.customer_id = any($1::uuid[]) and m.month >= $2 and m.month < $3 and m.orders > 0
union all
select o.customer_id, o.month, count(*)::int, sum(o.amount - o.returned_amount), min(o.placed_at), max(o.placed_at)
from order_fact o
where o.customer_id = any($1::uuid[]) and o.placed_at >= $4 and o.placed_at <= $5 and o.returned_quantity < o.quantity
group by o.customer_id, o.month
"""
FIRST = """
select customer_id, min(first_order_at), sum(margin) filter (where month >= $2 and month < $3),
       sum(margin_known_amount) filter (where month >= $2 and month < $3)
from indicator_month where customer_id = any($1::uuid[]) and orders > 0 group by customer_id
"""
RETURNED = """
select customer_id, month, returned_amount from indicator_month
where customer_id = any($1::uuid[]) and month >= $2 and month < $3 and returned_amount > 0
"""
OWED = """
select customer_id, sum(left_open), coalesce(sum(left_open) filter (where due_on < $3 and left_open > 0), 0),
       min(due_on) filter (where due_on < $3 and left_open > 0)
from (
    select r.customer_id, r.due_on, r.amount - coalesce((
        select sum(p.amount) from payment_fact p
        where p.customer_id = r.customer_id and p.receivable_id = r.receivable_id and p.paid_at <= $2
    ), 0) as left_open
    from receivable_fact r where r.customer_id = any($1::uuid[]) and r.issued_on <= $3
) o group by customer_id
"""
COMPLAINTS = f"""
select customer_id, {fragments.month_of("filed_at", "$3")}, count(*)::int from case_fact
where customer_id = any($1::uuid[]) and kind = 'complaint' and filed_at <= $2 group by 1, 2
"""
SCORED = f"""
select f.customer_id, 'cases', {fragments.month_of("c.changed_at", "$3")}, count(*)::int,
       sum(c.satisfaction)::numeric
from case_fact f join case_change c using (case_id)
where f.customer_id = any($1::uuid[]) and c.satisfaction is not null and c.changed_at <= $2 group by 1, 3
union all
select customer_id, 'index', {fragments.month_of("answered_at", "$3")}, count(*)::int, sum(satisfaction)
from satisfaction_answer where customer_id = any($1::uuid[]) and answered_at <= $2 group by 1, 3
"""


def facts_for(rules: Iterable[WarningRule]) -> frozenset[str]:
    """The kinds of facts that these rules look at besides the orders: `cases`, `arrears`, `scores`."""
    return frozenset(FACTS_OF[rule.detector.kind] for rule in rules if rule.detector.kind in FACTS_OF)


async def load_monthly_series(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, zone: ZoneInfo, facts: AbstractSet[str],
    margin_months: int,
) -> list[MonthlySeries]:  # fmt: skip
    """The series of these customers, in their order, each with the facts of all who are one with it (P12). `facts`: the
    kinds of facts besides the orders that are needed; `margin_months`: how many full months before the instant the
    margin is taken over."""
    members = await list_members(tx, customers)
    individual = [member for customer_id in customers for member in members[customer_id]]
    loaded = iter(await _load_of_each(tx, individual, as_of, zone, facts, margin_months))
    of_all = [[next(loaded) for _ in members[customer_id]] for customer_id in customers]
    return [series[0] if len(series) == 1 else together(series) for series in of_all]


async def load_series_of(
    tx: Transaction, members: Sequence[UUID], as_of: datetime, zone: ZoneInfo, margin_months: int
) -> MonthlySeries:
    """The series of orders of these, who are one (P12), and of nobody else who is one with them."""
    series = await _load_of_each(tx, members, as_of, zone, frozenset(), margin_months)
    return series[0] if len(series) == 1 else together(series)


async def _load_of_each(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, zone: ZoneInfo, facts: AbstractSet[str],
    margin_months: int,
) -> list[MonthlySeries]:  # fmt: skip
    this_month, today = month_of(as_of, zone), as_of.astimezone(zone).date()
    months = await _months(tx, customers, as_of, this_month, zone)
    rows = await tx.raw.fetch(FIRST, customers, shift(this_month, -margin_months), this_month)
    first = {row[0]: row for row in map(tuple, rows)}
    returned: dict[UUID, dict[date, Decimal]] = defaultdict(dict)
    for customer_id, month, amount in await tx.raw.fetch(RETURNED, customers, shift(this_month, -LONGEST), this_month):
        returned[customer_id][month] = amount
    owed: Mapping[UUID, Arrears] = {}
    if ARREARS in facts:
        owed = {row[0]: Arrears(*row[1:]) for row in map(tuple, await tx.raw.fetch(OWED, customers, as_of, today))}
    complaints: dict[UUID, dict[date, int]] = defaultdict(dict)
    if CASES in facts:
        for customer_id, month, count in map(tuple, await tx.raw.fetch(COMPLAINTS, customers, as_of, str(zone))):
            complaints[customer_id][month] = count
    scores: dict[UUID, dict[str, dict[date, Scores]]] = defaultdict(lambda: defaultdict(dict))
    if SCORES in facts:
        rows = await tx.raw.fetch(SCORED, customers, as_of, str(zone))
        for customer_id, measure, month, answers, total in map(tuple, rows):
            scores[customer_id][measure][month] = Scores(answers, total)
    series = []
    for customer_id in customers:
        _, first_at, earned, known_of = first.get(customer_id, NEVER)
        if first_at is not None and first_at > as_of:
            first_at = None
        series.append(
            MonthlySeries(
                as_of, today, this_month, months.get(customer_id, {}), first_at,
                None if first_at is None else month_of(first_at, zone), complaints.get(customer_id, {}),
                scores.get(customer_id, {}), owed.get(customer_id),
                Margin(earned, known_of) if earned is not None and known_of else None,
                returned.get(customer_id, {}),
            )
        )  # fmt: skip
    return series


async def _months(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, this_month: date, zone: ZoneInfo
) -> dict[UUID, dict[date, MonthSums]]:
    rows = await tx.raw.fetch(
        MONTHS, customers, shift(this_month, -LONGEST), this_month, start_of(this_month, zone), as_of
    )
    months: dict[UUID, dict[date, MonthSums]] = defaultdict(dict)
    for customer_id, month, *sums in map(tuple, rows):
        months[customer_id][month] = MonthSums(*sums)
    return months
