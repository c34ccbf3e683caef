"""Retention (T13): rates by period, cohorts by first order, lost customers and what they brought, costs."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, KnownAt, instant_or_now, not_for_partners
from services.tiering_svc.core.domain.calendar import month_of, shift, spelled, start_of
from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.business import Business, find_business
from services.tiering_svc.retention.domain.churn import (
    Movement,
    cost_of_one,
    ratio,
    share,
    why_lost,
)
from services.tiering_svc.retention.handlers.costs import record_cost
from services.tiering_svc.retention.repository import churn as retention
from services.tiering_svc.retention.repository.churn import Cost
from services.tiering_svc.retention.repository.rules import RETENTION_RULES
from services.tiering_svc.retention.schemas.churn import (
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
    RetentionRulesDocument,
)
from shared.chassis import Code, CurrentActor, Cursor, Limit, Tx, allow, page_of, read_cursor, service_router
from shared.errors import invalid
from shared.messaging import Transaction
from shared.rule_sets import load_in_force, rule_set_routes

router = service_router(prefix="/v1/retention", tags=["retention"], dependencies=[not_for_partners])
rules = rule_set_routes(
    RETENTION_RULES,
    "/v1/retention-rules",
    RetentionRulesDocument,
    singular="retention_rules",
    tags=["retention"],
    read="tiers:read",
    dependencies=[not_for_partners],
)

MOST_MONTHS = 120
YEAR = 12
From = Annotated[MonthText | None, Query(alias="from", description="the first month; a year up to `to`, if not given")]
To = Annotated[MonthText | None, Query(alias="to", description="the last month; that of `as_of`, if not given")]
Tier = Annotated[Code | None, Query(description="only of those who stood in this tier")]
Language = Annotated[Literal["en", "zh"], Query(alias="lang")]


class RetentionQuery(NamedTuple):
    seen: PointInTime
    first: date
    last: date
    business: Business


async def _asked(
    tx: Transaction, first: str | None, last: str | None, as_of: datetime | None, known_at: datetime | None
) -> RetentionQuery:
    """The months a question is about, and what it may see of them."""
    business = await find_business(tx)
    seen = PointInTime(instant_or_now(as_of, tx, "/as_of"), instant_or_now(known_at, tx, "/known_at"), known_at is None)
    until = month_of(seen.as_of, business.zone) if last is None else date.fromisoformat(f"{last}-01")
    since = shift(until, 1 - YEAR) if first is None else date.fromisoformat(f"{first}-01")
    if since > until:
        raise invalid("range_reversed", "The first month comes after the last one.", pointer="/from")
    if shift(since, MOST_MONTHS) <= until:
        raise invalid("range_too_long", f"At most {MOST_MONTHS} months at once.", pointer="/from")
    return RetentionQuery(seen, since, until, business)


@router.get("", dependencies=[allow("tiers:read")])
async def show_retention_rates(
    tx: Tx, first: From = None, last: To = None, by: Literal["month", "quarter"] = "month", tier: Tier = None,
    as_of: AsOf = None, known_at: KnownAt = None,
) -> RetentionRead:  # fmt: skip
    """Of those active in one period, who is active in the next. Active: an order of which something is left."""
    asked = await _asked(tx, first, last, as_of, known_at)
    months = 1 if by == "month" else 3
    begins = asked.first if by == "month" else shift(asked.first, -((asked.first.month - 1) % 3))
    found = await retention.list_movements(tx, asked.seen, begins, asked.last, months, tier)
    ends = shift(found[-1][0], months - 1)
    costs = [] if tier is not None else await retention.list_costs(tx, begins, ends, asked.seen.known_at)
    return RetentionRead(
        as_of=asked.seen.as_of,
        known_at=asked.seen.known_at,
        by=by,
        tier=tier,
        periods=[_period(period, movement, months, costs, asked) for period, movement in found],
    )


def _period(period: date, moved: Movement, months: int, costs: Iterable[Cost], asked: RetentionQuery) -> PeriodRead:
    after = shift(period, months)
    mine = [cost for cost in costs if period <= cost.month < after]
    win = cost_of_one(_spent(mine, "win"), moved.new)
    keep = cost_of_one(_spent(mine, "keep"), moved.retained)
    return PeriodRead(
        period=spelled(period),
        complete=start_of(after, asked.business.zone) <= asked.seen.as_of,
        base=moved.base,
        retained=moved.retained,
        churned=moved.churned,
        new=moved.new,
        back=moved.back,
        retention_rate=plain(moved.retention_rate),
        churn_rate=plain(moved.churn_rate),
        cost_to_win=win,
        cost_to_keep=keep,
        win_to_keep=plain(ratio(win, keep)),
    )


def _spent(costs: Iterable[Cost], purpose: str) -> Decimal | None:
    amounts = [cost.amount for cost in costs if cost.purpose == purpose]
    return sum(amounts, Decimal(0)) if amounts else None


@router.get("/cohorts", dependencies=[allow("tiers:read")])
async def show_cohorts(
    tx: Tx, first: From = None, last: To = None, as_of: AsOf = None, known_at: KnownAt = None
) -> CohortsRead:
    """By the month of the first order ever: the share of each cohort that was active so many months later."""
    asked = await _asked(tx, first, last, as_of, known_at)
    found = await retention.list_cohorts(tx, asked.seen, asked.first, asked.last)
    by_cohort: dict[date, dict[int, tuple[int, Decimal]]] = {}
    for cohort, later, customers, amount in found:
        by_cohort.setdefault(cohort, {})[later] = (customers, amount)
    until = month_of(asked.seen.as_of, asked.business.zone)
    return CohortsRead(
        as_of=asked.seen.as_of,
        known_at=asked.seen.known_at,
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
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None,
    since: Annotated[AsOf, Query(description="only who was lost since then")] = None, tier: Tier = None,
    language: Language = "en", cursor: Cursor = None, limit: Limit = 50,
) -> LostRead:  # fmt: skip
    """Silent for longer than the rule in force allows, with what they brought in the year up to their last order."""
    asked = await _asked(tx, None, None, as_of, known_at)
    in_force = await load_in_force(tx, RETENTION_RULES)
    rule = in_force.rules
    after = read_cursor(cursor, Decimal, UUID)
    totals = await retention.find_lost(tx, asked.seen, rule, since, tier)
    lost = await retention.list_lost(tx, asked.seen, rule, since, tier, after, limit + 1)
    page = page_of(lost, limit, lambda one: (one.amount, one.customer_id))
    return LostRead(
        as_of=asked.seen.as_of,
        known_at=asked.seen.known_at,
        rule=LostRuleRead(version=in_force.version, cycles=plain(rule.cycles) or "0", least_days=rule.least_days),
        totals=LostTotalsRead(
            customers=totals.customers,
            amount=totals.amount,
            profit_lost=totals.margin,
            profit_known_for=totals.margin_known_for,
            profit_unknown=totals.margin_unknown,
        ),
        items=[
            LostCustomerRead(
                customer_id=one.customer_id,
                tier=one.tier,
                orders=one.orders,
                first_order_at=one.first_order_at,
                last_order_at=one.last_order_at,
                cycle_days=plain(one.cycle_days),
                limit_days=plain(one.limit_days) or "0",
                lost_at=one.lost_at,
                amount=one.amount,
                profit_lost=one.margin,
                profit_known_for=one.margin_known_for,
                words=why_lost(
                    one.last_order_at, one.cycle_days, one.limit_days, one.lost_at, rule, language, asked.business.zone
                ),
            )
            for one in page.items
        ],
        next=page.next,
    )


@router.post("/costs", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def write_cost(body: CostCreate, tx: Tx, actor: CurrentActor) -> CostRead:
    """What a month's winning or keeping of customers cost by channel. Said again, the last word counts."""
    month = date.fromisoformat(f"{body.month}-01")
    return _cost(await record_cost(tx, month, body.purpose, body.channel, body.amount, actor.subject))


@router.get("/costs", dependencies=[allow("tiers:read")])
async def list_costs(tx: Tx, first: From = None, last: To = None, known_at: KnownAt = None) -> CostsRead:
    """What was spent to keep or to win customers, as it was known at an instant."""
    asked = await _asked(tx, first, last, None, known_at)
    costs = await retention.list_costs(tx, asked.first, asked.last, asked.seen.known_at)
    return CostsRead(known_at=asked.seen.known_at, items=[_cost(cost) for cost in costs])


def _cost(cost: Cost) -> CostRead:
    return CostRead(
        month=spelled(cost.month),
        purpose=cost.purpose,
        channel=cost.channel,
        amount=cost.amount,
        recorded_by=cost.recorded_by,
        recorded_at=cost.recorded_at,
    )
