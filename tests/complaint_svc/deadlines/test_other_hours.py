"""Deadlines by the hours of the customer's tier and region; a tier that changes meanwhile makes nothing later (K11)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.complaint_svc.calendars.domain.calendar_rules import read_calendar_rules
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.steps import file_case, identify, pause, reopen, resume
from services.complaint_svc.deadlines.domain.deadline_rules import Allowance, DeadlineRules
from services.complaint_svc.deadlines.domain.deadlines import Terms
from shared.events import ComplaintEscalated
from tests.complaint_svc.calendars.wall_clock import DAYS, WallClock
from tests.complaint_svc.case_builders import (
    CASE,
    CUSTOMER,
    always,
    change_tier,
    due,
    hours,
    shipped_rules,
    step_request,
    utc,
)

pytestmark = pytest.mark.pure

UTC = ZoneInfo("UTC")
ALWAYS = {day: ["00:00-24:00"] for day in DAYS}
DOCUMENT: dict[str, Any] = {
    "opening_hours": {day: ["09:00-17:00"] for day in DAYS[:5]},
    "other_hours": [
        {"tier": "platinum", "opening_hours": ALWAYS},
        {"tier": "gold", "opening_hours": {day: ["08:00-20:00"] for day in DAYS[:6]}},
        {"region": "south", "opening_hours": {day: ["11:00-19:00"] for day in DAYS[:5]}},
    ],
}
# Working hours to the acknowledgement: platinum's are hours of the clock, so there are more of them.
ALLOWANCES = {"any": 8, "silver": 6, "gold": 10, "platinum": 20}


def terms(allowances: Mapping[str, int] = ALLOWANCES, document: Mapping[str, Any] = DOCUMENT) -> Terms:
    given = {("complaint", "normal", tier): Allowance(hours(time), None, None) for tier, time in allowances.items()}
    rules: DeadlineRules = replace(shipped_rules(), allowances=given)  # type: ignore[arg-type]
    calendars = read_calendar_rules(document)
    return Terms(lambda tier, region: calendars.hours(tier, region).calendar(2026, UTC), rules, 1, 1)


def filed(at: str | datetime, t: Terms, tier: str | None = None, region: str | None = None) -> Case:
    served = always(tier, region)
    return file_case(CASE, CUSTOMER, "complaint", "normal", "call", "x", served, step_request(at), t)[0]


def test_C3_a_case_is_counted_by_the_hours_of_its_customers_tier_and_region() -> None:
    t = terms()
    assert due(filed("2026-11-17T16:00", t), "acknowledgement") == utc("2026-11-18T16:00")
    assert due(filed("2026-11-17T16:00", t, region="south"), "acknowledgement") == utc("2026-11-18T16:00")
    assert due(filed("2026-11-17T19:00", t, region="south"), "acknowledgement") == utc("2026-11-18T19:00")
    assert due(filed("2026-11-17T16:00", t, "gold"), "acknowledgement") == utc("2026-11-18T14:00")
    assert due(filed("2026-11-17T16:00", t, "platinum", "south"), "acknowledgement") == utc("2026-11-18T12:00")
    deadline = filed("2026-11-17T16:00", t, "platinum", "south").deadlines[0]
    assert (deadline.tier, deadline.region) == ("platinum", "south")


def test_C3_the_wait_of_each_level_is_counted_by_the_hours_of_the_deadline() -> None:
    t = terms()
    _, events = apply_elapsed_time(filed("2026-11-20T16:00", t, "platinum"), utc("2026-12-17T00:00"), t)
    assert [e.escalated_at for e in events if isinstance(e, ComplaintEscalated)] == [
        utc("2026-11-21T12:00"), utc("2026-11-21T20:00"), utc("2026-11-22T04:00"),
    ]  # fmt: skip


def test_K11_a_tier_with_longer_hours_counts_from_the_filing_and_where_it_is_due_earlier() -> None:
    t = terms()
    case = filed("2026-11-20T16:00", t)  # a Friday; eight hours of the office: Monday 16:00
    better, _ = change_tier(case, "platinum", utc("2026-11-20T18:00"), t)
    assert due(better, "acknowledgement") == utc("2026-11-21T12:00")
    assert (better.deadlines[0].tier, better.deadlines[0].allowance) == ("platinum", hours(20))
    on_monday = filed("2026-11-16T09:00", t)  # due at 17:00: around the clock it would be Tuesday 05:00
    same, _ = change_tier(on_monday, "platinum", utc("2026-11-16T10:00"), t)
    assert due(same, "acknowledgement") == utc("2026-11-16T17:00")
    assert same.deadlines[0].tier is None


def test_K11_a_tier_that_was_due_later_counts_when_a_pause_makes_it_due_earlier() -> None:
    t = terms()
    case, _ = change_tier(filed("2026-11-16T09:00", t), "platinum", utc("2026-11-16T10:00"), t)
    case, _ = pause(case, step_request("2026-11-16T11:00"), t)
    case, _ = resume(case, step_request("2026-11-16T16:00"), t)
    # by the office two hours are worked and six are left: Tuesday 14:00; around the clock two of twenty: Tuesday 10:00
    assert due(case, "acknowledgement") == utc("2026-11-17T10:00")


def test_K11_other_hours_that_were_over_before_they_were_heard_of_leave_what_follows_the_warning() -> None:
    t = terms({"any": 40, "platinum": 20})
    case, _ = change_tier(filed("2026-11-16T09:00", t), "platinum", utc("2026-11-18T09:00"), t)
    assert due(case, "acknowledgement") == utc("2026-11-18T13:00")  # a fifth of twenty hours from then on


def test_C3_a_case_that_is_given_to_a_customer_is_counted_by_the_hours_of_its_region() -> None:
    t = terms(document=DOCUMENT | {"other_hours": [{"region": "south", "opening_hours": ALWAYS}]})
    case, _ = file_case(
        CASE, None, "complaint", "normal", "web", "x", always(None), step_request("2026-11-16T16:00"), t
    )
    assert due(case, "acknowledgement") == utc("2026-11-17T16:00")
    case, _ = identify(case, CUSTOMER, always(None, "south"), step_request("2026-11-16T17:00"), t)
    assert due(case, "acknowledgement") == utc("2026-11-17T00:00")
    assert (case.region, case.deadlines[0].region, case.deadlines[0].tier) == ("south", "south", None)


def test_C3_a_new_round_is_counted_by_the_region_of_its_day() -> None:
    t = terms()
    closed = replace(filed("2026-11-16T09:00", t), status="closed", closed_at=utc("2026-11-16T10:00"), deadlines=())
    case, _ = reopen(closed, always(None, "south"), step_request("2026-11-17T09:00"), t)
    assert (case.region, due(case, "acknowledgement")) == ("south", utc("2026-11-17T19:00"))


# --- any tiers, pauses and instants: due when the best of them is, by a clock on the wall ---
@cache
def clock(tier: str | None) -> WallClock:
    return WallClock(DOCUMENT, UTC, tier, "south")


def at(minute: int) -> datetime:
    return utc("2026-11-16T00:00") + timedelta(minutes=minute)


changes = st.lists(
    st.tuples(st.integers(0, 4 * 1440), st.sampled_from(["pause", "resume", "silver", "gold", "platinum"])), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([None, "silver", "gold", "platinum"]), st.integers(0, 1440), changes)
def test_K11_whatever_happens_it_is_due_when_the_best_of_its_tiers_is(
    tier: str | None, filing: int, what: list[tuple[int, str]]
) -> None:
    t = terms({name: time * 6 for name, time in ALLOWANCES.items()})
    case, tiers, pauses = filed(at(filing), t, tier, "south"), [tier], list[list[datetime]]()
    paused = False
    for minute, change in sorted(what):
        instant = at(filing + minute)
        if case.deadlines[0].breached_at or instant > case.deadlines[0].warn_at:
            return  # what follows the warning is given at any rate: another rule, shown above
        if change == "pause" and not paused:
            case, paused = pause(case, step_request(instant), t)[0], True
            pauses.append([instant, utc("2027-01-01T00:00")])
        elif change == "resume" and paused:
            case, paused = resume(case, step_request(instant), t)[0], False
            pauses[-1][1] = instant
        elif change not in ("pause", "resume"):
            case = replace(change_tier(case, change, instant, t)[0], last_step_at=instant)
            tiers.append(change)
    if paused:
        case, _ = resume(case, step_request(at(filing + 4 * 1440)), t)
        pauses[-1][1] = at(filing + 4 * 1440)
    stopped = [(begin, end) for begin, end in pauses]

    def used(tier: str | None, percent: int) -> datetime:
        """When so much of the tier's time is used, counted from the filing."""
        return clock(tier).due(at(filing), ALLOWANCES[tier or "any"] * 60 * 6 * percent // 100, stopped)

    got, last_change = due(case, "acknowledgement"), case.last_step_at
    assert got <= used(tier, 100), "never later than promised"
    if all(used(each, 80) >= last_change for each in tiers):  # of no tier was most used before it was heard of
        assert got == min(used(each, 100) for each in tiers)
