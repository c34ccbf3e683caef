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
from services.tiering_svc.monitoring.domain.back_test import LossDefinition
from services.tiering_svc.monitoring.domain.detectors import Severity
from services.tiering_svc.monitoring.domain.history import (
    History,
    PaymentFact,
    ReceivableFact,
    ReversalFact,
    ScoredAnswer,
)
from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.tables.warnings import warning_back_test
from shared.customers import list_members
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import insert_many

WARNING_BACK_TEST = "warning_back_test"  # the kind of job

NAMES = (
    "rule_id", "rule_version", "first_month", "last_month", "severity", "horizon_months", "baseline_months", "fall",
    "least_baseline", "measured", "models", "reliability",
)  # fmt: skip
SELECT = f"""select {", ".join(f"t.{name}" for name in NAMES)}, {job_columns("j")}
from warning_back_test t join job j on j.id = t.back_test_id"""


@dataclass(frozen=True, slots=True)
class RuleBackTest:
    """A warning rule tried on past months, and the job that says how far it is."""

    job: Job
    rule_id: UUID
    rule_version: int
    first_month: date
    last_month: date
    severity: Severity
    horizon_months: int
    baseline_months: int
    fall: Decimal
    least_baseline: Decimal
    measured: Mapping[str, Any]
    models: Mapping[str, Any] | None  # of the likelihood, by month; None: not fitted yet
    reliability: Mapping[str, Any]

    def model_of(self, month: date) -> LikelihoodModel:
        """The model that could have been fitted when a month began; the one that Patron comes with, where there was too
        little to fit."""
        document = (self.models or {}).get(month.isoformat())
        return (None if document is None else LikelihoodModel.from_data(document)) or PRIOR

    @property
    def loss(self) -> LossDefinition:
        """What counts as a loss."""
        return LossDefinition(self.horizon_months, self.baseline_months, self.fall, self.least_baseline)


async def add_back_test(tx: Transaction, back_test: RuleBackTest) -> None:
    """A back-test that waits, of a job that is there."""
    await insert_many(tx, warning_back_test, [back_test], columns=NAMES, shared={"back_test_id": back_test.job.id})


async def load_back_test(tx: Transaction, back_test_id: UUID) -> RuleBackTest:
    """The back-test of a job."""
    row = await tx.raw.fetchrow(f"{SELECT} where t.back_test_id = $1", back_test_id)
    assert row is not None  # its job is there
    return _back_test(row)


async def read_back_test(tx: Transaction, rule_id: UUID, back_test_id: UUID) -> RuleBackTest:
    """A back-test of a rule, to be shown; 404 `back_test_not_found`, also for that of another rule."""
    row = await tx.raw.fetchrow(f"{SELECT} where t.rule_id = $1 and t.back_test_id = $2", rule_id, back_test_id)
    if row is None:
        raise not_found("back_test_not_found", "The rule has no such back-test.")
    return _back_test(row)


async def list_back_tests(tx: Transaction, rule_id: UUID, before: UUID | None, limit: int) -> list[RuleBackTest]:
    """The back-tests of a rule, newest first: their ids are ordered by time."""
    rows = await tx.raw.fetch(
        f"""{SELECT} where t.rule_id = $1 and ($2::uuid is null or t.back_test_id < $2)
            order by t.back_test_id desc limit $3""",
        rule_id, before, limit,
    )  # fmt: skip
    return [_back_test(row) for row in rows]


def _back_test(row: Mapping[str, Any]) -> RuleBackTest:
    return RuleBackTest(job_of(row), *(row[name] for name in NAMES))


async def save_models(tx: Transaction, back_test_id: UUID, models: Mapping[str, Any]) -> None:
    """The models of the likelihood by the month in which they were known; null where there was too little to fit."""
    await tx.raw.execute(
        "update warning_back_test set models = $2::jsonb where back_test_id = $1", back_test_id, json.dumps(models)
    )


async def save_measured(
    tx: Transaction, back_test_id: UUID, measured: Mapping[str, Any], reliability: Mapping[str, Any]
) -> None:
    """What has been measured so far (`RulePerformance.as_data`, `Reliability.as_data`)."""
    await tx.raw.execute(
        "update warning_back_test set measured = $2::jsonb, reliability = $3::jsonb where back_test_id = $1",
        back_test_id, json.dumps(measured), json.dumps(reliability),
    )  # fmt: skip


# --- histories -----------------------------------------------------------------------------------------------------

ORDERS = """
select customer_id, order_id, placed_at, month, amount, margin, quantity from order_fact
where customer_id = any($1::uuid[]) and placed_at < $2 order by placed_at
"""
REVERSALS = """
select c.customer_id, c.at, c.order_id, o.placed_at, c.amount, c.margin, c.quantity
from order_change c
join order_fact o on o.customer_id = c.customer_id and o.order_id = c.order_id
where c.customer_id = any($1::uuid[]) and c.at < $2 order by c.at
"""
RECEIVABLES = """
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
    """These customers' facts with their times, in their order, up to the beginning of a month: of who are one (P12)
    those of all."""
    until = start_of(before, zone)
    members = await list_members(tx, customers)
    whose = {member: customer_id for customer_id in customers for member in members[customer_id]}
    everybody = list(whose)
    orders: dict[UUID, list[Order]] = defaultdict(list)
    for member, *order in map(tuple, await tx.raw.fetch(ORDERS, everybody, until)):
        orders[whose[member]].append(Order(*order))
    reversals: dict[UUID, list[ReversalFact]] = defaultdict(list)
    for member, at, *reversal in map(tuple, await tx.raw.fetch(REVERSALS, everybody, until)):
        reversals[whose[member]].append(ReversalFact(at, Reversal(*reversal)))
    receivables: dict[UUID, list[ReceivableFact]] = defaultdict(list)
    for member, issued_on, due_on, amount, at, paid in map(tuple, await tx.raw.fetch(RECEIVABLES, everybody)):
        payments = [PaymentFact(*payment) for payment in zip(at or (), paid or (), strict=True)]
        receivables[whose[member]].append(ReceivableFact(issued_on, due_on, amount, payments))
    complaints: dict[UUID, list[datetime]] = defaultdict(list)
    for member, at in map(tuple, await tx.raw.fetch(COMPLAINTS, everybody, until)):
        complaints[whose[member]].append(at)
    scores: dict[UUID, list[ScoredAnswer]] = defaultdict(list)
    for member, *score in map(tuple, await tx.raw.fetch(SCORED, everybody, until)):
        scores[whose[member]].append(ScoredAnswer(*score))
    return [
        History(
            customer_id, orders[customer_id], reversals[customer_id], complaints[customer_id], scores[customer_id],
            receivables[customer_id],
        )
        for customer_id in customers
    ]  # fmt: skip
