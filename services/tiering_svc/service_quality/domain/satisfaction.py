"""Satisfaction (T16): experience less expectation, by a weighted index of up to three levels.

    satisfaction(leaf)  = experience - expectation                      (points of the index's scale)
    satisfaction(node)  = sum(weight_i * satisfaction_i) / sum(weight_i)  over the parts that were answered

A part nobody answered takes no part: its weight goes to its answered siblings, and what nobody answered is not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, HUNDRED, Names, number
from services.tiering_svc.service_quality.domain.survey_questions import SurveyQuestion, read_questions
from shared.errors import invalid

MOST_LEVELS = 3
SatisfactionDocument = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IndexItem:
    """A node of the index. `weight` is its percent among its siblings; a leaf has no parts and is asked about."""

    code: str
    names: Names
    weight: Decimal
    parts: tuple["IndexItem", ...] = ()


@dataclass(frozen=True, slots=True)
class SatisfactionIndex:
    """What is asked about, weighted, and the scale that answers are given on; and what is asked beside it."""

    lowest: Decimal
    highest: Decimal
    parts: tuple[IndexItem, ...]
    questions: tuple[SurveyQuestion, ...] = ()

    def leaves(self) -> list[IndexItem]:
        """The items that are asked about."""
        return list(_leaves(self.parts))


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """What was expected of one leaf and what was experienced, on the index's scale."""

    expectation: Decimal
    experience: Decimal


@dataclass(frozen=True, slots=True)
class SatisfactionScore:
    """A node with what its answered leaves give. None: nobody answered any of them."""

    code: str
    names: Names
    weight: Decimal
    expectation: Decimal | None
    experience: Decimal | None
    parts: tuple["SatisfactionScore", ...] = ()

    @property
    def satisfaction(self) -> Decimal | None:
        """Experience less expectation, in points of the scale."""
        if self.experience is None or self.expectation is None:
            return None
        return self.experience - self.expectation


def read_index(document: SatisfactionDocument, pointer: str = "") -> SatisfactionIndex:
    """The index of a document whose shape is checked. What the shape cannot say is refused with 422 at its field below
    `pointer`: an empty scale, a code twice, more than three levels, weights of siblings that are not 100 together."""
    lowest = number(document["scale"]["from"], f"{pointer}/scale/from")
    highest = number(document["scale"]["to"], f"{pointer}/scale/to")
    if highest <= lowest:
        raise invalid("empty_scale", "A scale ends above where it begins.", pointer=f"{pointer}/scale/to")
    codes: set[str] = set()
    parts = _read_parts(document["parts"], f"{pointer}/parts", 1, codes)
    questions = read_questions(document.get("questions") or (), f"{pointer}/questions", codes)
    return SatisfactionIndex(lowest, highest, parts, questions)


def _read_parts(
    parts: Sequence[SatisfactionDocument], pointer: str, level: int, codes: set[str]
) -> tuple[IndexItem, ...]:
    if level > MOST_LEVELS:
        raise invalid("too_deep", f"An index has up to {MOST_LEVELS} levels.", pointer=pointer)
    read: list[IndexItem] = []
    for index, part in enumerate(parts):
        at = f"{pointer}/{index}"
        if part["code"] in codes:
            raise invalid("duplicate_code", "Each code once in the whole index.", pointer=f"{at}/code")
        codes.add(part["code"])
        weight = number(part["weight"], f"{at}/weight")
        if weight <= 0:
            raise invalid("weight_not_positive", "A weight is more than 0.", pointer=f"{at}/weight")
        below = part.get("parts") or ()
        inner = _read_parts(below, f"{at}/parts", level + 1, codes) if below else ()
        read.append(IndexItem(part["code"], dict(part["name"]), weight, inner))
    if not read:
        raise invalid("no_parts", "At least one part is needed.", pointer=pointer)
    if sum(item.weight for item in read) != HUNDRED:
        raise invalid("weights_do_not_add_up", "The weights of siblings add up to 100 percent.", pointer=pointer)
    return tuple(read)


def _leaves(parts: Iterable[IndexItem]) -> Iterable[IndexItem]:
    for item in parts:
        if item.parts:
            yield from _leaves(item.parts)
        else:
            yield item


