"""Monthly assessments (T15): the rules, making them for a month, and reading one's own or everybody's."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Query

from services.tiering_svc.core.dependencies import KnownAt, instant_or_now
from services.tiering_svc.customers.dependencies import employee_of
from services.tiering_svc.service_quality.handlers.assessments import assess_a_month
from services.tiering_svc.service_quality.repository import assessments
from services.tiering_svc.service_quality.repository.assessments import AssessmentRow
from services.tiering_svc.service_quality.repository.rules import ASSESSMENT_RULES
from services.tiering_svc.service_quality.schemas.assessments import (
    AssessmentCreate,
    AssessmentLineRead,
    AssessmentRead,
    AssessmentRulesDocument,
    AssessmentsRead,
)
from services.tiering_svc.service_quality.texts import describe_assessment
from shared.chassis import Actor, CurrentActor, Day, Tx, allow, service_router, staff_only
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1/assessments", tags=["assessments"], dependencies=[staff_only])

MonthOfAssessments = Annotated[Day, Query(description="any day of the month")]
AssessedKind = Annotated[Literal["manager", "centre"], Query(alias="of")]

rules = rule_set_routes(
    ASSESSMENT_RULES,
    "/v1/assessment-rules",
    AssessmentRulesDocument,
    singular="assessment_rules",
    tags=["assessments"],
    read="tiers:read",
    dependencies=[staff_only],
)


@router.post("", status_code=201, dependencies=[allow("evaluations:run")])
async def make_assessments(body: AssessmentCreate, tx: Tx, actor: CurrentActor) -> AssessmentsRead:
    """Assess all account managers and centres for a month that is over. Made again, the ones before are superseded."""
    rows = await assess_a_month(tx, body.month, actor.subject, body.rules_version)
    return _shown(body.month, tx.at, rows)


@router.get("", dependencies=[allow("tiers:read")])
async def list_assessments(
    tx: Tx, actor: CurrentActor, month: MonthOfAssessments, of: AssessedKind = "manager", known_at: KnownAt = None
) -> AssessmentsRead:
    """The assessments of a month: everybody's for those who may run evaluations, for all others their own. `known_at`
    shows those that stood then, before they were made again."""
    known = instant_or_now(known_at, tx, "/known_at")
    rows = await assessments.list_assessments(tx, month.replace(day=1), of, known)
    return _shown(month, known, [row for row in rows if _may_see(actor, row)])


def _may_see(actor: Actor, row: AssessmentRow) -> bool:
    return "evaluations:run" in actor.scopes or (row.of == "manager" and row.subject == employee_of(actor))


def _shown(month: date, known_at: datetime, rows: list[AssessmentRow]) -> AssessmentsRead:
    return AssessmentsRead(month=month.replace(day=1), known_at=known_at, items=[_assessment(row) for row in rows])


def _assessment(row: AssessmentRow) -> AssessmentRead:
    score = format(row.score.normalize(), "f")
    return AssessmentRead(
        id=row.assessment_id,
        month=row.month,
        of="manager" if row.of == "manager" else "centre",
        subject=row.subject,
        as_of=row.as_of,
        rules_version=row.rules_version,
        score=row.score,
        customers=row.customers,
        reasons=[AssessmentLineRead.model_validate(reason) for reason in row.reasons],
        words=describe_assessment(score, row.reasons),
        made_by=row.made_by,
        made_at=row.made_at,
    )
