"""The business calendar over HTTP: read it day by day, say what a day is like, take that back (C3)."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query

from services.complaint_svc.calendars import handlers, repository
from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.domain.opening_hours import WEEKDAYS, write_openings
from services.complaint_svc.calendars.schemas import CalendarDayRead, CalendarDayUpdate, CalendarRead
from services.complaint_svc.settings import business_settings
from shared.chassis import CurrentActor, Day, Tx, allow, service_router
from shared.errors import invalid

router = service_router(prefix="/v1", tags=["complaint rules"])

LONGEST_PERIOD = 366  # days


@router.get("/business-calendar", dependencies=[allow("complaints:read")])
async def read_business_calendar(
    tx: Tx,
    start: Annotated[Day, Query(alias="from", description="the first day")],
    end: Annotated[Day, Query(alias="to", description="the last day")],
) -> CalendarRead:
    """The calendar that deadlines are counted by, day by day from `from` to `to` inclusive."""
    if not timedelta(0) <= end - start < timedelta(days=LONGEST_PERIOD):
        raise invalid(
            "period_invalid", f"The day `to` is `from` or up to {LONGEST_PERIOD - 1} days later.", pointer="/to"
        )
    calendar = await handlers.load_calendar(tx, start.year)
    overrides = {override.day: override for override in await repository.list_calendar_days(tx)}
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    return CalendarRead(
        time_zone=business_settings().time_zone,
        holidays=business_settings().holidays,
        published_through=business_settings().published_through,
        week={
            name: write_openings(openings) for name, openings in zip(WEEKDAYS, business_settings().week, strict=True)
        },
        days=[_read_day(day, calendar, overrides.get(day)) for day in days],
    )


@router.put("/business-calendar/days/{day}", dependencies=[allow("policies:write")])
async def change_calendar_day(day: Day, body: CalendarDayUpdate, tx: Tx, actor: CurrentActor) -> CalendarDayRead:
    """Say what a day is like, where nothing is published yet or the business does otherwise."""
    await handlers.change_calendar_day(tx, day, body.working, body.hours, body.note, actor.subject)
    return await _show_day(tx, day)


@router.delete("/business-calendar/days/{day}", dependencies=[allow("policies:write")])
async def delete_calendar_day(day: Day, tx: Tx) -> CalendarDayRead:
    """Take back what was said about a day: the published calendar holds again."""
    await handlers.delete_calendar_day(tx, day)
    return await _show_day(tx, day)


async def _show_day(tx: Tx, day: date) -> CalendarDayRead:
    calendar = await handlers.load_calendar(tx, day.year)
    overrides = {override.day: override for override in await repository.list_calendar_days(tx)}
    return _read_day(day, calendar, overrides.get(day))


def _read_day(day: date, calendar: Calendar, override: repository.CalendarDay | None) -> CalendarDayRead:
    openings = calendar.openings_on(day)
    published = {known.day: known for known in business_settings().published_days(day.year)}.get(day)
    source: Literal["week", "published", "override"] = "override" if override else "published" if published else "week"
    through = business_settings().published_through
    return CalendarDayRead(
        day=day,
        working=bool(openings),
        hours=write_openings(openings),
        source=source,
        published=through is None or day.year <= through,
        note=override.note if override else published.name if published else None,
    )
