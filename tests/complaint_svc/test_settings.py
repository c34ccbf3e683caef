"""How complaints are worked here: what the environment may say, and what stops the start."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.complaint_svc.calendars.domain.business_time import CLOSED, Opening
from services.complaint_svc.settings import BusinessSettings
from shared.errors import DomainError


@pytest.mark.parametrize(
    "wrong",
    [
        {"holidays": "ATLANTIS"},
        {"opening_hours": {"mon": ["9-17"]}},
        {"opening_hours": {"mon": ["09:00-17:00", "16:00-18:00"]}},
        {"opening_hours": {"monday": ["09:00-17:00"]}},
        {"opening_hours": {}},
        {"warning_percent": 100},
    ],
)
def test_a_wrong_setting_stops_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises((ValidationError, DomainError)):
        BusinessSettings(**wrong)  # type: ignore[arg-type]


def test_the_environment_says_hours_zone_and_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("PATRON_HOLIDAYS", "DE-BY")
    monkeypatch.setenv("PATRON_OPENING_HOURS", '{"mon": ["08:00-12:00", "13:00-24:00"]}')
    settings = BusinessSettings()
    calendar = settings.calendar(2026, {})
    assert str(calendar.zone) == "Europe/Berlin"
    assert calendar.openings_on(date(2026, 1, 12)) == (Opening(480, 720), Opening(780, 1440))
    assert calendar.openings_on(date(2026, 4, 6)) == CLOSED  # Easter Monday
    assert settings.published_through is None  # nothing is moved there, so nothing is waited for


def test_K12_a_make_up_day_is_worked_like_the_first_open_weekday() -> None:
    settings = BusinessSettings(holidays="CN", opening_hours={"mon": ["09:00-18:00"], "tue": ["10:00-12:00"]})
    calendar = settings.calendar(2026, {})
    assert calendar.openings_on(date(2026, 2, 14)) == (Opening(540, 1080),)
    assert calendar.openings_on(date(2026, 2, 16)) == CLOSED
    overridden = settings.calendar(2026, {date(2026, 2, 16): (Opening(0, 60),)})
    assert overridden.openings_on(date(2026, 2, 16)) == (Opening(0, 60),)


def test_no_country_no_holidays() -> None:
    settings = BusinessSettings(holidays="")
    assert settings.published_days(2026) == ()
    assert settings.calendar(2026, {}).openings_on(date(2026, 1, 1)) == (Opening(540, 1020),)
