"""What customers are asked beside the index (T16): reputation, awareness and price sensitivity, each on its own scale.

level(question) = (mean answer - lowest) / (highest - lowest)         0 to 1
level(kind)     = mean of the levels of its questions that were answered
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import Names, number
from shared.errors import invalid

QUESTION_KINDS = ("reputation", "awareness", "price_sensitivity")


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """A question with the scale that it is answered on; from 0 to 1 it is a question of yes or no."""

    code: str
    names: Names
    kind: str
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class QuestionLevel:
    """How a question was answered: how many answers, their mean, and where that lies on the scale, 0 to 1."""

    question: SurveyQuestion
    answers: int
    mean: Decimal | None
    level: Decimal | None


@dataclass(frozen=True, slots=True)
class KindLevel:
    """How the questions of a kind were answered; None: not at all."""

    kind: str
    level: Decimal | None
    questions: tuple[QuestionLevel, ...]


def read_questions(
    documents: Sequence[Mapping[str, Any]], pointer: str, codes: set[str]
) -> tuple[SurveyQuestion, ...]:  # fmt: skip
    """The questions of a document whose shape is checked. Refused with 422 at its field below `pointer`: a code that is
    among `codes` or comes twice, an empty scale."""
    questions: list[SurveyQuestion] = []
    for index, document in enumerate(documents):
        at = f"{pointer}/{index}"
        if document["code"] in codes:
            raise invalid("duplicate_code", "Each code once in the whole index.", pointer=f"{at}/code")
        codes.add(document["code"])
        lowest = number(document["scale"]["from"], f"{at}/scale/from")
        highest = number(document["scale"]["to"], f"{at}/scale/to")
        if highest <= lowest:
            raise invalid("empty_scale", "A scale ends above where it begins.", pointer=f"{at}/scale/to")
        questions.append(SurveyQuestion(document["code"], dict(document["name"]), document["kind"], lowest, highest))
    return tuple(questions)


def check_question_answers(
    questions: Sequence[SurveyQuestion], answers: Sequence[tuple[str, Decimal]], pointer: str = "/questions"
) -> dict[str, Decimal]:
    """The answers by question: each at most once, on its scale. Else 422 at the answer below `pointer`:
    `unknown_question`, `duplicate_item`, `off_the_scale`."""
    known = {question.code: question for question in questions}
    read: dict[str, Decimal] = {}
    for position, (code, value) in enumerate(answers):
        at = f"{pointer}/{position}"
        question = known.get(code)
        if question is None:
            raise invalid("unknown_question", "There is no such question.", pointer=f"{at}/code")
        if code in read:
            raise invalid("duplicate_item", "Each thing is answered once.", pointer=f"{at}/code")
        if not question.lowest <= value <= question.highest:
            raise invalid(
                "off_the_scale", f"Between {question.lowest} and {question.highest}.", pointer=f"{at}/value"
            )  # fmt: skip
        read[code] = value
    return read


def levels_of(questions: Sequence[SurveyQuestion], answers: Sequence[Mapping[str, Decimal]]) -> list[KindLevel]:
    """How each kind of question was answered, over one mapping for each respondent."""
    levels = [_level(question, answers) for question in questions]
    return [
        _kind(kind, [level for level in levels if level.question.kind == kind])
        for kind in QUESTION_KINDS
        if any(question.kind == kind for question in questions)
    ]


def _level(question: SurveyQuestion, answers: Iterable[Mapping[str, Decimal]]) -> QuestionLevel:
    values = [response[question.code] for response in answers if question.code in response]
    if not values:
        return QuestionLevel(question, 0, None, None)
    mean = sum(values, Decimal(0)) / len(values)
    return QuestionLevel(
        question, len(values), mean, (mean - question.lowest) / (question.highest - question.lowest)
    )  # fmt: skip


def _kind(kind: str, questions: Sequence[QuestionLevel]) -> KindLevel:
    known = [question.level for question in questions if question.level is not None]
    return KindLevel(kind, sum(known, Decimal(0)) / len(known) if known else None, tuple(questions))
