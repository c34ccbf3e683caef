"""Indicators (T1): which there are, and a customer's or a group's, as of any instant or month by month."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now
from services.tiering_svc.core.domain.calendar import MOST_MONTHS, first_month, month_of, shift, spelled, start_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.schemas.shapes import MonthsRead
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.indicator import Indicator
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest, requests_as_of
from services.tiering_svc.indicators.repository import external_facts
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.indicators.schemas import (
    CustomerIndicatorsRead,
    IndicatorMonthsRead,
    IndicatorRead,
    IndicatorValueRead,
    Month,
    MonthIndicatorsRead,
)
from shared.chassis import Actor, CurrentActor, Page, Tx, allow, service_router
from shared.chassis.audience import hidden_fields
from shared.customers import list_members, list_roots
from shared.errors import invalid, not_found
from shared.messaging import Transaction

router = service_router(prefix="/v1", tags=["indicators"])

Window = Annotated[int, Query(ge=1, le=MOST_MONTHS, description="calendar months, that of `as_of` included")]
Group = Annotated[bool, Query(description="of the customer and all that were below it in its group then, together")]
From = Annotated[Month, Query(alias="from", description="the first month, like 2026-01")]
To = Annotated[Month, Query(description="the last month")]


@router.get("/indicators", dependencies=[allow("tiers:read")])
async def list_indicators(actor: CurrentActor) -> Page[IndicatorRead]:
    """Those that the reader may read."""
    return Page(
        items=[
            IndicatorRead(
                code=indicator.code, group=indicator.group, unit=indicator.unit, window=indicator.window,
                gradable=indicator.gradable, name=indicator.names, definition=indicator.definition,
            )
            for indicator in _readable_indicators(actor)
        ]
    )  # fmt: skip


@router.get("/customers/{customer_id}/indicators", dependencies=[allow("tiers:read")])
async def show_indicators(
    customer_id: VisibleCustomer,
    tx: Tx,
    actor: CurrentActor,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Window = 12,
    group: Group = False,
) -> CustomerIndicatorsRead:
    """Those that the reader may read, over a window of months that ends with the month of `as_of`."""
    _require_group_readable(actor, group=group)
    as_of = instant_or_now(as_of, tx, "/as_of")
    members = await _list_members(tx, customer_id, actor, as_of, known_at, group=group)
    snapshot = await _load_rolled_up(tx, members, as_of, months, known_at)
    return CustomerIndicatorsRead(
        customer_id=customer_id,
        as_of=as_of,
        known_at=instant_or_now(known_at, tx, "/known_at"),
        window=MonthsRead(
            from_=spelled(first_month(snapshot.last_month, months)), to=spelled(snapshot.last_month), months=months
        ),
        members=len(set((await list_roots(tx, members)).values())),
        indicators=[
            IndicatorValueRead(code=indicator.code, unit=indicator.unit, value=_value_as_text(indicator, snapshot))
            for indicator in _readable_indicators(actor)
        ],
    )


@router.get("/customers/{customer_id}/indicators/months", dependencies=[allow("tiers:read")])
async def show_indicators_by_month(
    customer_id: VisibleCustomer,
    tx: Tx,
    actor: CurrentActor,
    first: From,
    to: To,
    known_at: KnownAt = None,
    group: Group = False,
) -> IndicatorMonthsRead:
    """Those that the reader may read, each month as it was at its end; the present one as it is now."""
    _require_group_readable(actor, group=group)
    zone = (await find_business(tx)).zone
    months = _months(first, to, month_of(tx.at, zone))
    ends = [min(start_of(shift(month, 1), zone) - timedelta(microseconds=1), tx.at) for month in months]
    groups = [await _list_members(tx, customer_id, actor, end, known_at, group=group) for end in ends]
    if any(len(members) > 1 for members in groups):
        snapshots = [
            await _load_rolled_up(tx, members, end, 1, known_at) for members, end in zip(groups, ends, strict=True)
        ]
    else:
        snapshots = await load_snapshots(tx, [SnapshotRequest(customer_id, end, 1) for end in ends], known_at=known_at)
    indicators = _readable_indicators(actor)
    return IndicatorMonthsRead(
        customer_id=customer_id,
        known_at=instant_or_now(known_at, tx, "/known_at"),
        items=[
            MonthIndicatorsRead(
                month=spelled(month),
                as_of=end,
                values={indicator.code: _value_as_text(indicator, snapshot) for indicator in indicators},
            )
            for month, end, snapshot in zip(months, ends, snapshots, strict=True)
        ],
    )


def _readable_indicators(actor: Actor) -> list[Indicator]:
    hidden = hidden_fields(actor)
    return [indicator for code, indicator in INDICATORS.items() if code not in hidden]


def _require_group_readable(actor: Actor, *, group: bool) -> None:
    """A group may hold customers that are not a partner's to see, so its figures are not there for partners."""
    if group and actor.source is not None:
        raise not_found("not_found", "There is nothing here.")


async def _list_members(
    tx: Transaction, customer_id: UUID, actor: Actor, as_of: datetime, known_at: datetime | None, *, group: bool
) -> list[UUID]:
    """Whose figures are shown: for staff those of all who are one with the customer (P12), to this day and for every
    instant; with `group` those of everybody below it, too. A partner is shown the customer that it knows."""
    if actor.source is not None:
        return [customer_id]
    own = (await list_members(tx, [customer_id]))[customer_id]
    if not group:
        return list(own)
    below = [member for head in own for member in await external_facts.list_members(tx, head, as_of, known_at)]
    of_all = await list_members(tx, below)
    return list(dict.fromkeys([*own, *(member for customer in below for member in of_all[customer])]))


async def _load_rolled_up(
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


def _value_as_text(indicator: Indicator, snapshot: CustomerSnapshot) -> str | None:
    value = indicator.value(snapshot)
    return value if value is None or isinstance(value, str) else format(Decimal(value), "f")
