"""Retention (T13): rates by period, cohorts by first order, lost customers and what they brought, costs."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now
from services.tiering_svc.core.domain.calendar import month_of, shift, spelled, start_of
from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import Business, find_business
from services.tiering_svc.retention.domain.churn import (
    Movement,
    Silence,
    cost_per_customer,
    share,
    win_to_keep,
)
from services.tiering_svc.retention.handlers.costs import record_cost
from services.tiering_svc.retention.repository import churn as retention
from services.tiering_svc.retention.repository.churn import Cost, LostCustomer
from services.tiering_svc.retention.repository.rules import CHURN_RULES
from services.tiering_svc.retention.schemas.churn import (
    ChurnRulesDocument,
    CohortMonthRead,
    CohortRead,
    CohortsRead,
    CostCreate,
    CostRead,
    CostsRead,
    LostCustomerRead,
    LostRead,
    LostRuleRead,
    LostTotalsRead,
    MonthText,
    PeriodRead,
    RetentionRead,
)
from services.tiering_svc.retention.texts import Language, describe_loss
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
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
from shared.errors import forbidden, invalid
from shared.messaging import Transaction
from shared.rule_sets import rule_set_at, rule_set_routes

router = service_router(prefix="/v1/retention", tags=["retention"], dependencies=[staff_only])
rules = rule_set_routes(
    CHURN_RULES,
    "/v1/churn-rules",
    ChurnRulesDocument,
    singular="churn_rules",
    tags=["retention"],
    read="tiers:read",
    dependencies=[staff_only],
)

MOST_MONTHS = 120
YEAR = 12
From = Annotated[MonthText | None, Query(alias="from", description="the first month; a year up to `to`, if not given")]
To = Annotated[MonthText | None, Query(alias="to", description="the last month; that of `as_of`, if not given")]
Tier = Annotated[Code | None, Query(description="only of those who were in this tier")]
LanguageQuery = Annotated[Language, Query(alias="lang")]


class RetentionQuery(NamedTuple):
    """The months that a question is about, and the instants of its facts."""

    point: PointInTime
    first: date
    last: date
    business: Business


async def _read_query(
    tx: Transaction, first: str | None, last: str | None, as_of: datetime | None, known_at: datetime | None
) -> RetentionQuery:
    """The months of a question: without any, the year up to the month of `as_of`."""
    business = await find_business(tx)
    point = PointInTime(
        instant_or_now(as_of, tx, "/as_of"), instant_or_now(known_at, tx, "/known_at"), known_at is None
    )  # fmt: skip
    until = month_of(point.as_of, business.zone) if last is None else date.fromisoformat(f"{last}-01")
    since = shift(until, 1 - YEAR) if first is None else date.fromisoformat(f"{first}-01")
    if since > until:
        raise invalid("range_reversed", "The first month comes after the last one.", pointer="/from")
    if shift(since, MOST_MONTHS) <= until:
        raise invalid("range_too_long", f"At most {MOST_MONTHS} months at once.", pointer="/from")
    return RetentionQuery(point, since, until, business)


@router.get("", dependencies=[allow("tiers:read")])
async def show_retention_rates(
    tx: Tx, actor: CurrentActor, first: From = None, last: To = None, by: Literal["month", "quarter"] = "month",
    tier: Tier = None, as_of: AsOf = None, known_at: KnownAt = None,
) -> RetentionRead:  # fmt: skip
    """How many of those active in one period are in the next. Active: with an order of which something is left."""
    query = await _read_query(tx, first, last, as_of, known_at)
    months = 1 if by == "month" else 3
    begins = query.first if by == "month" else shift(query.first, -((query.first.month - 1) % 3))
    movements = await retention.list_movements(tx, query.point, begins, query.last, months, tier)
    ends = shift(movements[-1][0], months - 1)
    shows_costs = tier is None and may_read(actor, "cost")  # costs are not reported by tier
    costs = await retention.list_costs(tx, begins, ends, query.point.known_at) if shows_costs else []
    return RetentionRead(
        as_of=query.point.as_of,
        known_at=query.point.known_at,
        by=by,
        tier=tier,
        periods=[_period(period, movement, months, costs, query) for period, movement in movements],
    )


def _period(period: date, movement: Movement, months: int, costs: Iterable[Cost], query: RetentionQuery) -> PeriodRead:
    after = shift(period, months)
    of_period = [cost for cost in costs if period <= cost.month < after]
    to_win = cost_per_customer(_spent(of_period, "win"), movement.new)
    to_keep = cost_per_customer(_spent(of_period, "keep"), movement.retained)
    return PeriodRead(
        period=spelled(period),
        complete=start_of(after, query.business.zone) <= query.point.as_of,
        base=movement.base,
        retained=movement.retained,
        churned=movement.churned,
        new=movement.new,
        back=movement.back,
        retention_rate=plain(movement.retention_rate),
        churn_rate=plain(movement.churn_rate),
        cost_to_win=to_win,
        cost_to_keep=to_keep,
        win_to_keep=plain(win_to_keep(to_win, to_keep)),
    )


def _spent(costs: Iterable[Cost], purpose: str) -> Decimal | None:
    amounts = [cost.amount for cost in costs if cost.purpose == purpose]
    return sum(amounts, Decimal(0)) if amounts else None


@router.get("/cohorts", dependencies=[allow("tiers:read")])
async def show_cohorts(
    tx: Tx, first: From = None, last: To = None, as_of: AsOf = None, known_at: KnownAt = None
) -> CohortsRead:
    """Cohorts by the month of the first order ever: the share of each that was active so many months later."""
    query = await _read_query(tx, first, last, as_of, known_at)
    by_cohort: dict[date, dict[int, tuple[int, Decimal]]] = {}
    for cohort, later, customers, amount in await retention.list_cohorts(tx, query.point, query.first, query.last):
        by_cohort.setdefault(cohort, {})[later] = (customers, amount)
    until = month_of(query.point.as_of, query.business.zone)
    return CohortsRead(
        as_of=query.point.as_of,
        known_at=query.point.known_at,
        cohorts=[_cohort(cohort, months, until) for cohort, months in sorted(by_cohort.items())],
    )


def _cohort(cohort: date, months: dict[int, tuple[int, Decimal]], until: date) -> CohortRead:
    size = months[0][0]
    span = (until.year - cohort.year) * YEAR + until.month - cohort.month
    cells = [(later, *months.get(later, (0, Decimal(0)))) for later in range(span + 1)]
    return CohortRead(
        cohort=spelled(cohort),
        customers=size,
        months=[
            CohortMonthRead(later=later, customers=active, share=plain(share(active, size)) or "0", amount=amount)
            for later, active, amount in cells
        ],
    )


@router.get("/lost", dependencies=[allow("tiers:read")])
async def list_lost_customers(
    tx: Tx, actor: CurrentActor, as_of: AsOf = None, known_at: KnownAt = None,
    since: Annotated[AsOf, Query(description="only who was lost since then")] = None, tier: Tier = None,
    language: LanguageQuery = "en", cursor: Cursor = None, limit: Limit = 50,
) -> LostRead:  # fmt: skip
    """Silent for longer than the churn rules of that instant allow, with what they brought in the year up to their last
    order."""
    query = await _read_query(tx, None, None, as_of, known_at)
    # no version begins before it is activated, so the instant alone says which it was; facts are those known then
    in_force = await rule_set_at(tx, CHURN_RULES, query.point.as_of)
    silence, shows_margin = in_force.rules.lost, may_read(actor, "margin")
    after = read_cursor(cursor, Decimal, UUID)
    scope = data_scope(tx, actor)
    totals = await retention.find_lost(tx, query.point, silence, since, tier, scope)
    lost = await retention.list_lost(tx, query.point, silence, since, tier, after, limit + 1, scope)
    page = page_of(lost, limit, lambda customer: (customer.amount, customer.customer_id))
    return LostRead(
        as_of=query.point.as_of,
        known_at=query.point.known_at,
        rule=LostRuleRead(version=in_force.version, cycles=plain(silence.cycles) or "0", days=silence.days),
        totals=LostTotalsRead(
            customers=totals.customers,
            amount=totals.amount,
            profit_lost=totals.margin if shows_margin else None,
            profit_known_for=totals.margin_known_for if shows_margin else None,
            profit_unknown=totals.margin_unknown if shows_margin else None,
        ),
        items=[
            _lost_customer(customer, silence, language, query.business.zone, shows_margin=shows_margin)
            for customer in page.items
        ],
        next=page.next,
    )


def _lost_customer(
    customer: LostCustomer, silence: Silence, language: Language, zone: tzinfo, *, shows_margin: bool
) -> LostCustomerRead:
    return LostCustomerRead(
        customer_id=customer.customer_id,
        tier=customer.tier,
        orders=customer.orders,
        first_order_at=customer.first_order_at,
        last_order_at=customer.last_order_at,
        cycle_days=plain(customer.cycle_days),
        limit_days=plain(customer.limit_days) or "0",
        lost_at=customer.lost_at,
        amount=customer.amount,
        profit_lost=customer.margin if shows_margin else None,
        profit_known_for=customer.margin_known_for if shows_margin else None,
        words=describe_loss(
            customer.last_order_at, customer.cycle_days, customer.limit_days, customer.lost_at, silence, language, zone
        ),
    )


@router.post("/costs", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def write_cost(body: CostCreate, tx: Tx, actor: CurrentActor) -> CostRead:
    """What a month's winning or keeping of customers cost by channel. Told again, the last entry counts."""
    month = date.fromisoformat(f"{body.month}-01")
    return _cost(await record_cost(tx, month, body.purpose, body.channel, body.amount, actor.subject))


@router.get("/costs", dependencies=[allow("tiers:read")])
async def list_costs(
    tx: Tx, actor: CurrentActor, first: From = None, last: To = None, known_at: KnownAt = None
) -> CostsRead:
    """The last entry of each month, purpose and channel; for those who may read costs."""
    if not may_read(actor, "cost"):
        raise forbidden("costs_not_readable", "Costs are read by those who answer for results.")
    query = await _read_query(tx, first, last, None, known_at)
    costs = await retention.list_costs(tx, query.first, query.last, query.point.known_at)
    return CostsRead(known_at=query.point.known_at, items=[_cost(cost) for cost in costs])


def _cost(cost: Cost) -> CostRead:
    return CostRead(
        month=spelled(cost.month),
        purpose=cost.purpose,
        channel=cost.channel,
        amount=cost.amount,
        recorded_by=cost.recorded_by,
        recorded_at=cost.recorded_at,
    )
