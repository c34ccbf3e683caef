"""The business calendar as a rule set: one document in versions, one of them in force (C3)."""

from uuid import UUID

from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules, read_calendar_rules
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, write_openings
from shared.events import CalendarActivated, OpenDay, SpecialDayOpen
from shared.messaging import Transaction, announce
from shared.rule_sets import RuleSetKind, RuleSetVersion, StepRequest


def _read(version: RuleSetVersion) -> CalendarRules:
    return read_calendar_rules(version.document, "/document")


async def _announce(tx: Transaction, version: RuleSetVersion, request: StepRequest) -> None:
    """Openings and days only: what a day is called by the business is a note of its own."""
    rules = _read(version)
    activated = CalendarActivated(
        rules_id=version.id,
        version=version.version,
        effective_from=version.effective_from or request.at,
        activated_at=request.at,
        week=tuple(
            OpenDay(weekday=weekday, hours=tuple(write_openings(openings)))
            for weekday, openings in zip(WEEKDAYS, rules.week, strict=True)
        ),
        holidays=rules.holidays,
        special_days=tuple(
            SpecialDayOpen(day=day, hours=tuple(write_openings(special.openings)))
            for day, special in sorted(rules.special_days.items())
        ),
    )  # fmt: skip
    announce(tx, [activated])


CALENDAR_RULES = RuleSetKind(
    "calendar-rules",
    read=_read,
    only=UUID("0190a000-0000-7000-8000-00000000c001"),
    after_activation=_announce,
)
