"""Composition (T14): each class's share of the revenue against its target, and what marks key accounts out (lift)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log, sqrt
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import number
from shared.errors import invalid

HUNDRED, ZERO = Decimal(100), Decimal(0)
TENTH, FOUR_PLACES = Decimal("0.1"), Decimal("0.0001")
Z_95 = 1.959964  # of the normal distribution: an interval of 95 %


@dataclass(frozen=True, slots=True)
class ClassFigures:
    tier: str
    customers: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class ClassShare:
    """A class's part of the whole. `missing` is the revenue that its target still wants (negative: beyond it)."""

    tier: str
    customers: int
    revenue: Decimal
    share: Decimal | None  # percent of the revenue; None: nobody brought anything
    target: Decimal | None
    gap: Decimal | None  # share less target, in points
    missing: Decimal | None


def read_targets(document: Mapping[str, Any], pointer: str = "") -> dict[str, Decimal]:
    """What share of the revenue each class shall bring. A refusal points at the field."""
    targets: dict[str, Decimal] = {}
    for nth, target in enumerate(document["targets"]):
        here = f"{pointer}/targets/{nth}"
        if target["tier"] in targets:
            raise invalid("duplicate_tier", "Each class once.", pointer=f"{here}/tier")
        percent = number(target["percent"], f"{here}/percent")
        if not 0 <= percent <= HUNDRED:
            raise invalid("out_of_range", "Between 0 and 100 percent.", pointer=f"{here}/percent")
        targets[target["tier"]] = percent
    if sum(targets.values()) != HUNDRED:
        raise invalid("targets_do_not_add_up", "The targets add up to 100 percent.", pointer=f"{pointer}/targets")
    return targets


def against_targets(classes: Sequence[ClassFigures], targets: Mapping[str, Decimal]) -> list[ClassShare]:
    """Every class there is, and every class there should be."""
    there = {one.tier for one in classes}
    every = [*classes, *(ClassFigures(tier, 0, ZERO) for tier in targets if tier not in there)]
    total = sum((one.revenue for one in every), ZERO)
    return [_share(one, total, targets.get(one.tier)) for one in every]


def _share(one: ClassFigures, total: Decimal, target: Decimal | None) -> ClassShare:
    share = (one.revenue * HUNDRED / total).quantize(TENTH) if total > 0 else None
    gap = None if share is None or target is None else share - target
    missing = None if target is None else (total * target / HUNDRED - one.revenue).quantize(FOUR_PLACES)
    return ClassShare(one.tier, one.customers, one.revenue, share, target, gap, missing)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that customers have or do not have: a category they buy, a region, a size.

    lift = P(mark | those looked at) / P(mark | everybody else); above 1 it marks them out. The interval is Katz's for
    a ratio of two shares (log scale, 95 %); where it does not contain 1 the difference is not chance alone.
    """

    kind: str
    value: str
    among: int  # of those looked at, how many have it
    elsewhere: int  # of everybody else
    support: Decimal  # share of those looked at that have it
    lift: Decimal | None  # None: nobody else has it
    interval: tuple[Decimal, Decimal] | None


def marks_of(
    features: Mapping[UUID, AbstractSet[tuple[str, str]]], looked_at: AbstractSet[UUID], least_support: Decimal
) -> list[Mark]:
    """What marks these customers out from all others, the strongest first."""
    chosen = [features[one] for one in features if one in looked_at]
    others = [features[one] for one in features if one not in looked_at]
    if not chosen or not others:
        return []
    among, elsewhere = _count(chosen), _count(others)
    marks = [
        _mark(kind, value, among[kind, value], len(chosen), elsewhere.get((kind, value), 0), len(others))
        for kind, value in among
    ]
    marks = [mark for mark in marks if mark.support >= least_support]
    return sorted(
        marks, key=lambda mark: (mark.lift is not None, -(mark.lift or ZERO), -mark.among, mark.kind, mark.value)
    )


def _count(customers: Sequence[AbstractSet[tuple[str, str]]]) -> dict[tuple[str, str], int]:
    counted: dict[tuple[str, str], int] = {}
    for features in customers:
        for feature in features:
            counted[feature] = counted.get(feature, 0) + 1
    return counted


def _mark(kind: str, value: str, a: int, n: int, b: int, m: int) -> Mark:
    support = (Decimal(a) / n).quantize(FOUR_PLACES)
    if b == 0:
        return Mark(kind, value, a, b, support, None, None)
    lift = (Decimal(a * m) / Decimal(n * b)).quantize(FOUR_PLACES)
    spread = Z_95 * sqrt(max(0.0, 1 / a - 1 / n + 1 / b - 1 / m))
    centre = log(a * m / (n * b))
    low, high = (Decimal(exp(centre + sign * spread)).quantize(FOUR_PLACES) for sign in (-1, 1))
    return Mark(kind, value, a, b, support, lift, (low, high))
