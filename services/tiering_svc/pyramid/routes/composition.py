"""Composition (T14): revenue by class against its target, the product mix, what marks key accounts out."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import (
    AsOf,
    KnownAt,
    MonthsBack,
    TierAsOf,
    not_for_partners,
    source_of,
    window_of,
)
from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.pyramid.domain.composition import HUNDRED, TENTH, against_targets, marks_of
from services.tiering_svc.pyramid.repository import composition
from services.tiering_svc.pyramid.repository.composition import CategoryFigures
from services.tiering_svc.pyramid.repository.targets import REVENUE_TARGETS
from services.tiering_svc.pyramid.schemas.composition import (
    CategoryRead,
    ClassRead,
    CompositionRead,
    MarkRead,
    MarksRead,
    ProductMixRead,
    RevenueTargetsDocument,
)
from services.tiering_svc.tiers.repository import tiers_as_of as tiers_then
from shared.chassis import CurrentActor, Id, Tx, allow, service_router
from shared.rule_sets import load_in_force, rule_set_routes

router = service_router(prefix="/v1", tags=["composition"])

Support = Annotated[
    Decimal, Query(ge=0, le=1, description="the least share of those looked at that must have a mark, 0 to 1")
]


@router.get("/composition", dependencies=[allow("tiers:read"), not_for_partners])
async def show_composition(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12
) -> CompositionRead:
    """Whose revenue it is: how many customers of each tier brought how much, against the targets."""
    since, until, known = await window_of(tx, as_of, known_at, months)
    in_force = await load_in_force(tx, REVENUE_TARGETS)
    classes = await composition.list_classes(tx, since, until, known)
    return CompositionRead(
        since=since,
        as_of=until,
        known_at=known,
        targets_version=in_force.version,
        revenue=sum((one.revenue for one in classes), Decimal(0)),
        classes=[ClassRead.model_validate(one) for one in against_targets(classes, in_force.rules)],
    )


targets = rule_set_routes(
    REVENUE_TARGETS,
    "/v1/revenue-targets",
    RevenueTargetsDocument,
    singular="revenue_targets",
    tags=["composition"],
    read="tiers:read",
    dependencies=[not_for_partners],
)


@router.get("/composition/product-mix", dependencies=[allow("tiers:read"), not_for_partners])
async def show_product_mix(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12, tier: TierAsOf = None
) -> ProductMixRead:
    """What everybody bought by category, or the customers of a tier."""
    since, until, known = await window_of(tx, as_of, known_at, months)
    customers = None if tier is None else await tiers_then.list_customers_in(tx, tier, until, known)
    return await _mix(tx, since, until, known, customers)


@router.get("/customers/{customer_id}/product-mix", dependencies=[allow("tiers:read")])
async def show_customers_product_mix(
    customer_id: Id, tx: Tx, actor: CurrentActor, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12
) -> ProductMixRead:
    """What one customer buys, by category of goods."""
    await check_known(tx, customer_id, source_of(actor))
    since, until, known = await window_of(tx, as_of, known_at, months)
    return await _mix(tx, since, until, known, [customer_id])


@router.get("/composition/marks", dependencies=[allow("tiers:read"), not_for_partners])
async def show_what_marks_them_out(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12, tier: TierAsOf = None,
    least_support: Support = Decimal("0.1"),
) -> MarksRead:  # fmt: skip
    """What key accounts (or the customers of a tier) have more often than everybody else: what they buy, who they are.

    Compared are all customers who bought in the window.
    """
    since, until, known = await window_of(tx, as_of, known_at, months)
    features = await composition.list_features(tx, since, until, known)
    if tier is None:
        chosen = set(await composition.list_key_accounts(tx, until, known))
    else:
        chosen = set(await tiers_then.list_customers_in(tx, tier, until, known))
    chosen &= features.keys()
    return MarksRead(
        since=since,
        as_of=until,
        known_at=known,
        looked_at=len(chosen),
        others=len(features) - len(chosen),
        marks=[MarkRead.model_validate(mark) for mark in marks_of(features, chosen, least_support)],
    )


async def _mix(
    tx: Tx, since: datetime, until: datetime, known: datetime, customers: Sequence[UUID] | None
) -> ProductMixRead:
    categories = await composition.list_categories(tx, since, until, known, customers)
    amount = sum((one.amount for one in categories), Decimal(0))
    return ProductMixRead(
        since=since,
        as_of=until,
        known_at=known,
        amount=amount,
        categories=[_category(one, amount) for one in categories],
    )


def _category(one: CategoryFigures, amount: Decimal) -> CategoryRead:
    return CategoryRead(
        category=one.category,
        customers=one.customers,
        quantity=one.quantity,
        amount=one.amount,
        share=(one.amount * HUNDRED / amount).quantize(TENTH) if amount > 0 else None,
        margin=one.margin,
    )
