"""Satisfaction (T16): the index people hold the company to, answers, and what they come to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import (
    AsOf,
    KnownAt,
    MonthsBack,
    MonthsWindow,
    TierAsOf,
    window_of,
)
from services.tiering_svc.core.domain.numbers import number
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.customers.repository import list_sources
from services.tiering_svc.service_quality.domain.satisfaction import (
    SatisfactionScore,
    SurveyAnswer,
    answers_from_data,
    mean_of,
    rounded,
    score,
)
from services.tiering_svc.service_quality.domain.survey_questions import KindLevel, levels_of
from services.tiering_svc.service_quality.handlers.satisfaction import SurveyResponse, record_survey_response
from services.tiering_svc.service_quality.repository import satisfaction
from services.tiering_svc.service_quality.repository.rules import SATISFACTION_INDEX, load_version_or_as_of
from services.tiering_svc.service_quality.repository.satisfaction import AnswerRow, Counts
from services.tiering_svc.service_quality.schemas.satisfaction import (
    AnswerCreate,
    AnswerRead,
    CustomerSatisfactionRead,
    QuestionKindRead,
    QuestionLevelRead,
    RatesRead,
    SatisfactionIndexDocument,
    SatisfactionRead,
    ScoredRead,
)
from services.tiering_svc.tiers.repository import tiers_as_of
from shared.chassis import CurrentActor, Tx, allow, list_visible_members, service_router, staff_only, visible_customer
from shared.chassis.http.instants import refuse_future
from shared.customers import list_members
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1", tags=["satisfaction"])

LATEST = 20
IndexVersion = Annotated[
    int | None,
    Query(ge=1, le=2**31 - 1, description="which version of the index; that in force at `as_of`, if not given"),
]

indexes = rule_set_routes(
    SATISFACTION_INDEX,
    "/v1/satisfaction-indexes",
    SatisfactionIndexDocument,
    singular="satisfaction_index",
    tags=["satisfaction"],
    read="tiers:read",
    dependencies=[staff_only],
)


@router.post("/satisfaction/answers", status_code=201, dependencies=[allow("customers:write", "complaints:answer")])
async def record_answer(body: AnswerCreate, tx: Tx, actor: CurrentActor) -> AnswerRead:
    """One filled-in questionnaire. The same answer again changes nothing."""
    await visible_customer(tx, actor, body.customer_id, list_sources)
    refuse_future(body.answered_at, tx.at, "/answered_at")
    items = [
        (
            item.code,
            SurveyAnswer(
                number(item.expectation, f"/items/{index}/expectation"),
                number(item.experience, f"/items/{index}/experience"),
            ),
        )
        for index, item in enumerate(body.items)
    ]
    questions = [
        (answer.code, number(answer.value, f"/questions/{index}/value")) for index, answer in enumerate(body.questions)
    ]
    response = SurveyResponse(body.answer_id, body.customer_id, body.answered_at, items, questions, body.index_version)
    return _answer(await record_survey_response(tx, response, actor.subject))


@router.get("/satisfaction", dependencies=[allow("tiers:read"), staff_only])
async def show_satisfaction(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12, tier: TierAsOf = None,
    index_version: IndexVersion = None,
) -> SatisfactionRead:  # fmt: skip
    """The index over all answers of the window, or of a tier's customers, with the rates beside it."""
    window = await window_of(tx, as_of, known_at, months)
    customers = None if tier is None else await tiers_as_of.list_customers_in(tx, tier, window.until, window.known_at)
    if customers is not None:
        of_all = await list_members(tx, customers)
        customers = [member for customer_id in customers for member in of_all[customer_id]]
    return await _measured(tx, window, customers, index_version)


@router.get("/customers/{customer_id}/satisfaction", dependencies=[allow("tiers:read")])
async def show_customers_satisfaction(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, as_of: AsOf = None, known_at: KnownAt = None,
    months: MonthsBack = 12, index_version: IndexVersion = None,
) -> CustomerSatisfactionRead:  # fmt: skip
    """The index over the customer's answers of the window, the rates beside it, and its latest answers: of who are
    one, those of all whom the reader sees."""
    window = await window_of(tx, as_of, known_at, months)
    members = await list_visible_members(tx, actor, customer_id)
    measured = await _measured(tx, window, members, index_version)
    rows = await satisfaction.list_answers_of(tx, members, LATEST)
    return CustomerSatisfactionRead(
        customer_id=customer_id, satisfaction=measured, latest=[_answer(row) for row in rows]
    )


async def _measured(
    tx: Tx, window: MonthsWindow, customers: Sequence[UUID] | None, index_version: int | None
) -> SatisfactionRead:  # fmt: skip
    since, until, known_at = window.since, window.until, window.known_at
    version, index = await load_version_or_as_of(tx, SATISFACTION_INDEX, index_version, until, "/index_version")
    responses = await satisfaction.list_answers(tx, since, until, known_at, version, customers)
    scored = score(index, mean_of([answers_from_data(response.items) for response in responses]))
    levels = levels_of(index.questions, [_values(response.questions) for response in responses])
    counts = await satisfaction.count_beside(tx, since, until, known_at, customers)
    return SatisfactionRead(
        window=window.shown,
        since=since,
        as_of=until,
        known_at=known_at,
        index_version=version,
        answers=len(responses),
        index=_scored(scored),
        mean_score=_as_text(await satisfaction.find_mean_score(tx, since, until, known_at, customers)),
        questions=[_kind(level) for level in levels],
        rates=_rates(counts),
    )


def _values(questions: Mapping[str, str]) -> dict[str, Decimal]:
    return {code: Decimal(value) for code, value in questions.items()}


def _kind(level: KindLevel) -> QuestionKindRead:
    return QuestionKindRead(
        kind=level.kind,
        level=_as_text(level.level),
        questions=[
            QuestionLevelRead(
                code=answered.question.code,
                name=dict(answered.question.names),
                answers=answered.answers,
                mean=_as_text(answered.mean),
                level=_as_text(answered.level),
            )
            for answered in level.questions
        ],
    )


def _rates(counts: Counts) -> RatesRead:
    return RatesRead(
        buyers=counts.buyers,
        complaint_rate=_ratio(Decimal(counts.complaints), Decimal(counts.orders)),
        return_rate=_ratio(counts.returned, counts.bought),
        come_back_rate=_ratio(Decimal(counts.came_back), Decimal(counts.buyers)),
    )


def _ratio(part: Decimal, whole: Decimal) -> str | None:
    return format(rounded(part / whole), "f") if whole else None


def _scored(node: SatisfactionScore) -> ScoredRead:
    return ScoredRead(
        code=node.code,
        name=dict(node.names),
        weight=str(node.weight),
        expectation=_as_text(node.expectation),
        experience=_as_text(node.experience),
        satisfaction=_as_text(node.satisfaction),
        parts=[_scored(part) for part in node.parts],
    )


def _as_text(value: Decimal | None) -> str | None:
    return None if value is None else format(rounded(value), "f")


def _answer(row: AnswerRow) -> AnswerRead:
    return AnswerRead(
        answer_id=row.answer_id,
        customer_id=row.customer_id,
        index_version=row.index_version,
        answered_at=row.answered_at,
        expectation=str(row.expectation),
        experience=str(row.experience),
        satisfaction=str(row.satisfaction),
        items={code: list(pair) for code, pair in row.items.items()},
        questions=dict(row.questions),
    )
