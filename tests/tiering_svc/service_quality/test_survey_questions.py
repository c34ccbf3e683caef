"""T16: reputation, awareness and price sensitivity, asked beside the index, each on a scale of its own."""

from copy import deepcopy
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.service_quality.domain.defaults import DEFAULT_SATISFACTION_INDEX
from services.tiering_svc.service_quality.domain.satisfaction import read_index
from services.tiering_svc.service_quality.domain.survey_questions import check_question_answers, levels_of
from shared.errors import DomainError

QUESTIONS = read_index(DEFAULT_SATISFACTION_INDEX).questions
SCALES = {question.code: (int(question.lowest), int(question.highest)) for question in QUESTIONS}
ANSWERS = st.fixed_dictionaries({}, optional={code: st.integers(*scale) for code, scale in SCALES.items()})


@given(st.lists(ANSWERS, max_size=8))
def test_T16_the_level_of_a_kind_is_that_of_its_questions_in_exact_fractions(responses):
    levels = levels_of(QUESTIONS, [{code: Decimal(v) for code, v in response.items()} for response in responses])
    assert [level.kind for level in levels] == ["reputation", "awareness", "price_sensitivity"]
    for of_kind in levels:
        by_question = []
        for document in DEFAULT_SATISFACTION_INDEX["questions"]:
            values = [response[document["code"]] for response in responses if document["code"] in response]
            if document["kind"] == of_kind.kind and values:
                low, high = SCALES[document["code"]]
                by_question.append((Fraction(sum(values), len(values)) - low) / (high - low))
        if not by_question:
            assert of_kind.level is None
        else:
            assert of_kind.level is not None
            assert abs(Fraction(of_kind.level) - sum(by_question) / len(by_question)) < Fraction(1, 10**20)


@pytest.mark.parametrize(
    ("answers", "code", "pointer"),
    [
        ([("luck", 1)], "unknown_question", "/questions/0/code"),
        ([("price", 1)], "unknown_question", "/questions/0/code"),  # a leaf of the index
        ([("recommends", 1), ("recommends", 2)], "duplicate_item", "/questions/1/code"),
        ([("recommends", 11)], "off_the_scale", "/questions/0/value"),
        ([("named_first", 2)], "off_the_scale", "/questions/0/value"),
    ],
)
def test_T16_answers_to_no_question_are_refused(answers, code, pointer):
    with pytest.raises(DomainError) as refused:
        check_question_answers(QUESTIONS, [(question, Decimal(value)) for question, value in answers])
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"code": "price"}, "duplicate_code", "/questions/0/code"),
        ({"code": "would_switch"}, "duplicate_code", "/questions/4/code"),
        ({"scale": {"from": "5", "to": "5"}}, "empty_scale", "/questions/0/scale/to"),
        ({"scale": {"from": "x", "to": "5"}}, "not_a_number", "/questions/0/scale/from"),
    ],
)
def test_T16_bad_questions_are_refused_where_they_are_bad(change, code, pointer):
    document = deepcopy(DEFAULT_SATISFACTION_INDEX)
    document["questions"][0] |= change
    with pytest.raises(DomainError) as refused:
        read_index(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
