"""Indicators (T1): which there are, and a customer's or a group's, as of any instant or month by month."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now, source_of
from services.tiering_svc.core.domain.calendar import MOST_MONTHS, first_month, month_of, shift, spelled, start_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.schemas.shapes import MonthsRead
from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.indicator import Indicator
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest, requests_as_of
from services.tiering_svc.indicators.repository import external_facts as told
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.indicators.schemas import (
    CustomerIndicatorsRead,
    IndicatorMonthsRead,
    IndicatorRead,
    IndicatorValueRead,
    Month,
    MonthIndicatorsRead,
)
from shared.chassis import Actor, CurrentActor, Id, Page, Tx, allow, service_router
from shared.errors import invalid, not_found
from shared.messaging import Transaction

router = service_router(prefix="/v1", tags=["indicators"])

Window = Annotated[int, Query(ge=1, le=MOST_MONTHS, description="calendar months, that of `as_of` included")]
Group = Annotated[bool, Query(description="of the customer and all that were below it in its group then, together")]
From = Annotated[Month, Query(alias="from", description="the first month, like 2026-01")]
To = Annotated[Month, Query(description="the last month")]


@router.get("/indicators", dependencies=[allow("tiers:read")])
async def list_indicators() -> Page[IndicatorRead]:
    return Page(
        items=[
            IndicatorRead(
                code=one.code, group=one.group, unit=one.unit, window=one.window, gradable=one.gradable,
                name=one.names, definition=one.definition,
            )
            for one in INDICATORS.values()
        ]
    )  # fmt: skip


@router.get("/customers/{customer_id}/indicators", dependencies=[allow("tiers:read")])
async def show_indicators(
    customer_id: Id,
    tx: Tx,
    actor: CurrentActor,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Window = 12,
    group: Group = False,
) -> CustomerIndicatorsRead:
    await _check(tx, customer_id, actor, group=group)
    as_of = instant_or_now(as_of, tx, "/as_of")
    members = await _members(tx, customer_id, as_of, known_at, group=group)
    known = await _together(tx, members, as_of, months, known_at)
    return CustomerIndicatorsRead(
        customer_id=customer_id,
        as_of=as_of,
        known_at=instant_or_now(known_at, tx, "/known_at"),
        window=MonthsRead(
            from_=spelled(first_month(known.last_month, months)), to=spelled(known.last_month), months=months
        ),
        members=len(members),
        indicators=[
            IndicatorValueRead(code=one.code, unit=one.unit, value=_spelled(one, known)) for one in INDICATORS.values()
        ],
    )


@router.get("/customers/{customer_id}/indicators/months", dependencies=[allow("tiers:read")])
async def show_indicators_by_month(
    customer_id: Id, tx: Tx, actor: CurrentActor, first: From, to: To, known_at: KnownAt = None, group: Group = False
) -> IndicatorMonthsRead:
    """Each month as it stood at its end; the present one as it stands."""
    await _check(tx, customer_id, actor, group=group)
    zone = (await find_business(tx)).zone
    months = _months(first, to, month_of(tx.at, zone))
    ends = [min(start_of(shift(month, 1), zone) - timedelta(microseconds=1), tx.at) for month in months]
    if group:
        members = [await _members(tx, customer_id, end, known_at, group=True) for end in ends]
        known = [await _together(tx, its, end, 1, known_at) for its, end in zip(members, ends, strict=True)]
    else:
        known = await load_snapshots(tx, [SnapshotRequest(customer_id, end, 1) for end in ends], known_at=known_at)
    return IndicatorMonthsRead(
        customer_id=customer_id,
        known_at=instant_or_now(known_at, tx, "/known_at"),
        items=[
            MonthIndicatorsRead(
                month=spelled(month),
                as_of=end,
                values={code: _spelled(indicator, one) for code, indicator in INDICATORS.items()},
            )
            for month, end, one in zip(months, ends, known, strict=True)
        ],
    )


async def _check(tx: Transaction, customer_id: UUID, actor: Actor, *, group: bool) -> None:
    """A group may hold customers that are not a partner's to see, so its figures are not there for partners."""
    await check_known(tx, customer_id, source_of(actor))
    if group and actor.partner_id is not None:
        raise not_found("not_found")


async def _members(
    tx: Transaction, customer_id: UUID, as_of: datetime, known_at: datetime | None, *, group: bool
) -> list[UUID]:
    return await told.list_members(tx, customer_id, as_of, known_at) if group else [customer_id]


async def _together(
    tx: Transaction, members: Sequence[UUID], as_of: datetime, months: int, known_at: datetime | None
) -> CustomerSnapshot:
    return rolled_up(await load_snapshots(tx, requests_as_of(members, as_of, months), known_at=known_at))


def _months(first: str, to: str, present: date) -> list[date]:
    begins, ends = (date.fromisoformat(f"{month}-01") for month in (first, to))
    if ends > present:
        raise invalid("in_the_future", "This month has not begun yet.", pointer="/to")
    if begins > ends:
        raise invalid("not_in_order", "The first month comes before the last.", pointer="/from")
    months = [begins]
    while months[-1] < ends:
        months.append(shift(months[-1], 1))
        if len(months) > MOST_MONTHS:
            raise invalid("too_many_months", f"At most {MOST_MONTHS} months at a time.", pointer="/from")
    return months


def _spelled(indicator: Indicator, known: CustomerSnapshot) -> str | None:
    value = indicator.value(known)
    return value if value is None or isinstance(value, str) else format(Decimal(value), "f")
