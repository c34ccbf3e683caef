"""Composition (T14): revenue by tier against its target, the product mix, what distinguishes key accounts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import (
    AsOf,
    KnownAt,
    MonthsBack,
    MonthsWindow,
    TierAsOf,
    window_of,
)
from services.tiering_svc.core.domain.numbers import HUNDRED
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.pyramid.domain.composition import TENTH, against_targets, distinguishing_features
from services.tiering_svc.pyramid.repository import composition
from services.tiering_svc.pyramid.repository.composition import CategoryFigures
from services.tiering_svc.pyramid.repository.targets import REVENUE_TARGETS
from services.tiering_svc.pyramid.schemas.composition import (
    CategoryRead,
    CompositionRead,
    DistinguishingFeaturesRead,
    FeatureRead,
    ProductMixRead,
    RevenueTargetsDocument,
    TierShareRead,
)
from services.tiering_svc.tiers.repository import tiers_as_of
from shared.chassis import CurrentActor, Tx, allow, list_visible_members, service_router, staff_only
from shared.chassis.audience import may_read
from shared.customers import list_members
from shared.rule_sets import load_in_force, rule_set_routes

router = service_router(prefix="/v1", tags=["composition"])

Support = Annotated[
    Decimal, Query(ge=0, le=1, description="the least share of the group that must have a feature, 0 to 1")
]


@router.get("/composition", dependencies=[allow("tiers:read"), staff_only])
async def show_composition(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12
) -> CompositionRead:
    """Whose revenue it is: how many customers of each tier brought how much, against the targets."""
    window = await window_of(tx, as_of, known_at, months)
    in_force = await load_in_force(tx, REVENUE_TARGETS)
    tiers = await composition.list_tiers(tx, window.since, window.until, window.known_at)
    return CompositionRead(
        window=window.shown,
        since=window.since,
        as_of=window.until,
        known_at=window.known_at,
        targets_version=in_force.version,
        revenue=sum((tier.revenue for tier in tiers), Decimal(0)),
        tiers=[TierShareRead.model_validate(share) for share in against_targets(tiers, in_force.rules)],
    )


targets = rule_set_routes(
    REVENUE_TARGETS,
    "/v1/revenue-targets",
    RevenueTargetsDocument,
    singular="revenue_targets",
    tags=["composition"],
    read="tiers:read",
    dependencies=[staff_only],
)


@router.get("/composition/product-mix", dependencies=[allow("tiers:read"), staff_only])
async def show_product_mix(
    tx: Tx,
    actor: CurrentActor,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: MonthsBack = 12,
    tier: TierAsOf = None,
) -> ProductMixRead:
    """What everybody bought by category, or the customers of a tier."""
    window = await window_of(tx, as_of, known_at, months)
    customers = None if tier is None else await tiers_as_of.list_customers_in(tx, tier, window.until, window.known_at)
    if customers is not None:
        of_all = await list_members(tx, customers)
        customers = [member for customer_id in customers for member in of_all[customer_id]]
    return await _mix(tx, window, customers, shows_margin=may_read(actor, "margin"))


@router.get("/customers/{customer_id}/product-mix", dependencies=[allow("tiers:read")])
async def show_customers_product_mix(
    customer_id: VisibleCustomer,
    tx: Tx,
    actor: CurrentActor,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: MonthsBack = 12,
) -> ProductMixRead:
    """What one customer buys, by category of goods; of who are one, what those buy whom the reader sees."""
    window = await window_of(tx, as_of, known_at, months)
    members = await list_visible_members(tx, actor, customer_id)
    return await _mix(tx, window, members, shows_margin=may_read(actor, "margin"))


@router.get("/composition/features", dependencies=[allow("tiers:read"), staff_only])
async def show_distinguishing_features(
    tx: Tx, as_of: AsOf = None, known_at: KnownAt = None, months: MonthsBack = 12, tier: TierAsOf = None,
    least_support: Support = Decimal("0.1"),
) -> DistinguishingFeaturesRead:  # fmt: skip
    """What key accounts (or the customers of a tier) have more often than everybody else: what they buy, who they are.

    Compared are all customers who bought in the window.
    """
    window = await window_of(tx, as_of, known_at, months)
    features = await composition.list_features(tx, window.since, window.until, window.known_at)
    if tier is None:
        group = set(await composition.list_key_accounts(tx, window.until, window.known_at))
    else:
        group = set(await tiers_as_of.list_customers_in(tx, tier, window.until, window.known_at))
    group &= features.keys()
    return DistinguishingFeaturesRead(
        window=window.shown,
        since=window.since,
        as_of=window.until,
        known_at=window.known_at,
        group=len(group),
        others=len(features) - len(group),
        features=[
            FeatureRead.model_validate(feature) for feature in distinguishing_features(features, group, least_support)
        ],
    )


async def _mix(
    tx: Tx, window: MonthsWindow, customers: Sequence[UUID] | None, *, shows_margin: bool
) -> ProductMixRead:  # fmt: skip
    categories = await composition.list_categories(tx, window.since, window.until, window.known_at, customers)
    amount = sum((category.amount for category in categories), Decimal(0))
    return ProductMixRead(
        window=window.shown,
        since=window.since,
        as_of=window.until,
        known_at=window.known_at,
        amount=amount,
        categories=[_category(figures, amount, shows_margin=shows_margin) for figures in categories],
    )


def _category(figures: CategoryFigures, amount: Decimal, *, shows_margin: bool) -> CategoryRead:
    return CategoryRead(
        category=figures.category,
        customers=figures.customers,
        quantity=figures.quantity,
        amount=figures.amount,
        share=(figures.amount * HUNDRED / amount).quantize(TENTH) if amount > 0 else None,
        margin=figures.margin if shows_margin else None,
    )
