"""P1: one file a customer, how complete it is, and what a change of it announces. Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.files.domain.completeness import FIELDS, completeness
from services.profile_svc.files.domain.customer_file import amend_file, open_file, open_stub
from shared.errors import DomainError
from shared.events import CustomerRegistered, CustomerTraitsChanged

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ID = UUID("01900000-0000-7000-8000-000000000001")
REGIONS = ("US", "CN")
NAMED = {"names": [{"name": "重庆长安汽车", "language": "zh-Hans"}, {"name": "Chang'an Auto", "language": "en"}]}


def opened(kind="organisation", **facts):
    return open_file(ID, kind, {**NAMED, **facts}, AT, regions=REGIONS)


def refusal(call) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value


def test_P1_a_new_file_is_announced_with_its_traits_and_nothing_personal():
    file, events = opened(region="CN-50", industry="automotive")
    assert [type(event) for event in events] == [CustomerRegistered, CustomerTraitsChanged]
    traits = events[1]
    assert (traits.kind, traits.region, traits.industry) == ("organisation", "CN-50", "automotive")
    assert traits.completeness == file.completeness.percent
    assert not any("长安" in event.model_dump_json() for event in events)


def test_P1_a_stub_is_of_unknown_kind_and_a_patch_completes_it():
    stub, events = open_stub(ID, AT)
    assert [event.kind for event in events] == ["unknown"]
    assert stub.completeness.percent == 0
    assert stub.completeness.missing[0] == "kind"
    file, events = amend_file(stub, "person", {**NAMED, "sex": "female"}, AT, regions=REGIONS)
    assert file.kind == "person"
    assert file.version == 2
    assert [(event.kind, event.completeness) for event in events] == [("person", file.completeness.percent)]


def test_P1_completeness_lists_what_is_missing_heaviest_first():
    file, _ = opened(phones=[{"number": "+8613800138000", "kind": "mobile"}])
    missing = file.completeness.missing
    assert file.completeness.percent == (3 + 3) * 100 // 20
    assert missing[:2] == ("region", "industry")
    assert "names" not in missing
    assert "phones" not in missing


def test_P1_there_is_none_is_an_answer_but_no_phones_is_not():
    file, _ = opened("person", family=[], hobbies=[], phones=[])
    assert "family" not in file.completeness.missing
    assert "hobbies" not in file.completeness.missing
    assert "phones" in file.completeness.missing
    listed, _ = opened(listed=False, employees=0)
    assert {"listed", "employees"}.isdisjoint(listed.completeness.missing)


@pytest.mark.parametrize("kind", ["organisation", "person"])
def test_P1_all_asked_for_is_a_hundred_percent(kind):
    everything = {name: ["x"] for name, field in FIELDS.items() if kind in field.kinds and field.weight}
    assert completeness(kind, everything).percent == 100
    for name in everything:
        without = {field: value for field, value in everything.items() if field != name}
        assert completeness(kind, without).percent < 100
        assert completeness(kind, without).missing == (name,)


@given(st.sets(st.sampled_from(sorted(FIELDS))), st.sampled_from(["organisation", "person", "unknown"]))
def test_P1_knowing_more_never_makes_a_file_less_complete(known, kind):
    facts = {name: ["x"] for name in known}
    percent = completeness(kind, facts).percent
    assert 0 <= percent <= 100
    for name in FIELDS:
        assert completeness(kind, {**facts, name: ["x"]}).percent >= percent


def test_P1_a_patch_replaces_what_it_names_and_null_takes_away():
    file, _ = opened(region="CN-50", employees=500)
    amended, events = amend_file(file, None, {"region": None, "employees": 700}, AT, regions=REGIONS)
    assert amended.facts["employees"] == 700
    assert "region" not in amended.facts
    assert amended.facts["names"] == file.facts["names"]
    assert events[0].region is None


def test_P1_traits_are_announced_only_when_they_change():
    file, _ = opened(employees=500, web_site="acme.example")
    amended, events = amend_file(file, None, {"web_site": "www.acme.example"}, AT, regions=REGIONS)
    assert amended.version == 2
    assert events == []
    same, events = amend_file(amended, None, {"web_site": "www.acme.example"}, AT, regions=REGIONS)
    assert same is amended
    assert events == []
    _, [changed] = amend_file(same, None, {"employees": 700, "annual_sales": "9.50"}, AT, regions=REGIONS)
    assert (changed.employees, changed.annual_sales) == (700, Decimal("9.50"))


@pytest.mark.parametrize(
    ("facts", "band", "since"),
    [
        ({"birth_date": {"calendar": "solar", "year": 1990, "month": 5, "day": 4}}, "35-44", 2025),
        ({"birth_date": {"calendar": "lunar", "year": 1950, "month": 5, "day": 4}}, "65+", 2015),
        ({"birth_date": {"calendar": "solar", "year": 2012, "month": 5, "day": 4}}, "<19", 2012),
        ({"birth_date": {"calendar": "solar", "year": 1921, "month": 5, "day": 4}}, "65+", 2001),  # 90 and older
        ({"birth_date": {"calendar": "solar", "month": 5, "day": 4}}, None, None),
        ({"birth_date": {"calendar": "solar", "year": 1990, "month": 5, "day": 4}, "age_band": "25-44"}, "25-44", None),
        ({}, None, None),
    ],
)
def test_T1_of_a_birthday_only_the_step_of_ten_years_and_its_year_are_told(facts, band, since):
    _, (_, traits) = open_file(ID, "person", {"names": [{"name": "Li"}], **facts}, AT, regions=REGIONS)
    assert (traits.age_band, traits.age_band_since) == (band, since)
    assert "05-04" not in traits.model_dump_json()


@pytest.mark.parametrize(
    ("kind", "facts", "code", "pointer"),
    [
        ("person", {"employees": 5}, "field_not_of_this_kind", "/employees"),
        ("organisation", {"sex": "male"}, "field_not_of_this_kind", "/sex"),
        ("organisation", {"names": []}, "name_required", "/names"),
        ("organisation", {"names": None}, "name_required", "/names"),
        ("organisation", {"names": [{"name": "A"}, {"name": "a"}]}, "given_twice", "/names/1/name"),
        ("organisation", {"founded_on": "2026-04-01"}, "in_the_future", "/founded_on"),
        ("organisation", {"phones": [{"number": "12"}]}, "phone_not_possible", "/phones/0/number"),
        ("organisation", {"phones": [{"number": "call me"}]}, "phone_not_possible", "/phones/0/number"),
        (
            "organisation",
            {"phones": [{"number": "13800138000"}, {"number": "+86 138 0013 8000"}]},
            "given_twice",
            "/phones/1/number",
        ),
        ("person", {"birth_date": {"calendar": "solar", "month": 2, "day": 30}}, "no_such_day", "/birth_date/day"),
        (
            "person",
            {"birth_date": {"calendar": "solar", "year": 2023, "month": 2, "day": 29}},
            "no_such_day",
            "/birth_date/day",
        ),
        ("person", {"birth_date": {"calendar": "lunar", "month": 2, "day": 31}}, "no_such_day", "/birth_date/day"),
        (
            "person",
            {"birth_date": {"calendar": "solar", "year": 2027, "month": 1, "day": 1}},
            "in_the_future",
            "/birth_date",
        ),
        (
            "person",
            {"birth_date": {"calendar": "solar", "month": 1, "day": 1, "leap_month": True}},
            "no_leap_month",
            "/birth_date/leap_month",
        ),
        (
            "person",
            {"family": [{"relation": "son", "birth_date": {"calendar": "solar", "month": 6, "day": 31}}]},
            "no_such_day",
            "/family/0/birth_date/day",
        ),
    ],
)
def test_P1_what_cannot_be_is_refused_and_pointed_at(kind, facts, code, pointer):
    error = refusal(lambda: opened(kind, **facts))
    assert (error.code, error.pointer) == (code, pointer)


def test_P1_29_february_and_lunar_month_days_of_30_are_birthdays():
    for birth in (
        {"calendar": "solar", "month": 2, "day": 29},
        {"calendar": "solar", "year": 2024, "month": 2, "day": 29},
        {"calendar": "lunar", "year": 1990, "month": 2, "day": 30, "leap_month": True},
    ):
        assert opened("person", birth_date=birth)[0].facts["birth_date"] == birth


def test_P1_an_organisation_cannot_become_a_person():
    file, _ = opened()
    assert refusal(lambda: amend_file(file, "person", {}, AT, regions=REGIONS)).code == "kind_is_fixed"


def test_P1_an_unknown_customer_can_have_a_phone_before_a_name():
    stub, _ = open_stub(ID, AT)
    known, events = amend_file(stub, None, {"phones": [{"number": "212-555-0123"}]}, AT, regions=REGIONS)
    assert known.facts["phones"] == [{"number": "212-555-0123", "e164": "+12125550123"}]
    assert events == []
    error = refusal(lambda: amend_file(stub, None, {"employees": 3}, AT, regions=REGIONS))
    assert error.code == "field_not_of_this_kind"
