"""Composition (T14): each tier's share of the revenue against its target, and what distinguishes key accounts
(lift)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log, sqrt
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, HUNDRED, ZERO, number
from shared.errors import invalid

TENTH = Decimal("0.1")
Z_95 = 1.959964  # of the normal distribution: an interval of 95 %


@dataclass(frozen=True, slots=True)
class TierFigures:
    """How many customers are in a tier, and what they brought."""

    tier: str
    customers: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class TierShare:
    """A tier's part of the whole. `missing` is the revenue that its target still wants (negative: beyond it)."""

    tier: str
    customers: int
    revenue: Decimal
    share: Decimal | None  # percent of the revenue; None: nobody brought anything
    target: Decimal | None
    gap: Decimal | None  # share less target, in points
    missing: Decimal | None


def read_targets(document: Mapping[str, Any], pointer: str = "") -> dict[str, Decimal]:
    """The percent of the revenue that each tier shall bring, of a document whose shape is checked. Refused with 422 at
    its field below `pointer`: a tier twice, a percent out of range, targets that are not 100 together."""
    targets: dict[str, Decimal] = {}
    for index, target in enumerate(document["targets"]):
        at = f"{pointer}/targets/{index}"
        if target["tier"] in targets:
            raise invalid("duplicate_tier", "Each tier once.", pointer=f"{at}/tier")
        percent = number(target["percent"], f"{at}/percent")
        if not 0 <= percent <= HUNDRED:
            raise invalid("out_of_range", "Between 0 and 100 percent.", pointer=f"{at}/percent")
        targets[target["tier"]] = percent
    if sum(targets.values()) != HUNDRED:
        raise invalid("targets_do_not_add_up", "The targets add up to 100 percent.", pointer=f"{pointer}/targets")
    return targets


def against_targets(tiers: Sequence[TierFigures], targets: Mapping[str, Decimal]) -> list[TierShare]:
    """The share of every tier there is, in their order, and then of every tier there should be."""
    present = {tier.tier for tier in tiers}
    figures = [*tiers, *(TierFigures(tier, 0, ZERO) for tier in targets if tier not in present)]
    total = sum((tier.revenue for tier in figures), ZERO)
    return [_share(tier, total, targets.get(tier.tier)) for tier in figures]


def _share(tier: TierFigures, total: Decimal, target: Decimal | None) -> TierShare:
    share = (tier.revenue * HUNDRED / total).quantize(TENTH) if total > 0 else None
    gap = None if share is None or target is None else share - target
    missing = None if target is None else (total * target / HUNDRED - tier.revenue).quantize(FOUR_PLACES)
    return TierShare(tier.tier, tier.customers, tier.revenue, share, target, gap, missing)


@dataclass(frozen=True, slots=True)
class DistinguishingFeature:
    """Something that customers have or do not have (a category they buy, a region, a size), in a group and elsewhere.

    lift = P(feature | the group) / P(feature | everybody else); above 1 it distinguishes the group. The interval is
    Katz's for a ratio of two shares (Katz, Baptista, Azen and Pike 1978: log scale, 95 %); where it does not contain 1
    the difference is not chance alone.
    """

    kind: str
    value: str
    among: int  # of the group, how many have it
    elsewhere: int  # of everybody else
    support: Decimal  # share of the group that has it
    lift: Decimal | None  # None: nobody else has it
    interval: tuple[Decimal, Decimal] | None


def distinguishing_features(
    features: Mapping[UUID, AbstractSet[tuple[str, str]]], group: AbstractSet[UUID], least_support: Decimal
) -> list[DistinguishingFeature]:
    """What distinguishes the customers of a group from all others, the strongest first. `features`: of every customer,
    the kinds and values that it has; `least_support`: the share of the group, 0 to 1, that must have a feature."""
    in_group = [features[customer] for customer in features if customer in group]
    others = [features[customer] for customer in features if customer not in group]
    if not in_group or not others:
        return []
    among, elsewhere = _count(in_group), _count(others)
    candidates = [
        _feature(kind, value, among[kind, value], elsewhere.get((kind, value), 0), len(in_group), len(others))
        for kind, value in among
    ]
    supported = [feature for feature in candidates if feature.support >= least_support]
    return sorted(supported, key=_strongest_first)


def _strongest_first(feature: DistinguishingFeature) -> tuple[bool, Decimal, int, str, str]:
    return feature.lift is not None, -(feature.lift or ZERO), -feature.among, feature.kind, feature.value


def _count(customers: Sequence[AbstractSet[tuple[str, str]]]) -> dict[tuple[str, str], int]:
    """How many of the customers have each feature."""
    counted: dict[tuple[str, str], int] = {}
    for features in customers:
        for feature in features:
            counted[feature] = counted.get(feature, 0) + 1
    return counted


def _feature(
    kind: str, value: str, among: int, elsewhere: int, group_size: int, others_size: int
) -> DistinguishingFeature:
    """A feature that `among` of the customers of the group have, and `elsewhere` of the others."""
    support = (Decimal(among) / group_size).quantize(FOUR_PLACES)
    if elsewhere == 0:
        return DistinguishingFeature(kind, value, among, elsewhere, support, None, None)
    lift = (Decimal(among * others_size) / Decimal(group_size * elsewhere)).quantize(FOUR_PLACES)
    spread = Z_95 * sqrt(max(0.0, 1 / among - 1 / group_size + 1 / elsewhere - 1 / others_size))
    centre = log(among * others_size / (group_size * elsewhere))
    low, high = (Decimal(exp(centre + sign * spread)).quantize(FOUR_PLACES) for sign in (-1, 1))
    return DistinguishingFeature(kind, value, among, elsewhere, support, lift, (low, high))
