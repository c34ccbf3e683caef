"""What customers expected and experienced (T16): recorded once, scored by the index in force."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.service_quality.domain.satisfaction import (
    SatisfactionIndex,
    SurveyAnswer,
    answers_as_data,
    check_answers,
    rounded,
    score,
)
from services.tiering_svc.service_quality.repository import satisfaction
from services.tiering_svc.service_quality.repository.rules import SATISFACTION_INDEX
from services.tiering_svc.service_quality.repository.satisfaction import AnswerRow
from shared.errors import conflict
from shared.events import SatisfactionMeasured
from shared.messaging import Transaction, announce
from shared.rule_sets import load_in_force


async def record_survey_response(
    tx: Transaction,
    answer_id: UUID,
    customer_id: UUID,
    answered_at: datetime,
    items: Sequence[tuple[str, SurveyAnswer]],
    by: str,
) -> AnswerRow:
    """Record an answer and announce its score. The same answer again changes nothing; another one under its id is
    refused with 409 `another_answer`."""
    recorded = await satisfaction.find_answer(tx, answer_id)
    if recorded is not None:
        return _require_same(recorded, customer_id, answered_at, items)
    index = await load_in_force(tx, SATISFACTION_INDEX)
    row = _scored(answer_id, customer_id, answered_at, items, index.rules, index.version, by, tx.at)
    business = await find_business(tx)
    if not await satisfaction.add_answer(tx, row, month_of(answered_at, business.zone)):
        recorded = await satisfaction.find_answer(tx, answer_id)  # somebody was quicker
        assert recorded is not None
        return _require_same(recorded, customer_id, answered_at, items)
    announce(
        tx,
        [
            SatisfactionMeasured(
                answer_id=answer_id,
                customer_id=customer_id,
                expectation=row.expectation,
                experience=row.experience,
                answered_at=answered_at,
            )
        ],
    )
    return row


def _scored(
    answer_id: UUID,
    customer_id: UUID,
    answered_at: datetime,
    items: Sequence[tuple[str, SurveyAnswer]],
    index: SatisfactionIndex,
    version: int,
    by: str,
    at: datetime,
) -> AnswerRow:
    answers = check_answers(index, items)
    scored = score(index, answers)
    assert scored.expectation is not None
    assert scored.experience is not None
    expectation, experience = rounded(scored.expectation), rounded(scored.experience)
    return AnswerRow(
        answer_id, customer_id, version, answered_at, answers_as_data(answers), expectation, experience,
        experience - expectation, by, at,
    )  # fmt: skip


def _require_same(
    recorded: AnswerRow, customer_id: UUID, answered_at: datetime, items: Sequence[tuple[str, SurveyAnswer]]
) -> AnswerRow:  # fmt: skip
    answers = answers_as_data(dict(items))
    if (recorded.customer_id, recorded.answered_at, dict(recorded.items)) != (customer_id, answered_at, answers):
        raise conflict("another_answer", "Another answer was recorded under this id.")
    return recorded
