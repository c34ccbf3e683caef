"""The pyramid (T7): customers, revenue and profit by level, then or now; who moved between its levels."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now
from services.tiering_svc.core.domain.calendar import first_month, month_of, shift, spelled, start_of
from services.tiering_svc.core.schemas.shapes import MonthsRead, PolicyReference
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Level
from services.tiering_svc.pyramid.repository import movements
from services.tiering_svc.pyramid.repository.levels import LevelFigures, read_pyramid
from services.tiering_svc.pyramid.schemas.pyramid import (
    DirectionRead,
    LevelRead,
    MovedCustomerRead,
    PyramidMoversRead,
    PyramidRead,
)
from services.tiering_svc.reviews.repository import evaluations
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Instant,
    Limit,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import may_read
from shared.errors import invalid
from shared.messaging import Transaction

router = service_router(prefix="/v1", tags=["pyramid"], dependencies=[staff_only])

PyramidTierFilter = Annotated[Code | None, Query()]
DirectionFilter = Annotated[Literal["up", "down", "placed"] | None, Query()]
ZERO = Decimal(0)
EVER = datetime(1, 1, 1, tzinfo=UTC)
NOBODY = LevelFigures("", 0, ZERO, None, ZERO, 0, 0, 0)


@router.get("/pyramid", dependencies=[allow("tiers:read")])
async def show_pyramid(tx: Tx, actor: CurrentActor, as_of: AsOf = None, known_at: KnownAt = None) -> PyramidRead:
    """How many customers and how much revenue each tier has, at an instant, as it was known at another."""
    rules = await policies.load_rules(tx)
    policy = rules.active
    instant = instant_or_now(as_of, tx, "/as_of")
    last = month_of(instant, rules.zone)
    first = first_month(last, policy.months)
    review = await evaluations.find_last_applied(tx, instant, known_at)
    ends_at = start_of(shift(last, 1), rules.zone)
    known = instant_or_now(known_at, tx, "/known_at")
    if known_at is None:
        figures = await read_pyramid(tx, instant, (first, last), ends_at, review, past=as_of is not None)
    else:
        figures = await _as_known(tx, instant, known, (first, last), review)
    customers = sum(level.customers for level in figures.values())
    revenue = sum((level.amount for level in figures.values()), ZERO)
    shows_margin = may_read(actor, "margin")
    levels = {level.code: (rank, level) for rank, level in enumerate(policy.levels)}
    for code in figures.keys() - levels.keys():  # of an earlier policy, until the next review places them
        levels[code] = (-1, Level(code, {"en": code, "zh": code}))
    return PyramidRead(
        as_of=instant,
        known_at=known,
        policy=PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names),
        window=MonthsRead(from_=spelled(first), to=spelled(last), months=policy.months),
        last_review=review,
        customers=customers,
        revenue=revenue,
        levels=[
            _level(rank, level, figures.get(level.code, NOBODY), customers, revenue, shows_margin=shows_margin)
            for rank, level in reversed(levels.values())
        ],
    )


@router.get("/pyramid/movers", dependencies=[allow("tiers:read")])
async def list_pyramid_movers(
    tx: Tx,
    actor: CurrentActor,
    since: Annotated[Instant, Query(alias="from", description="the earlier instant")],
    until: Annotated[Instant | None, Query(alias="to", description="the later instant; now, if not given")] = None,
    known_at: KnownAt = None,
    from_tier: PyramidTierFilter = None,
    to_tier: PyramidTierFilter = None,
    way: DirectionFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PyramidMoversRead:
    """Who stands elsewhere at `to` than at `from`, whatever happened in between: the matrix of all, and their list;
    for who sees only accounts of their own, of those."""
    ends = instant_or_now(until, tx, "/to")
    known = instant_or_now(known_at, tx, "/known_at")
    if since > ends:
        raise invalid("ends_before_it_begins", "`to` is not before `from`.", pointer="/to")
    scope = data_scope(tx, actor)
    ways = await movements.count_ways(tx, since, ends, known, scope)
    after = read_cursor(cursor, UUID)
    moved = await movements.list_moved(
        tx, since, ends, known, from_tier=from_tier, to_tier=to_tier, way=way,
        after=after[0] if after else None, limit=limit + 1, scope=scope,
    )  # fmt: skip
    page = page_of(
        [MovedCustomerRead.model_validate(customer, from_attributes=True) for customer in moved],
        limit,
        lambda customer: (customer.customer_id,),
    )
    totals = {"up": 0, "down": 0, "placed": 0}
    for direction in ways:
        totals[direction.way] += direction.customers
    return PyramidMoversRead(
        from_=since,
        to=ends,
        known_at=known,
        moved=totals,
        matrix=[DirectionRead.model_validate(direction, from_attributes=True) for direction in ways],
        items=page.items,
        next=page.next,
    )


async def _as_known(
    tx: Transaction, as_of: datetime, known_at: datetime, months: tuple[date, date], since: datetime | None
) -> dict[str, LevelFigures]:
    """Who was where and what they had brought, and who had come there since the last review, as far as it was known."""
    levels = await movements.read_as_known(tx, as_of, known_at, months)
    came: dict[tuple[str, str], int] = {}
    for direction in await movements.count_ways(tx, since or EVER, as_of, known_at):
        arrived = direction.to_tier, direction.way
        came[arrived] = came.get(arrived, 0) + direction.customers
    return {
        tier: LevelFigures(
            tier, level.customers, level.amount, level.margin, level.margin_known_amount,
            *(came.get((tier, way), 0) for way in ("up", "down", "placed")),
        )
        for tier, level in levels.items()
    }  # fmt: skip


def _level(
    rank: int, level: Level, figures: LevelFigures, customers: int, revenue: Decimal, *, shows_margin: bool
) -> LevelRead:
    return LevelRead(
        tier=level.code,
        name=level.names,
        rank=rank,
        customers=figures.customers,
        share_of_customers=_percent(Decimal(figures.customers), Decimal(customers)) or "0.0",
        revenue=figures.amount,
        share_of_revenue=_percent(figures.amount, revenue),
        profit=figures.margin if shows_margin else None,
        profit_known_for=figures.margin_known_amount if shows_margin else None,
        came_up=figures.came_up,
        came_down=figures.came_down,
        new=figures.new,
    )


def _percent(part: Decimal, whole: Decimal) -> str | None:
    return format((part * 100 / whole).quantize(Decimal("0.1")), "f") if whole else None
