"""The business calendar as a rule set, one document in versions, and what deadlines are counted by (C3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules, Served, read_calendar_rules
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, write_openings
from services.complaint_svc.calendars.domain.service_hours import SpecialDay, Week
from services.complaint_svc.calendars.repository import list_named
from services.complaint_svc.customers.repository import list_regions_among, list_tiers_among
from services.complaint_svc.settings import business_settings
from shared.errors import invalid
from shared.events import CalendarActivated, OpenDay, OtherHoursOpen, SpecialDayOpen
from shared.messaging import Transaction, announce
from shared.rule_sets import (
    RuleSetKind,
    RuleSetStep,
    RuleSetVersion,
    StepRequest,
    list_rules,
    load_in_force,
)

CalendarOf = Callable[[str | None, str | None], Calendar]
"""(tier, region) -> the calendar by which customers of this tier and region are served."""


def _read(version: RuleSetVersion) -> CalendarRules:
    return read_calendar_rules(version.document, "/document")


async def refuse_unknown_served(tx: Transaction, served: Mapping[str, Served]) -> None:
    """Refuse a tier or a region that nobody knows; by the pointer to where it is named.

    422 `unknown_tier`: no customer was in it, and no version of the rules names it. 422 `unknown_region`: no customer's
    file says it, no version of the calendar names it, and `PATRON_REGIONS` does not.
    """
    tiers = {tier for tier, _ in served.values() if tier is not None}
    regions = {region for _, region in served.values() if region is not None}
    known_tiers = await list_tiers_among(tx, tiers) | await list_named(tx, "tier", tiers)
    known_regions = await list_regions_among(tx, regions) | await list_named(tx, "region", regions)
    for pointer, (tier, region) in served.items():
        if tier is not None and tier not in known_tiers:
            raise invalid(
                "unknown_tier", "No customer is in such a tier, nor do rules name it.", pointer=f"{pointer}/tier"
            )
        if region is not None and region not in known_regions | business_settings().regions:
            raise invalid("unknown_region", "No customer's file says such a region.", pointer=f"{pointer}/region")


async def _refuse_unknown(
    tx: Transaction, version: RuleSetVersion, steps: Sequence[RuleSetStep], settings: Any
) -> None:
    entries = version.document.get("other_hours") or ()
    await refuse_unknown_served(
        tx, {f"/document/other_hours/{index}": (e.get("tier"), e.get("region")) for index, e in enumerate(entries)}
    )


async def _announce(tx: Transaction, version: RuleSetVersion, request: StepRequest) -> None:
    """Openings and days only: what a day is called by the business is a note of its own."""
    rules = _read(version)
    everyone = rules.everyone
    activated = CalendarActivated(
        rules_id=version.id,
        version=version.version,
        effective_from=version.effective_from or request.at,
        activated_at=request.at,
        week=_open_days(everyone.week),
        holidays=everyone.holidays,
        special_days=_special_days(everyone.special_days.values()),
        other_hours=tuple(_other_hours(rules, served) for served in rules.written),
    )  # fmt: skip
    announce(tx, [activated])


def _other_hours(rules: CalendarRules, served: Served) -> OtherHoursOpen:
    """What is said of a tier, a region or a tier in a region; what is not said is left out."""
    hours, written = rules.hours(*served), rules.written[served]
    return OtherHoursOpen(
        tier=served[0],
        region=served[1],
        week=_open_days(hours.week) if "opening_hours" in written else None,
        holidays=hours.holidays if "holidays" in written else None,
        no_holidays="holidays" in written and hours.holidays is None,
        special_days=_special_days(hours.special_days.values()) if "special_days" in written else None,
    )


def _open_days(week: Week) -> tuple[OpenDay, ...]:
    return tuple(
        OpenDay(weekday=weekday, hours=tuple(write_openings(openings)))
        for weekday, openings in zip(WEEKDAYS, week, strict=True)
    )


def _special_days(days: Iterable[SpecialDay]) -> tuple[SpecialDayOpen, ...]:
    return tuple(
        SpecialDayOpen(day=special.day, hours=tuple(write_openings(special.openings)))
        for special in sorted(days, key=lambda special: special.day)
    )


CALENDAR_RULES = RuleSetKind(
    "calendar-rules",
    read=_read,
    before_writing=_refuse_unknown,
    only=UUID("0190a000-0000-7000-8000-00000000c001"),
    after_activation=_announce,
)


async def load_versions(tx: Transaction, versions: Iterable[int]) -> dict[int, CalendarRules]:
    """What these versions of the calendar say, by their numbers, whether they are in force or not."""
    assert CALENDAR_RULES.only is not None  # there is one calendar
    rules = await list_rules(tx, CALENDAR_RULES, [(CALENDAR_RULES.only, version) for version in versions])
    return {version: read for (_, version), read in rules.items()}


async def load_calendars(tx: Transaction, around: datetime) -> CalendarOf:
    """The calendars in force now, for the years around an instant."""
    return calendars_of((await load_in_force(tx, CALENDAR_RULES)).rules, around)


def calendars_of(rules: CalendarRules, around: datetime) -> CalendarOf:
    """The calendars of a version, for the years around an instant, in the business zone."""
    zone = business_settings().zone
    return lambda tier, region: rules.hours(tier, region).calendar(around.year, zone)
