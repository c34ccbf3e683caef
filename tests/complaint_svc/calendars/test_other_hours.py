"""Hours, holidays and make-up days of a tier, a region, or a tier in a region (C3), against a clock on the wall."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.complaint_svc.calendars.domain.business_time import answer_due_at
from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules
from shared.errors import DomainError
from tests.complaint_svc.calendars.wall_clock import DAYS, WallClock
from tests.complaint_svc.case_builders import SHIPPED, hours, utc

pytestmark = pytest.mark.pure

UTC = ZoneInfo("UTC")
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe")
ALWAYS = {day: ["00:00-24:00"] for day in DAYS}
OFFICE = {day: ["09:00-17:00"] for day in DAYS[:5]}
WEEKEND = {"sat": ["10:00-14:00"], "sun": ["10:00-14:00"]}
BY_TIER_AND_REGION: dict[str, Any] = {
    "opening_hours": OFFICE,
    "holidays": "CN",
    "special_days": [{"day": "2026-11-18", "working": False}],
    "other_hours": [
        {"tier": "platinum", "opening_hours": ALWAYS, "holidays": "", "special_days": []},
        {"region": "south", "holidays": "DE-BY", "special_days": [{"day": "2026-11-21", "working": True}]},
        {"region": "south", "tier": "gold", "opening_hours": WEEKEND},
    ],
}


def due(document: dict[str, Any], start: datetime, time: timedelta, served: Any = (None, None), zone: Any = UTC) -> Any:
    calendar = read_calendar_rules(document).hours(*served).calendar(start.year, zone)
    return answer_due_at(start, time, calendar)


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ((None, None), "2026-11-19T09:30"),  # the 18th is closed for once
        (("silver", "north"), "2026-11-19T09:30"),  # nobody says anything of them
        (("platinum", None), "2026-11-17T17:30"),
        (("platinum", "south"), "2026-11-17T17:30"),  # the tier comes before the region
        ((None, "south"), "2026-11-18T09:30"),  # it has days of its own, so not that of everyone
        (("gold", "south"), "2026-11-21T11:00"),  # its own hours, by the region's days
        (("gold", None), "2026-11-19T09:30"),  # its hours are those of gold in the south only
    ],
)  # fmt: skip
def test_C3_an_answer_is_due_by_the_hours_of_tier_and_region(served: Any, expected: str) -> None:
    assert due(BY_TIER_AND_REGION, utc("2026-11-17T16:30"), hours(1), served) == utc(expected)


def test_C3_a_region_keeps_the_holidays_of_its_country_and_not_those_of_everyone() -> None:
    new_year_in_china, epiphany = utc("2026-02-17T09:00"), utc("2026-01-06T09:00")  # Tuesdays both
    assert due(BY_TIER_AND_REGION, new_year_in_china, hours(1), (None, "south")) == utc("2026-02-17T10:00")
    assert due(BY_TIER_AND_REGION, new_year_in_china, hours(1)) > utc("2026-02-20T00:00")
    assert due(BY_TIER_AND_REGION, epiphany, hours(1)) == utc("2026-01-06T10:00")
    assert due(BY_TIER_AND_REGION, epiphany, hours(1), (None, "south")) == utc("2026-01-07T10:00")


def test_K12_the_make_up_saturday_of_everyone_is_worked_by_the_hours_of_a_tier() -> None:
    document = BY_TIER_AND_REGION | {"other_hours": [{"tier": "gold", "opening_hours": {"mon": ["13:00-15:00"]}}]}
    saturday = utc("2026-02-14T09:00")
    assert due(document, saturday, hours(1), ("gold", None)) == utc("2026-02-14T14:00")
    assert due(document, saturday, hours(1)) == utc("2026-02-14T10:00")


# --- any calendar, against the clock on the wall ---
@st.composite
def openings(draw: st.DrawFn) -> list[str]:
    edges = sorted(draw(st.sets(st.integers(0, 48), min_size=2, max_size=4)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [f"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}" for a, b in pairs]


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, list[str]]:
    return draw(st.dictionaries(st.sampled_from(DAYS), openings(), min_size=1))


def special_days(first: datetime) -> st.SearchStrategy[list[dict[str, Any]]]:
    days = st.integers(0, 20).map(lambda offset: (first + timedelta(days=offset)).date().isoformat())
    closed = st.just({"working": False})
    worked = st.just({"working": True}) | openings().map(lambda given: {"working": True, "hours": given})
    by_day = st.dictionaries(days, closed | worked, max_size=4)
    return by_day.map(lambda given: [{"day": day, **entry} for day, entry in given.items()])


@st.composite
def documents(draw: st.DrawFn, first: datetime) -> dict[str, Any]:
    """Any calendar with other hours of tiers, regions and tiers in regions."""
    named = draw(
        st.sets(st.tuples(st.sampled_from([None, "gold", "platinum"]), st.sampled_from([None, "north", "south"])))
    )
    other = {
        "opening_hours": st.none() | weeks(),
        "holidays": st.sampled_from([None, "", "CN", "DE-BY"]),
        "special_days": st.none() | special_days(first),
    }
    entries = [
        {"tier": tier, "region": region} | draw(st.fixed_dictionaries(other))
        for tier, region in sorted(named - {(None, None)}, key=str)
    ]
    return {
        "opening_hours": draw(weeks()),
        "holidays": draw(st.sampled_from([None, "CN", "US"])),
        "special_days": draw(special_days(first)),
        "other_hours": [e for e in entries if any(e[name] is not None for name in other)],
    }


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(ZONES), st.sampled_from(["2026-02-10", "2026-03-25", "2026-10-01", "2026-10-22"]))
def test_C3_any_tier_and_region_is_answered_when_a_clock_on_the_wall_says_so(
    data: st.DataObject, zone: str, around: str
) -> None:
    first = utc(f"{around}T00:00")
    document = data.draw(documents(first))
    start = first + timedelta(minutes=data.draw(st.integers(0, 10 * 1440)))
    minutes = data.draw(st.integers(1, 900))
    tier = data.draw(st.sampled_from([None, "silver", "gold", "platinum"]))
    region = data.draw(st.sampled_from([None, "east", "north", "south"]))
    clock = WallClock(document, ZoneInfo(zone), tier, region)
    expected = clock.due(start, minutes)
    assert due(document, start, timedelta(minutes=minutes), (tier, region), ZoneInfo(zone)) == expected


# --- what makes no sense ---
MONDAYS = {"mon": ["09:00-17:00"]}
EVERY_MONDAY = [
    {"day": (utc("2027-01-04T00:00") + timedelta(weeks=week)).date().isoformat(), "working": False}
    for week in range(60)
]
ONE_SUNDAY = {"day": "2027-08-01", "working": True, "hours": ["09:00-10:00"]}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"opening_hours": {}}, "calendar_never_opens", "/opening_hours"),
    ({"other_hours": [{"tier": "gold", "opening_hours": {}}]}, "calendar_never_opens", "/other_hours/0/opening_hours"),
    ({"other_hours": [{"region": "a", "holidays": "CN"}, {"tier": "x", "region": "a", "opening_hours": {"mon": []}}]},
     "calendar_never_opens", "/other_hours/1/opening_hours"),
    ({"opening_hours": MONDAYS, "special_days": EVERY_MONDAY}, "calendar_never_opens", "/special_days"),
    # neither of both alone closes a year: only a customer of this tier in this region would never be answered
    ({"other_hours": [{"tier": "gold", "opening_hours": MONDAYS},
                      {"region": "south", "special_days": EVERY_MONDAY}]},
     "calendar_never_opens", "/other_hours/1/special_days"),
    ({"other_hours": [{"region": "south", "opening_hours": {"mon": ["09:00-12:00", "11:59-13:00"]}}]},
     "opening_hours_invalid", "/other_hours/0/opening_hours/mon"),
    ({"other_hours": [{"region": "south", "special_days": [ONE_SUNDAY | {"working": False}]}]},
     "hours_of_a_closed_day", "/other_hours/0/special_days/0/hours"),
    ({"other_hours": [{"region": "south", "special_days": [ONE_SUNDAY, ONE_SUNDAY]}]},
     "duplicate_day", "/other_hours/0/special_days/1/day"),
    ({"other_hours": [{"region": "south", "holidays": "ATLANTIS"}]}, "holidays_unknown", "/other_hours/0/holidays"),
    ({"other_hours": [{"holidays": "CN"}]}, "hours_of_nobody", "/other_hours/0"),
    ({"other_hours": [{"tier": "gold"}]}, "nothing_otherwise", "/other_hours/0"),
    ({"other_hours": [{"tier": "gold", "holidays": ""}, {"tier": "gold", "opening_hours": ALWAYS}]},
     "duplicate_hours", "/other_hours/1"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "pointer"), REFUSED)
def test_C3_a_calendar_that_makes_no_sense_for_somebody_is_refused(
    changes: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(DomainError) as refused:
        read_calendar_rules(SHIPPED["calendar-rules"] | changes)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_C3_one_opening_in_a_year_is_enough() -> None:
    document = {"opening_hours": {"mon": ["09:00-17:00"]}, "special_days": [*EVERY_MONDAY, ONE_SUNDAY]}
    assert due(document, utc("2027-01-04T00:00"), hours(1)) == utc("2027-08-01T10:00")
