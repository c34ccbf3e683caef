"""What customers expected and experienced (T16): recorded once, scored by the index in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
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
from services.tiering_svc.service_quality.domain.survey_questions import check_question_answers
from services.tiering_svc.service_quality.repository import satisfaction
from services.tiering_svc.service_quality.repository.rules import SATISFACTION_INDEX, load_version_or_as_of
from services.tiering_svc.service_quality.repository.satisfaction import AnswerRow
from services.tiering_svc.tiers import handlers as tiers
from services.tiering_svc.tiers.domain.late_facts import ExternalFact
from shared.errors import conflict
from shared.events import SatisfactionMeasured
from shared.messaging import Transaction, announce


@dataclass(frozen=True, slots=True)
class SurveyResponse:
    """One filled-in questionnaire: about the leaves of the index, and to the questions beside it."""

    answer_id: UUID
    customer_id: UUID
    answered_at: datetime
    items: Sequence[tuple[str, SurveyAnswer]]
    questions: Sequence[tuple[str, Decimal]]
    index_version: int | None = None  # which it was given to; None: the one in force when it was answered

    def is_recorded_as(self, row: AnswerRow) -> bool:
        """Whether this is the response that a row keeps."""
        return (row.customer_id, row.answered_at, dict(row.items), dict(row.questions)) == (
            self.customer_id, self.answered_at, answers_as_data(dict(self.items)), _as_data(dict(self.questions)),
        )  # fmt: skip


async def record_survey_response(tx: Transaction, response: SurveyResponse, by: str) -> AnswerRow:
    """Record an answer and announce its score. The same answer again changes nothing; another one under its id is
    refused with 409 `another_answer`."""
    recorded = await satisfaction.find_answer(tx, response.answer_id)
    if recorded is not None:
        return _require_same(recorded, response)
    version, index = await load_version_or_as_of(
        tx, SATISFACTION_INDEX, response.index_version, response.answered_at, "/index_version"
    )
    row = _scored(response, index, version, by, tx.at)
    business = await find_business(tx)
    if not await satisfaction.add_answer(tx, row, month_of(row.answered_at, business.zone)):
        recorded = await satisfaction.find_answer(tx, row.answer_id)  # somebody was quicker
        assert recorded is not None
        return _require_same(recorded, response)
    answer = ExternalFact(row.customer_id, row.answered_at, tx.at)
    await tiers.grade_again_where_late(tx, "contact", [answer])
    announce(
        tx,
        [
            SatisfactionMeasured(
                answer_id=row.answer_id,
                customer_id=row.customer_id,
                expectation=row.expectation,
                experience=row.experience,
                answered_at=row.answered_at,
            )
        ],
    )
    return row


def _scored(response: SurveyResponse, index: SatisfactionIndex, version: int, by: str, at: datetime) -> AnswerRow:
    answers = check_answers(index, response.items)
    questions = check_question_answers(index.questions, response.questions)
    scored = score(index, answers)
    assert scored.expectation is not None
    assert scored.experience is not None
    expectation, experience = rounded(scored.expectation), rounded(scored.experience)
    return AnswerRow(
        response.answer_id, response.customer_id, version, response.answered_at, answers_as_data(answers),
        _as_data(questions), expectation, experience, experience - expectation, by, at,
    )  # fmt: skip


def _as_data(questions: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: str(value) for code, value in questions.items()}


def _require_same(recorded: AnswerRow, response: SurveyResponse) -> AnswerRow:
    if not response.is_recorded_as(recorded):
        raise conflict("another_answer", "Another answer was recorded under this id.")
    return recorded
