"""For how long each level of the ladder may ignore a breach: one figure for all, or a level's own (C3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.deadlines.domain.deadline_rules import read_deadline_rules
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.deadlines.repository import DEADLINE_RULES
from services.complaint_svc.subscriptions import subscriptions, timers
from shared.events import ComplaintEscalated, DeadlineRulesActivated, Event, LevelHours
from tests.complaint_svc.case_builders import NINE_TO_FIVE, SHIPPED, filed, terms, utc, working_week
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.rule_requests import change_rules
from tests.complaint_svc.saved_cases import MONDAY, put_in_force
from tests.complaint_svc.saved_cases import filed as saved_case

SERVICE = "complaint"
MINUTE = timedelta(minutes=1)


def by_level(**hours: int) -> dict[str, Any]:
    return SHIPPED["deadline-rules"] | {"escalation_hours_by_level": hours}


def levels(events: list[Event]) -> list[tuple[str, datetime]]:
    return [(e.escalation_level, e.escalated_at) for e in events if isinstance(e, ComplaintEscalated)]


def minute_by_minute(since: datetime, hours: int) -> datetime:
    """The oracle: a clock on the wall of an office that is open Monday to Friday, nine to five, UTC."""
    worked = 0
    while worked < hours * 60:
        worked += since.weekday() < 5 and 9 <= since.hour < 17
        since += MINUTE
    return since


def one_deadline(t: Terms, at: str) -> Any:
    """A case that owes only its acknowledgement, so that nothing else raises it."""
    case, _ = filed(at, t)
    return replace(case, deadlines=case.deadlines[:1])


@pytest.mark.pure
@pytest.mark.parametrize("hours", [{}, {"manager": 1}, {"head": 30}, {"manager": 3, "head": 11}])
@pytest.mark.parametrize("at", ["2026-11-16T09:00", "2026-11-19T15:20", "2026-11-20T16:59"])
def test_C3_each_level_ignores_a_breach_for_its_own_working_hours(hours: dict[str, int], at: str) -> None:
    t = replace(terms(working_week(NINE_TO_FIVE)), rules=read_deadline_rules(by_level(**hours)))
    case, events = apply_elapsed_time(one_deadline(t, at), utc("2027-01-31T00:00"), t)
    breached_at = case.deadlines[0].breached_at
    assert breached_at is not None
    head_at = minute_by_minute(breached_at, hours.get("manager", 8))
    sponsor_at = minute_by_minute(head_at, hours.get("head", 8))
    assert levels(events) == [("manager", breached_at), ("head", head_at), ("sponsor", sponsor_at)]


@pytest.mark.pure
@pytest.mark.parametrize("named", [{}, {"escalation_hours_by_level": None}])
def test_C3_a_document_with_one_figure_means_all_levels(named: dict[str, Any]) -> None:
    rules = read_deadline_rules(SHIPPED["deadline-rules"] | {"escalation_hours": 5} | named)
    assert [rules.time_to_escalate(level) for level in ("manager", "head")] == [timedelta(hours=5)] * 2


@pytest.mark.usefixtures("sound")
async def test_C3_timers_escalate_by_the_hours_of_the_levels(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    await put_in_force(database, MONDAY, DEADLINE_RULES, by_level(manager=1, head=2))
    await saved_case(database, MONDAY)
    await timers.fire_due(database, until=utc("2026-11-16T16:30"))
    assert levels(await announced()) == [
        ("manager", utc("2026-11-16T13:00")), ("head", utc("2026-11-16T14:00")), ("sponsor", utc("2026-11-16T16:00")),
    ]  # fmt: skip


async def test_C3_the_hours_of_levels_are_written_read_and_announced(client, as_role, announced) -> None:
    await change_rules(client, as_role, "deadline-rules", escalation_hours_by_level={"head": 24})
    [rules] = (await client.get("/v1/deadline-rules/in-force", params={"as_of": datetime.now(UTC).isoformat()})).json()[
        "items"
    ]
    assert rules["document"]["escalation_hours_by_level"]["head"] == 24
    [event] = [event for event in await announced() if isinstance(event, DeadlineRulesActivated)]
    assert event.escalation_hours_by_level == (LevelHours(escalation_level="head", hours=24),)
    assert event.escalation_hours == SHIPPED["deadline-rules"]["escalation_hours"]


REFUSED = [
    ("deadline-rules", {"escalation_hours_by_level": {"sponsor": 8}}, "/document/escalation_hours_by_level/sponsor"),
    ("deadline-rules", {"escalation_hours_by_level": {"head": 0}}, "/document/escalation_hours_by_level/head"),
    ("deadline-rules", {"escalation_hours_by_level": {"manager": -1}}, "/document/escalation_hours_by_level/manager"),
    ("deadline-rules", {"escalation_hours": -8}, "/document/escalation_hours"),
    ("deadline-rules", {"escalation_hours_by_level": {"manager": 9, "head": 4}}, "escalation_hours_shrink"),
    ("deadline-rules", {"escalation_hours_by_level": {"manager": 9}}, "escalation_hours_shrink"),
    ("deadline-rules", {"escalation_hours_by_level": {"head": 7}}, "escalation_hours_shrink"),
    ("deadline-rules", {"warning_percent": 101}, "/document/warning_percent"),
    ("deadline-rules", {"warning_percent": 0}, "/document/warning_percent"),
    ("calendar-rules", {"opening_hours": {}}, "calendar_never_opens"),
    ("calendar-rules", {"opening_hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "opening_hours_invalid"),
    (
        "calendar-rules",
        {"special_days": [{"day": "2026-12-26", "working": True, "hours": ["09:00-12:00", "11:00-13:00"]}]},
        "opening_hours_invalid",
    ),
]


@pytest.mark.parametrize(("kind", "changes", "says"), REFUSED)
async def test_C3_rules_that_make_no_sense_are_refused_and_nothing_is_changed(
    client, as_role, announced, kind: str, changes: dict[str, Any], says: str
) -> None:
    before = (await client.get(f"/v1/{kind}")).json()
    document = SHIPPED[kind] | changes
    answer = await client.post(f"/v1/{kind}", json={"document": document}, headers=as_role("analyst"))
    assert answer.status_code == 422, answer.text
    assert says in answer.text
    assert (await client.get(f"/v1/{kind}")).json() == before
    assert await announced() == []
