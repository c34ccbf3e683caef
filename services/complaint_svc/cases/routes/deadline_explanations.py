"""Why an answer is due when it is: by which versions, whose hours, which days and which pauses (C3, K19)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.complaint_svc.calendars.domain.calendar_rules import CalendarRules
from services.complaint_svc.calendars.handlers import load_calendars, load_versions
from services.complaint_svc.calendars.schemas import HoursRead, hours_fields
from services.complaint_svc.cases import repository
from services.complaint_svc.cases.dependencies import visible_case
from services.complaint_svc.cases.routes.case_views import read_deadline
from services.complaint_svc.deadlines.domain.deadlines import Deadline
from services.complaint_svc.deadlines.schemas import DeadlineExplanation, PauseRead
from services.complaint_svc.settings import business_settings
from shared.chassis import CurrentActor, Id, Page, Tx, allow, service_router, staff_only
from shared.chassis.audit import add_access

MOST_DAYS = 92  # that are shown of a deadline

router = service_router(prefix="/v1", tags=["complaints"], dependencies=[visible_case, staff_only])


@router.get("/complaints/{complaint_id}/deadlines", dependencies=[allow("complaints:read")])
async def explain_deadlines(complaint_id: Id, tx: Tx, actor: CurrentActor) -> Page[DeadlineExplanation]:
    """Every deadline of a case, of all rounds, with what it was counted by: the versions of the rules, the hours of the
    customer's tier and region by that version of the calendar, each day from its beginning to its end, and the pauses.
    """
    file = await repository.load_case_file(tx, complaint_id)
    await add_access(tx, actor, "case_shown", [file.case["customer_id"]], subject=f"case:{complaint_id}")
    versions = await load_versions(tx, {deadline.calendar_rules_version for deadline in file.deadlines})
    calendar_of = await load_calendars(tx, tx.at)
    zone = business_settings().zone
    return Page(
        items=[
            DeadlineExplanation(
                **dict(read_deadline(deadline, calendar_of, tx.at)),
                pauses=_pauses(deadline),
                hours=_hours(deadline, versions, zone),
            )
            for deadline in file.deadlines
        ],
        next=None,
    )


def _hours(deadline: Deadline, versions: Mapping[int, CalendarRules], zone: ZoneInfo) -> HoursRead:
    version = deadline.calendar_rules_version
    days = days_between(deadline.started_at, deadline.due_at, zone)
    fields = hours_fields(versions[version], deadline.tier, deadline.region, days, zone)
    return HoursRead(**fields, calendar_rules_version=version)


def days_between(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The local days from one instant to another, both included; not more than MOST_DAYS."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    return [first + timedelta(days=offset) for offset in range(min((last - first).days + 1, MOST_DAYS))]


def _pauses(deadline: Deadline) -> list[PauseRead]:
    begun, ended = deadline.pauses[::2], [*deadline.pauses[1::2], None]
    return [PauseRead(start=start, end=end) for start, end in zip(begun, ended, strict=False)]
