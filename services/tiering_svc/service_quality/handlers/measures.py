"""The measures of a manager or a centre (T15), from what happened to the customers it looked after."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.tiering_svc.service_quality.domain.measures import (
    MOST_FACTS,
    CheckFinding,
    DueSubmission,
    Fact,
    Measure,
    MonthsRevenue,
    change_of,
    check_measures,
    count_of,
    submission_measures,
)
from services.tiering_svc.service_quality.domain.satisfaction import (
    SatisfactionIndex,
    answers_from_data,
    mean_of,
    rounded,
    score,
)
from services.tiering_svc.service_quality.repository.assessments import AssessedMonth, CustomerMonth
from services.tiering_svc.service_quality.repository.satisfaction import RespondentAnswers
from services.tiering_svc.service_quality.repository.spot_checks import SpotCheckRow
from services.tiering_svc.service_quality.repository.submissions import SubmissionRow


@dataclass(frozen=True, slots=True)
class AssessedFacts:
    """All that happened in a month, for everybody who is assessed."""

    assessed: AssessedMonth
    months: Mapping[UUID, CustomerMonth]
    lost_at: Mapping[UUID, datetime]
    top_customers: AbstractSet[UUID]
    index: SatisfactionIndex
    answers: Sequence[RespondentAnswers]
    checks: Sequence[SpotCheckRow]


def measures_of(
    facts: AssessedFacts, customers: Sequence[UUID], due: Sequence[SubmissionRow]
) -> dict[str, Measure]:  # fmt: skip
    """All measures of one subject: of its customers, and of the submissions it owed."""
    months = {customer_id: facts.months[customer_id] for customer_id in sorted(customers)}
    submissions = [DueSubmission(s.submission_id, s.topic, s.due_at, s.received_at, s.wrong) for s in due]
    checks = [
        CheckFinding(check.check_id, check.customer_id, check.about, check.finding)
        for check in facts.checks
        if check.customer_id in months
    ]
    return (
        _of_customers(facts, months)
        | {"satisfaction": _satisfaction(facts, months.keys())}
        | submission_measures(submissions, facts.assessed.as_of)
        | check_measures(checks)
    )


def _of_customers(facts: AssessedFacts, months: Mapping[UUID, CustomerMonth]) -> dict[str, Measure]:
    in_all = len(months)
    lost = [
        {"customer_id": str(customer_id), "lost_at": facts.lost_at[customer_id].isoformat()}
        for customer_id in months
        if customer_id in facts.lost_at
    ]
    late = [
        {"customer_id": str(customer_id), "case_id": str(case_id)}
        for customer_id, month in months.items()
        for case_id in month.late_complaints
    ]
    revenues = [MonthsRevenue(customer_id, month.revenue, month.base) for customer_id, month in months.items()]
    top = [
        MonthsRevenue(customer_id, month.revenue, month.top_base)
        for customer_id, month in months.items()
        if customer_id in facts.top_customers
    ]
    return {
        "revenue_change": change_of(revenues, facts.assessed.base),
        "top_list_change": change_of(top, facts.assessed.top_base),
        "lost_customers": count_of(lost, in_all),
        "uncovered_customers": count_of(_named(id for id, m in months.items() if not m.contacted), in_all),
        "late_complaints": count_of(late, in_all),
        "incomplete_files": count_of(_named(id for id, m in months.items() if m.file_incomplete), in_all),
    }


def _named(customers: Iterable[UUID]) -> list[Fact]:
    return [{"customer_id": str(customer_id)} for customer_id in customers]


def _satisfaction(facts: AssessedFacts, customers: AbstractSet[UUID]) -> Measure:
    """What these customers answered in the month; not known where nobody did."""
    answers = [answer for answer in facts.answers if answer.customer_id in customers]
    satisfied = score(facts.index, mean_of([answers_from_data(answer.items) for answer in answers])).satisfaction
    value = None if satisfied is None else rounded(satisfied)
    named = tuple(
        {"answer_id": str(answer.answer_id), "customer_id": str(answer.customer_id)} for answer in answers[:MOST_FACTS]
    )
    return Measure(value, value, None, None, named, len(answers))
