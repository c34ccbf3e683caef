"""Sentences in two languages: said as their files have them, and refused where the files do not fit each other."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.texts import Texts, TextsError, clauses, items, load_texts, phrase, sentences
from shared.texts.formats import write_day, write_money, write_number, write_percent
from shared.texts.texts import plural_of
from tests.shared.texts.sample import texts
from tests.support.texts import say_everything


def test_a_sentence_has_its_values_in_both_languages() -> None:
    values = {"day": date(2026, 3, 1), "amount": Decimal("1234.5"), "currency": "CNY"}
    assert texts.both("silence.since", **values) == {
        "en": "No order since 2026-03-01, worth 1,234.50 CNY.",
        "zh": "自2026-03-01起没有下单，金额1,234.50 CNY。",
    }
    assert texts.say("en", "silence.braces", value=1) == "{1}"


def test_english_counts_and_chinese_does_not() -> None:
    sentences_said = {days: texts.both("silence.lasts", days=days) for days in (0, 1, 2)}
    assert [sentence["en"] for sentence in sentences_said.values()] == [
        "no order for 0 days", "no order for 1 day", "no order for 2 days",
    ]  # fmt: skip
    assert sentences_said[1]["zh"] == "已1天没有下单"
    assert texts.say("en", "silence.growth", months=1, percent="0.1", total=5) == "10 % in a month"


def test_phrases_are_values_of_phrases_and_names_of_two_languages_too() -> None:
    why = clauses([phrase("silence.lasts", days=1), phrase("silence.growth", months=2, percent="-0.125", total="5.50")])
    known = phrase("silence.known", name=phrase("stage.lost"), why=why)
    assert texts.both(known) == {
        "en": "Lost: no order for 1 day; -12.5 % in 2 months (5.5).",
        "zh": "流失：已1天没有下单；2个月内-12.5%（5.5）。",
    }
    known = phrase("silence.known", name={"en": "Gold", "zh": "金卡"}, why=items(["a", "b"]))
    assert texts.both(sentences(known, None, known)) == {
        "en": "Gold: a, b. Gold: a, b.", "zh": "金卡：a、b。金卡：a、b。",
    }  # fmt: skip


def test_codes_have_names_and_a_new_code_is_shown_as_it_is() -> None:
    assert texts.names("stage") == {
        "expand": {"en": "Growing", "zh": "成长期"}, "lost": {"en": "Lost", "zh": "流失"},
    }  # fmt: skip
    assert texts.say_code("zh", "stage", "lost") == "流失"
    assert texts.say_code("zh", "stage", "won_back") == "won back"
    with pytest.raises(TextsError, match="no section"):
        texts.names("nothing")


def test_everything_can_be_said() -> None:
    sentences_said = list(say_everything(texts))
    assert len({key for _, key, _ in sentences_said}) == len(texts.sentences["en"])
    assert all(text and "None" not in text for _, _, text in sentences_said)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("silence.nothing", {}, "no text silence.nothing"),
        ("silence.since", {"day": date(2026, 3, 1)}, "silence.since needs amount, currency"),
        ("silence.braces", {"value": 1.5}, "a float needs a format"),
        ("silence.braces", {"value": True}, "a bool needs a format"),
        ("silence.braces", {"value": None}, "a NoneType needs a format"),
        ("silence.since", {"day": "soon", "amount": 1, "currency": "CNY"}, "silence.since: day can not be written"),
    ],
)
def test_what_can_not_be_said_is_an_error(key: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(TextsError, match=message):
        texts.say("en", key, **values)


@pytest.mark.parametrize(
    ("english", "chinese", "message"),
    [
        ({"a": "x", "b": "y"}, {"a": "x"}, "only in en or only in zh: b"),
        ({"a": "x"}, {"a": {"b": "x"}}, "only in en or only in zh: a, a.b"),
        ({"a": "{x}"}, {"a": "{y}"}, "a needs other values"),
        ({"a": {"by": "n", "one": "{n}", "other": "{n}"}}, {"a": "x"}, "a needs other values"),
        ({"a": {"by": "n", "other": "{n}"}}, {"a": "{n}"}, "en a: the forms are one, other"),
        ({"a": "{n}"}, {"a": {"by": "n", "one": "{n}", "other": "{n}"}}, "zh a: the forms are other"),
        ({"a": "{x:colour}"}, {"a": "{x}"}, "not a name with a known format"),
        ({"a": "{x.y}"}, {"a": "{x.y}"}, "not a name with a known format"),
        ({"a": "{x!r}"}, {"a": "{x!r}"}, "not a name with a known format"),
        ({"a": "{}"}, {"a": "{}"}, "not a name with a known format"),
        ({"a": "{x"}, {"a": "{x"}, "a: "),
        ({"a": 1}, {"a": 1}, "neither a text nor a section"),
    ],
)
def test_files_that_do_not_fit_each_other_are_refused(english: Any, chinese: Any, message: str) -> None:
    with pytest.raises(TextsError, match=message):
        Texts({"en": english, "zh": chinese})


def test_an_area_may_have_formats_of_its_own() -> None:
    own = Texts({"en": {"a": "{x:loud}"}, "zh": {"a": "{x:loud}"}}, {"loud": lambda value: str(value).upper()})
    assert own.say("zh", "a", x="yes") == "YES"


def test_texts_lie_in_a_package() -> None:
    with pytest.raises(TextsError):
        load_texts(None)
    with pytest.raises(FileNotFoundError):
        load_texts("tests.shared.texts")


@given(number=st.decimals(-(10**12), 10**12, places=4))
def test_numbers_lose_nothing_but_zeros(number: Decimal) -> None:
    assert Decimal(write_number(number).replace(",", "")) == number
    assert not write_number(number).endswith((".", "-0"))
    assert Decimal(write_money(number).replace(",", "")) == round(number, 2)


def test_values_are_written_as_people_read_them() -> None:
    assert (write_number("1234567.500"), write_number(100), write_number("-0.0")) == ("1,234,567.5", "100", "0")
    assert (write_money("-0.001"), write_money(Decimal("2.005"))) == ("0.00", "2.00")
    assert (write_percent("0.1234"), write_percent(1)) == ("12.3", "100")
    assert write_day("2026-03-01T09:30:00+00:00") == write_day(datetime(2026, 3, 1, 23, tzinfo=UTC)) == "2026-03-01"
    with pytest.raises(ValueError, match="zone"):
        write_day(datetime(2026, 3, 1))


def test_one_is_exactly_one() -> None:
    assert [plural_of("en", count) for count in (1, Decimal(1), "1", Decimal("1.0"), 0, -1, 21)] == [
        "one", "one", "one", "other", "other", "other", "other",
    ]  # fmt: skip
    assert plural_of("zh", 1) == "other"
