"""How complaints are worked here: what the environment may say, and what stops the start."""

import importlib.util
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.complaint_svc.calendars.domain.business_time import CLOSED, Opening
from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules, read_calendar_rules
from services.complaint_svc.deadlines.domain.deadline_rules import read_deadline_rules
from services.complaint_svc.first_rules import FirstRules
from services.complaint_svc.remedies.domain.authority import read_authority_rules
from services.complaint_svc.settings import BusinessSettings
from shared.authority import Limit
from shared.errors import DomainError
from tests.complaint_svc.case_builders import SHIPPED
from tests.harness import migrations_of

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    "wrong",
    [
        {"holidays": "ATLANTIS"},
        {"opening_hours": {"mon": ["9-17"]}},
        {"opening_hours": {"mon": ["09:00-17:00", "16:00-18:00"]}},
        {"opening_hours": {"monday": ["09:00-17:00"]}},
        {"opening_hours": {}},
        {"warning_percent": 100},
        {"special_days": [{"day": "2027-02-20", "working": False, "hours": ["09:00-10:00"]}]},
        {"special_days": [{"day": "2027-02-30", "working": False}]},
        {"other_hours": [{"holidays": "CN"}]},
        {"other_hours": [{"tier": "gold"}]},
        {"other_hours": [{"tier": "gold", "opening_hours": {}}]},
        {"other_hours": [{"tier": "gold", "hours": {}}]},
        {"other_hours": [{"region": "south", "holidays": "ATLANTIS"}]},
        {"allowances": [{"kind": "complaint", "severity": "normal", "tier": "any"}]},
        {"escalation_hours_by_level": {"sponsor": 8}},
        {"escalation_hours_by_level": {"head": 0}},
        {"escalation_hours_by_level": {"manager": 9}},
    ],
)
def test_a_wrong_setting_stops_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises((ValidationError, DomainError)):
        FirstRules(**wrong)  # type: ignore[arg-type]


def first_documents() -> dict[str, dict[str, Any]]:
    """The documents that the migration would install now, by kind."""
    [file] = (migrations_of("complaint") / "versions").glob("2026_11_28_*.py")
    spec = importlib.util.spec_from_file_location("first_tables", file)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    return {
        kind: migration.as_the_environment_says({"kind": kind, "document": document})["document"]
        for kind, document in SHIPPED.items()
    }


def test_the_environment_says_hours_zone_and_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("PATRON_HOLIDAYS", "DE-BY")
    monkeypatch.setenv("PATRON_OPENING_HOURS", '{"mon": ["08:00-12:00", "13:00-24:00"]}')
    FirstRules()
    rules = read_calendar_rules(first_documents()["calendar-rules"])
    calendar = rules.hours().calendar(2026, BusinessSettings().zone)
    assert str(calendar.zone) == "Europe/Berlin"
    assert calendar.openings_on(date(2026, 1, 12)) == (Opening(480, 720), Opening(780, 1440))
    assert calendar.openings_on(date(2026, 4, 6)) == CLOSED  # Easter Monday
    assert rules.hours().published_through is None  # nothing is moved there, so nothing is waited for


def test_the_environment_says_what_the_first_deadline_and_authority_rules_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_documents() == SHIPPED
    monkeypatch.setenv("PATRON_ESCALATION_HOURS", "4")
    monkeypatch.setenv("PATRON_ESCALATION_HOURS_BY_LEVEL", '{"head": 24}')
    monkeypatch.setenv("PATRON_WARNING_PERCENT", "50")
    monkeypatch.setenv("PATRON_HOLIDAYS", "")
    monkeypatch.setenv("PATRON_AUTHORITY", '{"agent": {"points": 7, "amount": 8.5}, "head": {"points": null}}')
    monkeypatch.setenv("PATRON_OTHER_HOURS", '[{"tier": "gold", "opening_hours": {"sat": ["10:00-12:00"]}}]')
    monkeypatch.setenv("PATRON_SPECIAL_DAYS", '[{"day": "2026-11-17", "working": false}]')
    generous = [entry | {"solution_minutes": 9_999} for entry in SHIPPED["deadline-rules"]["allowances"]]
    monkeypatch.setenv("PATRON_ALLOWANCES", json.dumps(generous))
    FirstRules()
    documents = first_documents()
    rules = read_deadline_rules(documents["deadline-rules"])
    assert (rules.escalate_after.total_seconds(), rules.warning_share, rules.reopen_within.days) == (4 * 3600, 0.5, 30)
    assert [rules.time_to_escalate(level) for level in ("manager", "head")] == [timedelta(hours=4), timedelta(hours=24)]
    assert rules.allowance("complaint", "normal", None).solution == timedelta(minutes=9_999)
    calendar = read_calendar_rules(documents["calendar-rules"])
    assert calendar.everyone.holidays is None
    assert calendar.hours().calendar(2026, UTC).openings_on(date(2026, 11, 17)) == CLOSED
    assert calendar.hours("gold").calendar(2026, UTC).openings_on(date(2026, 11, 21)) == (Opening(600, 720),)
    limits = read_authority_rules(documents["authority-rules"])
    agent, head = limits.roles["agent"], limits.roles["head"]
    assert agent.alone == agent.day == agent.approves == Limit(7, Decimal("8.5"))
    assert head.alone == Limit(None, Decimal(0))


def calendar_rules(**document: Any) -> CalendarRules:
    return read_calendar_rules(SHIPPED["calendar-rules"] | document)


def test_K12_a_make_up_day_is_worked_like_the_first_open_weekday() -> None:
    hours = {"mon": ["09:00-18:00"], "tue": ["10:00-12:00"]}
    calendar = calendar_rules(opening_hours=hours).hours().calendar(2026, UTC)
    assert calendar.openings_on(date(2026, 2, 14)) == (Opening(540, 1080),)
    assert calendar.openings_on(date(2026, 2, 16)) == CLOSED
    opened = [{"day": "2026-02-16", "working": True, "hours": ["00:00-01:00"]}]
    overridden = calendar_rules(opening_hours=hours, special_days=opened).hours().calendar(2026, UTC)
    assert overridden.openings_on(date(2026, 2, 16)) == (Opening(0, 60),)


def test_no_country_no_holidays() -> None:
    rules = calendar_rules(holidays="")
    assert rules.hours().published_days(2026) == ()
    assert rules.hours().calendar(2026, UTC).openings_on(date(2026, 1, 1)) == (Opening(540, 1020),)
