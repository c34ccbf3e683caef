"""Indicators (T1): which there are, and a customer's, as of any instant."""

from decimal import Decimal
from typing import Annotated

from fastapi import Query

from services.tiering_svc.domain.indicators import INDICATORS, Indicator, Known
from services.tiering_svc.domain.months import first_month, spelled
from services.tiering_svc.domain.policies import MOST_MONTHS
from services.tiering_svc.repository import standings
from services.tiering_svc.repository.known import list_known
from services.tiering_svc.routes.common import AsOf, instant_or_now, source_of
from services.tiering_svc.schemas.common import MonthsRead
from services.tiering_svc.schemas.indicators import CustomerIndicatorsRead, IndicatorRead, IndicatorValueRead
from shared.chassis import CurrentActor, Id, Page, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["indicators"])

Window = Annotated[int, Query(ge=1, le=MOST_MONTHS, description="calendar months, that of `as_of` included")]


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
    customer_id: Id, tx: Tx, actor: CurrentActor, as_of: AsOf = None, window: Window = 12
) -> CustomerIndicatorsRead:
    await standings.check_known(tx, customer_id, source_of(actor))
    as_of = instant_or_now(as_of, tx, "/as_of")
    [known] = await list_known(tx, [customer_id], [as_of], [window])
    first, last = first_month(known.last_month, window), known.last_month
    return CustomerIndicatorsRead(
        customer_id=customer_id,
        as_of=as_of,
        window=MonthsRead(from_=spelled(first), to=spelled(last), months=window),
        indicators=[
            IndicatorValueRead(code=one.code, unit=one.unit, value=_spelled(one, known)) for one in INDICATORS.values()
        ],
    )


def _spelled(indicator: Indicator, known: Known) -> str | None:
    value = indicator.value(known)
    return None if value is None else format(Decimal(value), "f")
