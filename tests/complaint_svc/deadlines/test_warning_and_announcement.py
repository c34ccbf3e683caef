"""When a deadline warns is a share of its time or a lead before it is due; rules that come into force are announced
(C3)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.complaint_svc.deadlines.domain.deadline_rules import read_deadline_rules
from services.complaint_svc.first_rules import FirstRules
from shared.errors import DomainError
from shared.events import CalendarActivated, DeadlineRulesActivated, OpenDay, SpecialDayOpen, StageMinutes
from tests.complaint_svc.case_builders import SHIPPED
from tests.complaint_svc.case_requests import filed
from tests.complaint_svc.rule_requests import change_rules
from tests.complaint_svc.test_settings import first_documents

SERVICE = "complaint"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = dict.fromkeys(WEEK, ("00:00-24:00",))
HOUR = timedelta(hours=1)


def document(**changes: Any) -> dict[str, Any]:
    return SHIPPED["deadline-rules"] | changes


@pytest.mark.pure
@pytest.mark.parametrize(
    ("minutes", "allowance", "left"), [(60, 5 * HOUR, HOUR), (300, 5 * HOUR, 5 * HOUR), (600, 5 * HOUR, 5 * HOUR)]
)
def test_C3_a_lead_is_what_is_left_at_the_warning_and_never_more_than_all(
    minutes: int, allowance: timedelta, left: timedelta
) -> None:
    rules = read_deadline_rules(document(warning_percent=None, warning_lead_minutes=minutes))
    assert rules.left_at_warning(allowance) == left
    assert read_deadline_rules(document()).left_at_warning(5 * HOUR) == HOUR  # a share of 80 percent


@pytest.mark.pure
@pytest.mark.parametrize(
    "changes", [{"warning_percent": None}, {"warning_lead_minutes": 5}], ids=["neither of both", "both"]
)
def test_C3_when_to_warn_is_said_in_one_way(changes: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        read_deadline_rules(document(**changes), "/document")
    assert (refused.value.code, refused.value.pointer) == ("warning_share_or_lead", "/document/warning_percent")


@pytest.mark.pure
def test_the_environment_may_say_a_lead_in_place_of_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_WARNING_LEAD_MINUTES", "30")
    assert FirstRules().warning_lead_minutes == 30
    assert read_deadline_rules(first_documents()["deadline-rules"]).warning_lead == timedelta(minutes=30)


@pytest.mark.usefixtures("sound")
async def test_C3_deadlines_warn_by_the_lead_of_the_rules_they_were_given_by(client, known, as_role, database) -> None:
    await change_rules(client, as_role, "calendar-rules", opening_hours=ALWAYS, holidays=None, special_days=[])
    await change_rules(client, as_role, "deadline-rules", warning_percent=None, warning_lead_minutes=20)
    case = await filed(client)
    assert {deadline["deadline_rules_version"] for deadline in case["deadlines"]} == {2}
    rows = await database.run(lambda tx: tx.raw.fetch("select due_at - warn_at as lead from deadline"))
    assert {row["lead"] for row in rows} == {timedelta(minutes=20)}


async def test_C3_a_calendar_that_comes_into_force_is_announced_without_its_notes(client, as_role, announced) -> None:
    hours = {day: ["09:00-12:00", "13:00-17:00"] for day in WEEK[:5]}
    special = [
        {"day": "2026-12-31", "working": False, "note": "The boss's birthday"},
        {"day": "2026-12-26", "working": True, "hours": ["10:00-12:00"]},
    ]
    await change_rules(client, as_role, "calendar-rules", opening_hours=hours, holidays="CN", special_days=special)
    [event] = [event for event in await announced() if isinstance(event, CalendarActivated)]
    assert (event.version, event.holidays, str(event.rules_id)[-4:]) == (2, "CN", "c001")
    open_hours = ("09:00-12:00", "13:00-17:00")
    assert event.week == tuple(OpenDay(weekday=day, hours=open_hours if day in hours else ()) for day in WEEK)
    assert event.special_days == (
        SpecialDayOpen(day=date(2026, 12, 26), hours=("10:00-12:00",)),
        SpecialDayOpen(day=date(2026, 12, 31), hours=()),
    )  # fmt: skip
    assert abs(event.activated_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert "birthday" not in event.model_dump_json()


async def test_C3_deadline_rules_that_come_into_force_are_announced(client, as_role, announced) -> None:
    await change_rules(client, as_role, "deadline-rules", warning_percent=None, warning_lead_minutes=20)
    [event] = [event for event in await announced() if isinstance(event, DeadlineRulesActivated)]
    shipped = SHIPPED["deadline-rules"]
    assert (event.version, event.warning_percent, event.warning_lead_minutes) == (2, None, 20)
    assert (event.escalation_hours, event.reopening_days) == (shipped["escalation_hours"], shipped["reopening_days"])
    assert len(event.allowances) == len(shipped["allowances"])
    first = shipped["allowances"][0]
    assert event.allowances[0] == StageMinutes(
        kind=first["kind"], severity=first["severity"], tier=first["tier"],
        acknowledgement=first.get("acknowledgement_minutes"), proposal=first.get("proposal_minutes"),
        solution=first.get("solution_minutes"),
    )  # fmt: skip


async def test_C3_a_calendar_without_working_time_is_refused_and_not_announced(client, as_role, announced) -> None:
    written = await client.post(
        "/v1/calendar-rules", json={"document": {"opening_hours": {}}}, headers=as_role("analyst")
    )
    assert (written.status_code, written.json()["code"]) == (422, "calendar_never_opens")
    assert await announced() == []
