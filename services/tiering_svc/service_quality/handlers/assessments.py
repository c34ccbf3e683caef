"""Managers and centres are assessed month by month (T15); missed deadlines are kept, because they count there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers import repository as teams
from services.tiering_svc.retention.repository import churn as retention
from services.tiering_svc.retention.repository.rules import CHURN_RULES
from services.tiering_svc.service_quality.domain.assessment import (
    Measures,
    assess,
    reasons_of,
    revenue_change,
)
from services.tiering_svc.service_quality.domain.satisfaction import (
    SatisfactionIndex,
    answers_from_data,
    mean_of,
    rounded,
    score,
)
from services.tiering_svc.service_quality.repository import assessments, satisfaction
from services.tiering_svc.service_quality.repository.assessments import AssessmentRow, CustomerMonth
from services.tiering_svc.service_quality.repository.rules import ASSESSMENT_RULES, SATISFACTION_INDEX
from shared.errors import invalid
from shared.events import DeadlineBreached
from shared.messaging import Transaction, new_id
from shared.rule_sets import InForce, load_in_force, rule_set_at

INSTANT = timedelta(microseconds=1)
NO_LIMIT = 2**31 - 1


async def when_deadlines_are_missed_remember_it(tx: Transaction, events: Sequence[DeadlineBreached]) -> None:
    """Missed deadlines of complaints count against whoever looks after the customer (T15)."""
    await assessments.add_missed_deadlines(tx, events)


async def assess_a_month(tx: Transaction, day: date, by: str) -> list[AssessmentRow]:
    """Assess everybody who looked after a customer at the end of the day's month, and every centre they worked at, by
    the rules in force. The month is over; else 422 `month_not_over`."""
    month = day.replace(day=1)
    business = await find_business(tx)
    ends_at = start_of(shift(month, 1), business.zone)
    if ends_at > tx.at:
        raise invalid("month_not_over", "A month is assessed when it is over.", pointer="/month")
    as_of = ends_at - INSTANT
    in_force = await load_in_force(tx, ASSESSMENT_RULES)
    rules = in_force.rules
    managers = await teams.list_account_managers(tx, as_of)
    centres = await teams.list_centres(tx, as_of)
    by_manager: dict[str, list[UUID]] = defaultdict(list)
    by_centre: dict[str, list[UUID]] = defaultdict(list)
    for customer_id, employee in managers.items():
        by_manager[employee].append(customer_id)
        if employee in centres:
            by_centre[centres[employee]].append(customer_id)
    begins_at = start_of(month, business.zone)
    figures = await assessments.list_customer_months(tx, list(managers), month, begins_at, as_of, rules)
    lost = await _lost_in(tx, begins_at, as_of)
    index = await load_in_force(tx, SATISFACTION_INDEX)
    rows: list[AssessmentRow] = []
    for of, groups in (("manager", by_manager), ("centre", by_centre)):
        measures = {
            subject: await _measures(tx, customers, figures, lost, index, begins_at, as_of)
            for subject, customers in groups.items()
        }
        rows += [
            AssessmentRow(
                new_id(), month, of, subject, as_of, in_force.version, assessed.score, len(groups[subject]),
                reasons_of(assessed), by, tx.at,
            )
            for subject, assessed in assess(rules, measures).items()
        ]  # fmt: skip
    await assessments.save_assessments(tx, month, rows)
    return sorted(rows, key=lambda row: (row.of != "manager", -row.score, row.subject))


async def _measures(
    tx: Transaction, customers: Sequence[UUID], figures: Mapping[UUID, CustomerMonth], lost: set[UUID],
    index: InForce[SatisfactionIndex], since: datetime, as_of: datetime,
) -> Measures:  # fmt: skip
    months = [figures[customer_id] for customer_id in customers]
    baselines = [month.baseline for month in months if month.baseline is not None]
    return {
        "revenue_change": revenue_change(
            sum((month.revenue for month in months), Decimal(0)), sum(baselines, Decimal(0)) if baselines else None
        ),
        "lost_customers": Decimal(len(lost.intersection(customers))),
        "uncovered_customers": Decimal(sum(not month.contacted for month in months)),
        "late_complaints": Decimal(sum(month.late_complaints for month in months)),
        "incomplete_files": Decimal(sum(month.file_incomplete for month in months)),
        "satisfaction": await _satisfaction(tx, customers, index, since, as_of),
    }


async def _lost_in(tx: Transaction, since: datetime, as_of: datetime) -> set[UUID]:
    """The customers whose silence became too long in the month, by the rule of retention (T13)."""
    rule = (await rule_set_at(tx, CHURN_RULES, as_of)).rules.lost
    rows = await retention.list_lost(tx, PointInTime(as_of, tx.at, True), rule, since, None, None, NO_LIMIT)
    return {row.customer_id for row in rows}


async def _satisfaction(
    tx: Transaction, customers: Sequence[UUID], index: InForce[SatisfactionIndex], since: datetime, as_of: datetime
) -> Decimal | None:  # fmt: skip
    """What these customers answered in the month; None: nobody did."""
    responses = await satisfaction.list_answers(tx, since, as_of, tx.at, index.version, customers)
    mean = mean_of([answers_from_data(items) for items in responses])
    satisfied = score(index.rules, mean).satisfaction
    return None if satisfied is None else rounded(satisfied)
