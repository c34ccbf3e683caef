"""SQL of back-tests of warning rules, and the facts with their times that they look at (T12)."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import start_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.monitoring.domain.back_test import RuleOutcome
from services.tiering_svc.monitoring.domain.detectors import Severity
from services.tiering_svc.monitoring.domain.history import (
    History,
    PaymentFact,
    ReceivableFact,
    ReversalFact,
    ScoredAnswer,
)
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """back_test_id, rule_id, rule_version, first_month, last_month, severity, horizon_months, baseline_months,
            fall, least_baseline, requested_by, requested_at, finished_at, cursor, customers, measured"""


@dataclass(frozen=True, slots=True)
class RuleBackTest:
    back_test_id: UUID
    rule_id: UUID
    rule_version: int
    first_month: date
    last_month: date
    severity: Severity
    horizon_months: int
    baseline_months: int
    fall: Decimal
    least_baseline: Decimal
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None = None
    cursor: UUID | None = None
    customers: int = 0
    measured: Mapping[str, Any] | None = None

    @property
    def outcome(self) -> RuleOutcome:
        return RuleOutcome(self.horizon_months, self.baseline_months, self.fall, self.least_baseline)


async def add_back_test(tx: Transaction, test: RuleBackTest) -> None:
    await tx.raw.execute(
        """insert into warning_back_test (back_test_id, rule_id, rule_version, first_month, last_month, severity,
               horizon_months, baseline_months, fall, least_baseline, requested_by, requested_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        test.back_test_id, test.rule_id, test.rule_version, test.first_month, test.last_month, test.severity,
        test.horizon_months, test.baseline_months, test.fall, test.least_baseline, test.requested_by,
        test.requested_at,
    )  # fmt: skip


async def read_back_test(tx: Transaction, rule_id: UUID, back_test_id: UUID) -> RuleBackTest:
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from warning_back_test where rule_id = $1 and back_test_id = $2", rule_id, back_test_id
    )
    if row is None:
        raise not_found("back_test_not_found", "The rule has no such back-test.")
    return RuleBackTest(**row)


async def list_back_tests(tx: Transaction, rule_id: UUID, before: UUID | None, limit: int) -> list[RuleBackTest]:
    """Newest first."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from warning_back_test where rule_id = $1 and ($2::uuid is null or back_test_id < $2)
            order by back_test_id desc limit $3""",
        rule_id, before, limit,
    )  # fmt: skip
    return [RuleBackTest(**row) for row in rows]


async def find_unfinished(tx: Transaction) -> RuleBackTest | None:
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from warning_back_test where finished_at is null order by requested_at limit 1"
    )
    return None if row is None else RuleBackTest(**row)


async def lock_back_test(tx: Transaction, back_test_id: UUID) -> RuleBackTest | None:
    """Unless another replica is at it or it is done."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from warning_back_test where back_test_id = $1 and finished_at is null
            for update skip locked""",
        back_test_id,
    )
    return None if row is None else RuleBackTest(**row)


async def save_progress(
    tx: Transaction, back_test_id: UUID, cursor: UUID | None, customers: int, measured: Mapping[str, Any], *, last: bool
) -> None:
    await tx.raw.execute(
        """update warning_back_test set cursor = $2, customers = $3, measured = $4::jsonb,
               finished_at = case when $5 then $6::timestamptz end
           where back_test_id = $1""",
        back_test_id, cursor, customers, json.dumps(measured), last, tx.at,
    )  # fmt: skip


# --- histories -----------------------------------------------------------------------------------------------------

ORDERS = """
select customer_id, order_id, placed_at, month, amount, margin, quantity from order_fact
where customer_id = any($1::uuid[]) and placed_at < $2 order by placed_at
"""
CHANGES = """
select c.customer_id, c.at, c.order_id, o.placed_at, c.amount, c.margin, c.quantity
from order_change c
join order_fact o on o.customer_id = c.customer_id and o.order_id = c.order_id
where c.customer_id = any($1::uuid[]) and c.at < $2 order by c.at
"""
BILLS = """
select r.customer_id, r.issued_on, r.due_on, r.amount,
       array_agg(p.paid_at) filter (where p.payment_id is not null),
       array_agg(p.amount) filter (where p.payment_id is not null)
from receivable_fact r left join payment_fact p on p.customer_id = r.customer_id and p.receivable_id = r.receivable_id
where r.customer_id = any($1::uuid[]) group by r.receivable_id
"""
COMPLAINTS = """
select customer_id, filed_at from case_fact
where customer_id = any($1::uuid[]) and kind = 'complaint' and filed_at < $2
"""
SCORED = """
select f.customer_id, 'cases', c.changed_at, c.satisfaction::numeric
from case_fact f join case_change c using (case_id)
where f.customer_id = any($1::uuid[]) and c.satisfaction is not null and c.changed_at < $2
union all
select customer_id, 'index', answered_at, satisfaction from satisfaction_answer
where customer_id = any($1::uuid[]) and answered_at < $2
"""


async def list_histories(tx: Transaction, customers: Sequence[UUID], before: date, zone: tzinfo) -> list[History]:
    """Facts with their times, up to the beginning of a month."""
    until = start_of(before, zone)
    orders: dict[UUID, list[Order]] = defaultdict(list)
    for customer_id, *order in map(tuple, await tx.raw.fetch(ORDERS, customers, until)):
        orders[customer_id].append(Order(*order))
    changes: dict[UUID, list[ReversalFact]] = defaultdict(list)
    for customer_id, at, *taken in map(tuple, await tx.raw.fetch(CHANGES, customers, until)):
        changes[customer_id].append(ReversalFact(at, Reversal(*taken)))
    bills: dict[UUID, list[ReceivableFact]] = defaultdict(list)
    for customer_id, issued_on, due_on, amount, at, paid in map(tuple, await tx.raw.fetch(BILLS, customers)):
        payments = [PaymentFact(*one) for one in zip(at or (), paid or (), strict=True)]
        bills[customer_id].append(ReceivableFact(issued_on, due_on, amount, payments))
    complaints: dict[UUID, list[datetime]] = defaultdict(list)
    for customer_id, at in map(tuple, await tx.raw.fetch(COMPLAINTS, customers, until)):
        complaints[customer_id].append(at)
    scores: dict[UUID, list[ScoredAnswer]] = defaultdict(list)
    for customer_id, *score in map(tuple, await tx.raw.fetch(SCORED, customers, until)):
        scores[customer_id].append(ScoredAnswer(*score))
    return [History(one, orders[one], changes[one], complaints[one], scores[one], bills[one]) for one in customers]
