"""The satisfaction-loyalty curve of one's own data (T16)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, MonthsBack, window_of
from services.tiering_svc.core.domain.calendar import shift, spelled, start_of
from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.schemas.shapes import MonthsRead
from services.tiering_svc.retention.domain.churn import ChurnRules, OrderRhythm
from services.tiering_svc.retention.repository.churn import load_rhythms
from services.tiering_svc.retention.repository.rules import CHURN_RULES
from services.tiering_svc.service_quality.domain.loyalty_curve import AskedCustomer, CurvePoint, curve_of
from services.tiering_svc.service_quality.repository.loyalty_curve import CurveMonths, list_asked
from services.tiering_svc.service_quality.schemas.satisfaction import CurvePointRead, LoyaltyCurveRead
from shared.chassis import Tx, allow, service_router, staff_only
from shared.rule_sets import rule_set_at

router = service_router(prefix="/v1", tags=["satisfaction"])

INSTANT = timedelta(microseconds=1)
MICROSECONDS_OF_A_DAY = Decimal(86_400_000_000)
FollowMonths = Annotated[
    int, Query(ge=1, le=24, description="how many calendar months follow the answers; the last is that of `as_of`")
]
BinWidth = Annotated[
    Decimal, Query(ge=Decimal("0.1"), le=10, description="width of a bin, in points of the index's scale")
]


@router.get("/satisfaction/loyalty-curve", dependencies=[allow("tiers:read"), staff_only])
async def show_loyalty_curve(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12, follow_months: FollowMonths = 3,
    width: BinWidth = Decimal(1),
) -> LoyaltyCurveRead:  # fmt: skip
    """By the mean score that customers gave in so many months: which share of them bought again in the months that
    follow, which share was not lost, and how their revenue a day grew against as many months before."""
    follow = await window_of(tx, as_of, known_at, follow_months)
    zone = (await find_business(tx)).zone
    survey_first, survey_last = shift(follow.first, -months), shift(follow.first, -1)
    spans = CurveMonths(
        start_of(survey_first, zone), start_of(shift(follow.first, -follow_months), zone), follow.since, follow.until
    )
    churn = await rule_set_at(tx, CHURN_RULES, follow.until)
    points = curve_of(
        await _asked_customers(tx, spans, follow.known_at, churn.rules, now=known_at is None),
        width, _days(spans.after_begin - spans.before_begin), _days(follow.until - spans.after_begin + INSTANT),
    )  # fmt: skip
    return LoyaltyCurveRead(
        as_of=follow.until,
        known_at=follow.known_at,
        survey=MonthsRead(from_=spelled(survey_first), to=spelled(survey_last), months=months),
        follow_up=follow.shown,
        churn_rules_version=churn.version,
        width=plain(width) or "0",
        customers=sum(point.customers for point in points),
        points=[_point(point) for point in points],
    )


async def _asked_customers(
    tx: Tx, spans: CurveMonths, known_at: datetime, churn: ChurnRules, *, now: bool
) -> list[AskedCustomer]:
    rows = await list_asked(tx, spans, known_at)
    customers = [row.customer_id for row in rows]
    begins_at = spans.after_begin - INSTANT
    before = await load_rhythms(tx, PointInTime(begins_at, known_at, now), customers)
    after = await load_rhythms(tx, PointInTime(spans.until, known_at, now), customers)
    return [
        AskedCustomer(
            row.score, row.came_back, _is_lost(before.get(row.customer_id), churn, begins_at),
            _is_lost(after.get(row.customer_id), churn, spans.until), row.revenue_before, row.revenue_after,
        )
        for row in rows
    ]  # fmt: skip


def _is_lost(rhythm: OrderRhythm | None, churn: ChurnRules, as_of: datetime) -> bool | None:
    return None if rhythm is None else rhythm.is_silent(churn.lost, as_of)


def _days(span: timedelta) -> Decimal:
    return Decimal(span // INSTANT) / MICROSECONDS_OF_A_DAY


def _point(point: CurvePoint) -> CurvePointRead:
    low, high = point.interval
    return CurvePointRead(
        lowest=plain(point.lowest) or "0",
        highest=plain(point.highest) or "0",
        customers=point.customers,
        came_back=point.came_back,
        come_back_rate=plain(point.come_back_rate),
        interval=[plain(low) or "0", plain(high) or "0"],
        not_lost_before=point.not_lost_before,
        retained=point.retained,
        retention_rate=plain(point.retention_rate),
        revenue_before=point.revenue_before,
        revenue_after=point.revenue_after,
        growth=plain(point.growth),
    )
