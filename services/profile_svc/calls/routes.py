"""The call centre over HTTP (G4): what happens on the line, who is ringing, how quickly it was answered."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from services.profile_svc.calls import repository as calls
from services.profile_svc.calls.handlers import find_callers, record_call_state
from services.profile_svc.calls.schemas import (
    CallEventCreate,
    CallRead,
    CallStatisticsRead,
    PopRead,
    show_call,
    show_match,
)
from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.files.domain.phones import every_e164, last_digits
from services.profile_svc.overview.dependencies import CurrentTierNames
from shared.chassis import CurrentActor, Instant, Text, Tx, allow, service_router, staff_only
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future

router = service_router(prefix="/v1", tags=["calls"])

A_MONTH = timedelta(days=30)
BACKDATING_GRACE = timedelta(days=14)  # an exchange that reached nobody tells the calls of a fortnight


@router.post("/call-events", status_code=201, dependencies=[allow("customers:write"), staff_only])
async def report_call_event(body: CallEventCreate, tx: Tx, actor: CurrentActor, settings: CurrentSettings) -> CallRead:
    """Each state of a call once, in any order; the same report again gets the same answer."""
    refuse_future(body.at, tx.at, "/at")
    refuse_backdating(body.at, tx.at, actor, allowed=BACKDATING_GRACE)
    call = await record_call_state(
        tx, body.call_id, body.number, body.state, body.at, body.agent, regions=settings.phone_regions
    )
    return show_call(call)


@router.get("/calls/pop", dependencies=[allow("customers:read")])
async def read_call_pop(
    number: Annotated[Text, Query(min_length=1, max_length=40, description="as the exchange shows it")],
    tx: Tx,
    actor: CurrentActor,
    settings: CurrentSettings,
    tier_names: CurrentTierNames,
) -> PopRead:
    """What an agent sees while it rings. A number nobody has is not an error: somebody is calling."""
    e164 = every_e164(number, settings.phone_regions)
    now = tx.at.astimezone(settings.zone)
    callers = await find_callers(tx, actor, e164, last_digits(number), now.date())
    await add_access(tx, actor, "popped_up", [id for caller in callers for id in caller.members])
    return PopRead(
        number=e164[0] if e164 else number.strip(),
        matches=[show_match(caller.row, caller.team, actor, tier_names.by_tier, at=now) for caller in callers],
    )


@router.get("/calls/statistics", dependencies=[allow("customers:read"), staff_only])
async def read_call_statistics(
    tx: Tx,
    settings: CurrentSettings,
    since: Annotated[Instant | None, Query(alias="from", description="30 days before `to` when not said")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="now when not said")] = None,
) -> CallStatisticsRead:
    """How many calls were answered, and how many within three rings."""
    until = until or tx.at
    since = since or until - A_MONTH
    counted = await calls.read_statistics(tx, since, until, settings.three_rings_seconds)
    return CallStatisticsRead(
        since=since,
        until=until,
        calls=counted.calls,
        answered=counted.answered,
        answered_in_time=counted.answered_in_time,
        missed=counted.missed,
        ringing=counted.ringing,
        answered_in_time_percent=round(100 * counted.answered_in_time / counted.calls, 1) if counted.calls else None,
        median_seconds=counted.median_seconds,
        three_rings_seconds=settings.three_rings_seconds,
    )
