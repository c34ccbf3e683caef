"""Managers and centres are assessed month by month (T15); missed deadlines are kept, because they count there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers import repository as teams
from services.tiering_svc.retention.repository import churn as retention
from services.tiering_svc.retention.repository.rules import CHURN_RULES
from services.tiering_svc.service_quality.domain.assessment import assess, reasons_of
from services.tiering_svc.service_quality.domain.assessment_rules import AssessmentRules
from services.tiering_svc.service_quality.handlers.measures import AssessedFacts, measures_of
from services.tiering_svc.service_quality.repository import assessments, satisfaction, spot_checks, submissions
from services.tiering_svc.service_quality.repository.assessments import AssessedMonth, AssessmentRow
from services.tiering_svc.service_quality.repository.rules import (
    ASSESSMENT_RULES,
    SATISFACTION_INDEX,
    load_version_or_as_of,
)
from services.tiering_svc.service_quality.repository.submissions import SubmissionRow
from shared.customers import list_members, list_roots
from shared.errors import invalid
from shared.events import DeadlineBreached
from shared.messaging import Transaction, new_id
from shared.rule_sets import rule_set_at

INSTANT = timedelta(microseconds=1)
NO_LIMIT = 2**31 - 1


async def when_deadlines_are_missed_remember_it(tx: Transaction, events: Sequence[DeadlineBreached]) -> None:
    """Missed deadlines of complaints count against whoever looks after the customer (T15)."""
    await assessments.add_missed_deadlines(tx, events)


@dataclass(slots=True)
class Responsibility:
    """What a manager or a centre answers for: customers, and submissions that were due."""

    customers: list[UUID] = field(default_factory=list)
    submissions: list[SubmissionRow] = field(default_factory=list)


async def assess_a_month(tx: Transaction, day: date, by: str, rules_version: int | None = None) -> list[AssessmentRow]:
    """Assess everybody who looked after a customer at the end of the day's month or owed a submission in it, and every
    centre they worked at, by the rules in force then (or by a version that was in force at some time). The month is
    over; else 422 `month_not_over`."""
    month = day.replace(day=1)
    business = await find_business(tx)
    ends_at = start_of(shift(month, 1), business.zone)
    if ends_at > tx.at:
        raise invalid("month_not_over", "A month is assessed when it is over.", pointer="/month")
    as_of = ends_at - INSTANT
    version, rules = await load_version_or_as_of(tx, ASSESSMENT_RULES, rules_version, as_of, "/rules_version")
    assessed = AssessedMonth(
        month, start_of(month, business.zone), as_of, rules.revenue_base.of(month),
        None if rules.top_list is None else rules.top_list.base.of(month),
    )  # fmt: skip
    due = await submissions.list_due(tx, assessed.since, as_of, tx.at)
    by_manager, by_centre = await _responsibilities(tx, assessed, due)
    customers = [customer for manager in by_manager.values() for customer in manager.customers]
    facts = await _facts(tx, assessed, rules, customers)
    rows: list[AssessmentRow] = []
    for of, subjects in (("manager", by_manager), ("centre", by_centre)):
        measures = {subject: measures_of(facts, r.customers, r.submissions) for subject, r in subjects.items()}
        rows += [
            AssessmentRow(
                new_id(), month, of, subject, as_of, version, result.score, len(subjects[subject].customers),
                reasons_of(result), by, tx.at,
            )
            for subject, result in assess(rules, measures).items()
        ]  # fmt: skip
    await assessments.save_assessments(tx, month, rows)
    return sorted(rows, key=lambda row: (row.of != "manager", -row.score, row.subject))


async def _responsibilities(
    tx: Transaction, assessed: AssessedMonth, due: Sequence[SubmissionRow]
) -> tuple[dict[str, Responsibility], dict[str, Responsibility]]:
    """What each manager and each centre answers for: a centre for its own and for all that its people do."""
    managers = await teams.list_account_managers(tx, assessed.as_of)
    centres = await teams.list_centres(tx, assessed.as_of)
    by_manager: dict[str, Responsibility] = {}
    by_centre: dict[str, Responsibility] = {}
    for customer_id, employee in managers.items():
        by_manager.setdefault(employee, Responsibility()).customers.append(customer_id)
    for submission in due:
        subjects = by_manager if submission.of == "manager" else by_centre
        subjects.setdefault(submission.subject, Responsibility()).submissions.append(submission)
    for employee, own in by_manager.items():
        if employee in centres:
            whole = by_centre.setdefault(centres[employee], Responsibility())
            whole.customers += own.customers
            whole.submissions += own.submissions
    return by_manager, by_centre


async def _facts(
    tx: Transaction, assessed: AssessedMonth, rules: AssessmentRules, customers: Sequence[UUID]
) -> AssessedFacts:  # fmt: skip
    """All that happened in the month to these customers, of who are one (P12) to all of them under the root's id."""
    members = await list_members(tx, customers)
    root_of = {member: root for root in customers for member in members[root]}
    index = await rule_set_at(tx, SATISFACTION_INDEX, assessed.as_of)
    churn = (await rule_set_at(tx, CHURN_RULES, assessed.as_of)).rules
    point = PointInTime(assessed.as_of, tx.at, True)
    lost = await retention.list_lost(tx, point, churn.lost, assessed.since, None, None, NO_LIMIT)
    return AssessedFacts(
        assessed,
        await assessments.list_customer_months(tx, customers, assessed, rules),
        {row.customer_id: row.lost_at for row in lost},
        await _top_customers(tx, assessed, rules),
        index.rules,
        [
            answer._replace(customer_id=root_of[answer.customer_id])
            for answer in await satisfaction.list_answers(
                tx, assessed.since, assessed.as_of, tx.at, index.version, list(root_of)
            )
        ],
        [
            replace(check, customer_id=root_of.get(check.customer_id, check.customer_id))
            for check in await spot_checks.list_made(tx, assessed.since, assessed.as_of, tx.at)
        ],
    )  # fmt: skip


async def _top_customers(tx: Transaction, assessed: AssessedMonth, rules: AssessmentRules) -> frozenset[UUID]:
    """The customers of the named list; nobody where its base month does not lie before the one that is assessed."""
    top_list = rules.top_list
    if top_list is None or assessed.top_base is None:
        return frozenset()
    if top_list.largest is None:
        return frozenset((await list_roots(tx, top_list.members)).values())
    return await assessments.list_largest(tx, assessed.top_base, top_list.largest)