def check_answers(
    index: SatisfactionIndex, answers: Sequence[tuple[str, SurveyAnswer]], pointer: str = "/items"
) -> dict[str, SurveyAnswer]:
    """The answers by leaf: each leaf at most once, on the scale, and at least one. Else 422 at the item below
    `pointer`: `unknown_item`, `duplicate_item`, `off_the_scale`, `no_answers`."""
    known = {item.code for item in index.leaves()}
    read: dict[str, SurveyAnswer] = {}
    for position, (code, answer) in enumerate(answers):
        if code not in known:
            raise invalid("unknown_item", "The index asks about no such thing.", pointer=f"{pointer}/{position}/code")
        if code in read:
            raise invalid("duplicate_item", "Each thing is answered once.", pointer=f"{pointer}/{position}/code")
        for field in ("expectation", "experience"):
            if not index.lowest <= getattr(answer, field) <= index.highest:
                raise invalid(
                    "off_the_scale",
                    f"Between {index.lowest} and {index.highest}.",
                    pointer=f"{pointer}/{position}/{field}",
                )
        read[code] = answer
    if not read:
        raise invalid("no_answers", "At least one thing is answered.", pointer=pointer)
    return read


def score(index: SatisfactionIndex, answers: Mapping[str, SurveyAnswer]) -> SatisfactionScore:
    """The score of the whole index over these answers, with those of all its parts."""
    return _node("index", {"en": "Satisfaction", "zh": "满意度"}, HUNDRED, index.parts, answers)


def _node(
    code: str, names: Names, weight: Decimal, parts: Sequence[IndexItem], answers: Mapping[str, SurveyAnswer]
) -> SatisfactionScore:  # fmt: skip
    scored = tuple(_score(part, answers) for part in parts)
    return SatisfactionScore(
        code, names, weight,
        _weighted((part.weight, part.expectation) for part in scored),
        _weighted((part.weight, part.experience) for part in scored),
        scored,
    )  # fmt: skip


def _score(item: IndexItem, answers: Mapping[str, SurveyAnswer]) -> SatisfactionScore:
    if item.parts:
        return _node(item.code, item.names, item.weight, item.parts, answers)
    answer = answers.get(item.code)
    if answer is None:
        return SatisfactionScore(item.code, item.names, item.weight, None, None)
    return SatisfactionScore(item.code, item.names, item.weight, answer.expectation, answer.experience)


def _weighted(parts: Iterable[tuple[Decimal, Decimal | None]]) -> Decimal | None:
    known = [(weight, value) for weight, value in parts if value is not None]
    if not known:
        return None
    total = sum(weight for weight, _ in known)
    return sum((weight * value for weight, value in known), Decimal(0)) / total


def rounded(value: Decimal) -> Decimal:
    """A score as it is kept and shown: four decimals, half to even."""
    return value.quantize(FOUR_PLACES)


def mean_of(answers: Sequence[Mapping[str, SurveyAnswer]]) -> dict[str, SurveyAnswer]:
    """The mean answer about each leaf, over those who answered it. `answers`: by leaf, one mapping for each
    respondent."""
    by_leaf: dict[str, list[SurveyAnswer]] = {}
    for response in answers:
        for code, answer in response.items():
            by_leaf.setdefault(code, []).append(answer)
    return {
        code: SurveyAnswer(
            _mean([answer.expectation for answer in of_leaf]), _mean([answer.experience for answer in of_leaf])
        )
        for code, of_leaf in by_leaf.items()
    }


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def answers_as_data(answers: Mapping[str, SurveyAnswer]) -> dict[str, list[str]]:
    """As a response is kept: by leaf, expectation and experience in text."""
    return {code: [str(answer.expectation), str(answer.experience)] for code, answer in answers.items()}


def answers_from_data(data: Mapping[str, Sequence[str]]) -> dict[str, SurveyAnswer]:
    """From what `answers_as_data` kept."""
    return {
        code: SurveyAnswer(Decimal(expectation), Decimal(experience))
        for code, (expectation, experience) in data.items()
    }
