"""T16: satisfaction is experience less expectation, by a weighted index of up to three levels."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.service_quality.domain.defaults import DEFAULT_SATISFACTION_INDEX
from services.tiering_svc.service_quality.domain.satisfaction import (
    SurveyAnswer,
    answers_as_data,
    answers_from_data,
    check_answers,
    mean_of,
    read_index,
    score,
)
from shared.errors import DomainError

NAME = {"en": "A", "zh": "甲"}


def part(code, weight, *parts):
    read = {"code": code, "name": NAME, "weight": weight}
    return read | {"parts": list(parts)} if parts else read


def document(*parts):
    return {"scale": {"from": "1", "to": "10"}, "parts": list(parts)}


def answered(expectation, experience):
    return SurveyAnswer(Decimal(expectation), Decimal(experience))


def test_T16_satisfaction_is_experience_less_expectation_weighted_through_three_levels():
    index = read_index(
        document(part("a", "75", part("b", "50", part("c", "20"), part("d", "80")), part("e", "50")), part("f", "25"))
    )
    scored = score(index, {"c": answered(10, 5), "d": answered(5, 10), "e": answered(8, 8), "f": answered(4, 6)})
    # b: 0.2 * -5 + 0.8 * 5 = 3; a: (3 + 0) / 2 = 1.5; index: 0.75 * 1.5 + 0.25 * 2 = 1.625
    assert scored.satisfaction == Decimal("1.625")
    assert [part.satisfaction for part in scored.parts] == [Decimal("1.5"), Decimal(2)]


def test_T16_what_nobody_answered_takes_no_part_and_is_not_known():
    index = read_index(document(part("a", "60"), part("b", "40", part("c", "100"))))
    scored = score(index, {"a": answered(5, 7)})
    assert scored.satisfaction == 2
    assert scored.parts[1].satisfaction is None
    assert score(index, {}).satisfaction is None


@pytest.mark.parametrize(
    ("parts", "code", "pointer"),
    [
        ([part("a", "60"), part("b", "39")], "weights_do_not_add_up", "/parts"),
        ([part("a", "100", part("b", "99"))], "weights_do_not_add_up", "/parts/0/parts"),
        ([part("a", "0"), part("b", "100")], "weight_not_positive", "/parts/0/weight"),
        ([part("a", "50"), part("a", "50")], "duplicate_code", "/parts/1/code"),
        (
            [part("a", "100", part("b", "100", part("c", "100", part("d", "100"))))],
            "too_deep",
            "/parts/0/parts/0/parts/0/parts",
        ),
        ([], "no_parts", "/parts"),
        ([part("a", "NaN")], "not_a_number", "/parts/0/weight"),
    ],
)  # fmt: skip
def test_T16_a_bad_index_is_refused_where_it_is_bad(parts, code, pointer):
    with pytest.raises(DomainError) as refused:
        read_index(document(*parts))
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize(
    ("items", "code", "pointer"),
    [
        ([("price", answered(5, 5)), ("nothing", answered(5, 5))], "unknown_item", "/items/1/code"),
        ([("product", answered(5, 5))], "unknown_item", "/items/0/code"),  # not a leaf
        ([("price", answered(5, 5)), ("price", answered(5, 5))], "duplicate_item", "/items/1/code"),
        ([("price", answered(5, 11))], "off_the_scale", "/items/0/experience"),
        ([("price", answered(0, 5))], "off_the_scale", "/items/0/expectation"),
        ([], "no_answers", "/items"),
    ],
)
def test_T16_answers_that_the_index_does_not_ask_for_are_refused(items, code, pointer):
    with pytest.raises(DomainError) as refused:
        check_answers(read_index(DEFAULT_SATISFACTION_INDEX), items)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


LEAVES = [leaf.code for leaf in read_index(DEFAULT_SATISFACTION_INDEX).leaves()]
ANSWERS = st.dictionaries(
    st.sampled_from(LEAVES), st.tuples(st.integers(1, 10), st.integers(1, 10)), min_size=1, max_size=len(LEAVES)
)


def by_hand(parts, answers):
    """The oracle: exact fractions, straight from the document."""
    total = weights = Fraction(0)
    for item in parts:
        value = by_hand(item["parts"], answers) if "parts" in item else answers.get(item["code"])
        if value is not None:
            total += Fraction(item["weight"]) * Fraction(value)
            weights += Fraction(item["weight"])
    return total / weights if weights else None


@settings(max_examples=150)
@given(ANSWERS)
def test_T16_the_index_equals_the_same_sum_in_exact_fractions(response):
    scored = score(read_index(DEFAULT_SATISFACTION_INDEX), {code: answered(*pair) for code, pair in response.items()})
    expected = by_hand(DEFAULT_SATISFACTION_INDEX["parts"], {code: b - a for code, (a, b) in response.items()})
    assert abs(Fraction(scored.satisfaction) - expected) < Fraction(1, 10**20)


@given(st.lists(ANSWERS, min_size=1, max_size=6))
def test_T16_the_mean_of_many_is_taken_over_those_who_answered(responses):
    answers = [{code: answered(*pair) for code, pair in response.items()} for response in responses]
    mean = mean_of(answers)
    for code in {code for response in responses for code in response}:
        experiences = [response[code][1] for response in responses if code in response]
        assert mean[code].experience == Decimal(sum(experiences)) / len(experiences)
    assert answers_from_data(answers_as_data(answers[0])) == answers[0]
