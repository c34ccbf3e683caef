"""The pyramid (T7): customers, revenue and profit by level, and who moved since the last review."""

from decimal import Decimal

from services.tiering_svc.domain.months import first_month, month_of, shift, spelled, start_of
from services.tiering_svc.domain.policies import Level
from services.tiering_svc.repository import evaluations, policies, reading
from services.tiering_svc.repository.reading import LevelFigures
from services.tiering_svc.routes.common import AsOf, instant_or_now, not_for_partners
from services.tiering_svc.schemas.common import MonthsRead, PolicyReference
from services.tiering_svc.schemas.pyramid import LevelRead, PyramidRead
from shared.chassis import Tx, allow, service_router

router = service_router(prefix="/v1", tags=["pyramid"], dependencies=[not_for_partners])

ZERO = Decimal(0)
NOBODY = LevelFigures("", 0, ZERO, None, ZERO, 0, 0, 0)


@router.get("/pyramid", dependencies=[allow("tiers:read")])
async def show_pyramid(tx: Tx, as_of: AsOf = None) -> PyramidRead:
    rules = await policies.load_rules(tx)
    policy = rules.active
    instant = instant_or_now(as_of, tx, "/as_of")
    last = month_of(instant, rules.zone)
    first = first_month(last, policy.months)
    review = await evaluations.find_last_applied(tx, instant)
    ends_at = start_of(shift(last, 1), rules.zone)
    found = await reading.read_pyramid(tx, instant, (first, last), ends_at, review, past=as_of is not None)
    customers = sum(level.customers for level in found.values())
    revenue = sum((level.amount for level in found.values()), ZERO)
    levels = {level.code: (rank, level) for rank, level in enumerate(policy.levels)}
    for code in found.keys() - levels.keys():  # of an earlier policy, until the next review places them
        levels[code] = (-1, Level(code, {"en": code, "zh": code}))
    return PyramidRead(
        as_of=instant,
        policy=PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names),
        window=MonthsRead(from_=spelled(first), to=spelled(last), months=policy.months),
        last_review=review,
        customers=customers,
        revenue=revenue,
        levels=[
            _level(rank, level, found.get(level.code, NOBODY), customers, revenue)
            for rank, level in reversed(levels.values())
        ],
    )


def _level(rank: int, level: Level, figures: LevelFigures, customers: int, revenue: Decimal) -> LevelRead:
    return LevelRead(
        tier=level.code,
        name=level.names,
        rank=rank,
        customers=figures.customers,
        share_of_customers=_percent(Decimal(figures.customers), Decimal(customers)) or "0.0",
        revenue=figures.amount,
        share_of_revenue=_percent(figures.amount, revenue),
        profit=figures.margin,
        profit_known_for=figures.margin_known_amount,
        came_up=figures.came_up,
        came_down=figures.came_down,
        new=figures.new,
    )


def _percent(part: Decimal, whole: Decimal) -> str | None:
    return format((part * 100 / whole).quantize(Decimal("0.1")), "f") if whole else None
