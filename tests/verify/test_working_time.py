"""Working time as a sum: by hand, and the same as complaint's day by day, in zones whose clocks change."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy.verify.working_time import CalendarTimes, WorkingTime, instant_of, micros
from services.complaint_svc.calendars.domain.business_time import answer_due_at, working_time_between
from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules

OFFICE: dict[str, Any] = {
    "opening_hours": {day: ["09:00-12:30", "13:30-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": "CN",
    "special_days": [{"day": "2026-03-09", "working": False}, {"day": "2026-03-14", "working": True}],
}
ALWAYS: dict[str, Any] = {
    "opening_hours": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
}
NIGHTS: dict[str, Any] = {
    "opening_hours": {"sat": ["02:15-02:45", "22:00-24:00"], "sun": ["00:00-02:30", "03:00-04:00"]}
}
HOUR = 3_600_000_000


def test_what_is_worked_by_hand() -> None:
    time = WorkingTime(OFFICE, ZoneInfo("UTC"), 2026, 2026)
    friday = micros(datetime(2026, 3, 6, 17, tzinfo=UTC))
    due = time.reached(time.worked(friday) + 2 * HOUR)
    assert due is not None
    assert instant_of(due) == datetime(2026, 3, 10, 10, tzinfo=UTC), "Monday is closed for once"
    assert time.reached(time.worked(friday) + HOUR) == friday + HOUR, "the whole of a day ends with it"
    saturday = micros(datetime(2026, 3, 14, tzinfo=UTC))
    assert time.worked(saturday + 24 * HOUR) - time.worked(saturday) == 8 * HOUR, "worked for once"
    assert time.reached(10**18) is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("document", [OFFICE, ALWAYS, NIGHTS], ids=["office", "always", "nights"])
def test_both_ways_of_counting_agree(document: dict[str, Any], zone: str) -> None:
    chance = random.Random(11)
    time = WorkingTime(document, ZoneInfo(zone), 2025, 2027)
    calendar = read_calendar_rules(document).hours().calendar(2026, ZoneInfo(zone))
    for _ in range(60):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(360 * 86_400))
        allowance = timedelta(minutes=chance.randrange(1, 4_000))
        due = time.reached(time.worked(micros(start)) + allowance // timedelta(microseconds=1))
        assert due is not None
        assert instant_of(due) == answer_due_at(start, allowance, calendar)
        later = start + timedelta(seconds=chance.randrange(30 * 86_400))
        worked = time.worked(micros(later)) - time.worked(micros(start))
        assert timedelta(microseconds=worked) == working_time_between(start, later, calendar)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Shanghai"])
def test_both_ways_of_counting_agree_on_whose_hours_they_are(zone: str) -> None:
    document = OFFICE | {
        "other_hours": [
            {"tier": "platinum", "opening_hours": ALWAYS["opening_hours"], "holidays": "", "special_days": []},
            {"tier": "gold", "special_days": [{"day": "2026-05-09", "working": True}]},
            {"region": "south", "opening_hours": NIGHTS["opening_hours"], "holidays": "DE-BY"},
            {"region": "south", "tier": "gold", "holidays": ""},
            {"region": "north", "special_days": [{"day": "2026-06-01", "working": True, "hours": ["10:00-11:00"]}]},
        ]
    }
    chance, rules = random.Random(5), read_calendar_rules(document)
    times = CalendarTimes(document, ZoneInfo(zone), 2025, 2027)
    for tier in (None, "silver", "gold", "platinum"):
        for region in (None, "east", "north", "south"):
            time, calendar = times.of(tier, region), rules.hours(tier, region).calendar(2026, ZoneInfo(zone))
            for _ in range(10):
                start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(360 * 86_400))
                due = time.reached(time.worked(micros(start)) + 20 * HOUR)
                assert due is not None
                assert instant_of(due) == answer_due_at(start, timedelta(hours=20), calendar), (tier, region)
    assert len(times.all()) == 6, "who has the same hours shares them"
