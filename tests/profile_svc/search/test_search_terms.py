"""P12: names by their characters, words and pinyin, and every meaning a query can have. Pure."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.files.domain.name_index import fold, index_name
from services.profile_svc.files.domain.phones import every_e164, last_digits, to_e164
from services.profile_svc.references.domain import may_be_reference
from services.profile_svc.search.domain import parse_query

REGIONS = ("US", "CN")


def finds(typed: str, name: str) -> bool:
    """What the index does with a query, without a database: words as prefixes, a whole word, or a piece."""
    query, indexed = parse_query(typed, REGIONS), index_name(name)
    wanted = [term.removesuffix(":*").strip("'") for term in query.words.split(" & ")] if query.words else []
    by_words = bool(wanted) and all(any(token.startswith(word) for token in indexed.tokens) for word in wanted)
    whole = query.whole.strip("'")
    return by_words or (bool(whole) and whole in indexed.tokens) or query.folded in indexed.text


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("shan", "单雄信"),
        ("shanxiongxin", "单雄信"),
        ("shan xiong xin", "单雄信"),
        ("sxx", "单雄信"),
        ("Shan Xiongxin", "单雄信"),
        ("danxiongxin", "单雄信"),  # who reads it wrongly finds it too
        ("qiu", "仇英"),
        ("xie", "解缙"),
        ("ou", "区寄"),
        ("zha", "查良镛"),
        ("yuchi", "尉迟恭"),
        ("chongqing", "重庆长安汽车股份有限公司"),
        ("cq", "重庆长安汽车股份有限公司"),
        ("changan", "重庆长安汽车股份有限公司"),
        ("gongsi", "重庆长安汽车股份有限公司"),
        ("重庆", "重庆长安汽车股份有限公司"),
        ("长安", "重庆长安汽车股份有限公司"),
        ("重", "重庆长安汽车股份有限公司"),
        ("客户", "大客户服务中心"),
        ("kehu", "大客户服务中心"),
        ("重庆abc", "重庆ABC物流"),
        ("abc 物流", "重庆ABC物流"),
        ("muller", "Müller GmbH"),
        ("MÜLLER", "muller gmbh"),
        ("ａｂｃ", "ABC Trading"),
        ("strasse", "Straße 12 AG"),
        ("trad", "ABC Trading"),
        ("ding", "ABC Trading"),
        ("トヨ", "トヨタ自動車"),
        ("삼성", "삼성전자"),
        ("o'br", "O'Brien & Sons"),
    ],
)
def test_P12_search_a_name_is_found_by(typed, name):
    assert finds(typed, name)


@pytest.mark.parametrize(("typed", "name"), [("客户", "客人户外"), ("shan", "李雄信"), ("重庆", "庆重有限公司")])
def test_P12_search_a_name_is_not_found_by(typed, name):
    assert not finds(typed, name)


def test_P12_search_the_surname_reading_comes_first():
    assert index_name("单雄信").text.startswith("单雄信 shan xiong xin shanxiongxin")


@given(st.text(min_size=1, max_size=60))
def test_P12_search_any_name_can_be_indexed_and_any_question_asked(text):
    indexed = index_name(text)
    assert all(indexed.tokens)
    parse_query(text, REGIONS)


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=30),
    st.data(),
)
def test_P12_search_every_piece_of_a_chinese_name_finds_it(name, data):
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert finds(name[start:end], name)


@given(st.lists(st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True), min_size=1, max_size=5), st.data())
def test_P12_search_beginnings_of_any_words_find_a_latin_name(words, data):
    typed = [word[: data.draw(st.integers(1, len(word)))] for word in data.draw(st.permutations(words))]
    assert finds(" ".join(typed), " ".join(words))


def test_P12_search_a_long_chinese_name_stays_a_small_row():
    indexed = index_name("行长重乐" * 50)
    assert len(indexed.tokens) < 300
    assert len(indexed.text) < 40_000


def test_P12_search_nothing_typed_is_an_operator():
    query = parse_query("a' | b:* & !c \\ %_", REGIONS)
    assert query.words == "'a':* & 'b':* & 'c':*"
    assert query.pattern == r"%a' | b:* & !c \\ \%\_%"


def test_P12_search_a_question_can_be_an_id_a_phone_an_address_or_a_reference():
    id_ = UUID("01900000-0000-7000-8000-000000000001")
    assert parse_query(f" {id_} ", REGIONS).id == id_
    phone = parse_query("(212) 555-0123", REGIONS)
    assert phone.e164[0] == "+12125550123"
    assert phone.last_digits == "25550123"
    assert parse_query("Li.Lei@Example.com", REGIONS).email == "li.lei@example.com"
    assert may_be_reference("HH-0815")
    assert parse_query("重庆", REGIONS).e164 == ()


def test_P12_search_without_letters_there_are_no_words():
    assert parse_query("%%%", REGIONS).words == ""
    assert parse_query("%%%", REGIONS).whole == ""


def test_P12_phones_are_e164_in_the_first_region_where_they_are_valid():
    assert to_e164("13800138000", REGIONS) == "+8613800138000"
    assert to_e164("010-62345678", REGIONS) == "+861062345678"
    assert to_e164("+44 20 7946 0018", REGIONS) == "+442079460018"
    assert to_e164("212-555-0123", REGIONS) == "+12125550123"
    assert to_e164("", REGIONS) is None
    assert to_e164("１３８００１３８０００", REGIONS) == "+8613800138000"


def test_G4_a_plus_that_a_query_string_made_a_space_is_put_back():
    assert every_e164(" 8613800138000", REGIONS)[0] == "+8613800138000"


@pytest.mark.parametrize(("number", "digits"), [("+8613800138000", "00138000"), ("555-1234", None), ("x", None)])
def test_G4_the_last_eight_digits(number, digits):
    assert last_digits(number) == digits


def test_P12_fold_is_stable():
    for text in ("Ｍüller  GmbH", "ﬁrma", "İstanbul", "ΑΣ", "重庆"):
        assert fold(fold(text)) == fold(text)
