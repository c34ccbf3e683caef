"""What relationship a customer calls for (T11): read from a matrix that is data, of its tier's size and its margin.

Many customers with little margin get the least attention, few with much get a partner (Kotler's levels of relationship
marketing: basic, reactive, accountable, proactive, partner).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import number, plain
from services.tiering_svc.monitoring.domain.detectors import HUNDRED, TENTH
from services.tiering_svc.monitoring.domain.limits import MOST_MONTHS, non_negative, whole
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window
from services.tiering_svc.monitoring.domain.stage import Classification, window_as_data
from shared.errors import invalid

RELATIONSHIPS = ("basic", "reactive", "accountable", "proactive", "partner")  # the least attention first
SIZE_BANDS = ("many", "medium", "few")
MARGIN_BANDS = ("high", "medium", "low")
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class RelationshipRules:
    """The bands of a tier's size and of a customer's margin rate, and the type that each pair of them calls for."""

    size_by: str  # share: percent of all customers; count: how many
    few_up_to: Decimal
    many_over: Decimal
    margin_months: int
    medium_from: Decimal  # margin rate, as 0.2
    high_from: Decimal
    types: Mapping[str, Mapping[str, str]]  # by band of size, by band of margin


class TierSizes(NamedTuple):
    """How many customers each tier has, of how many."""

    by_tier: Mapping[str, int]
    customers: int


def relationship_of(
    series: MonthlySeries, tier: str | None, sizes: TierSizes, rules: RelationshipRules
) -> Classification:
    """The relationship type; not known for who has no tier, or of whose orders no costs are known."""
    months = Window(shift(series.this_month, -rules.margin_months), shift(series.this_month, -1))
    margin = series.margin
    reasons: dict[str, Any] = {"tier": tier, "margin_window": window_as_data(months)}
    size = sizes.by_tier.get(tier, 0) if tier is not None else 0
    if margin is None or tier is None or not size:
        return Classification(None, reasons | {"because": "margin_not_known" if margin is None else "no_tier"})
    rate = (margin.earned / margin.known_of).quantize(FOUR_PLACES)
    share = (Decimal(size) * HUNDRED / sizes.customers).quantize(TENTH)
    measured = share if rules.size_by == "share" else Decimal(size)
    size_band = "few" if measured <= rules.few_up_to else "many" if measured > rules.many_over else "medium"
    margin_band = "high" if rate >= rules.high_from else "medium" if rate >= rules.medium_from else "low"
    reasons |= {
        "customers": size_band, "customers_in_tier": size, "share_percent": plain(share), "margin": margin_band,
        "margin_rate": plain(rate),
    }  # fmt: skip
    return Classification(rules.types[size_band][margin_band], reasons)


def read_relationships(document: Mapping[str, Any], pointer: str = "") -> RelationshipRules:
    """The rules of a document's part `relationships`, whose shape is checked. What the shape cannot say is refused here
    with 422, at its field below `pointer`: `bands_overlap`, `out_of_range`, `not_a_number`."""
    sizes, margin = document["customers"], document["margin"]
    few, many = (non_negative(sizes[name], f"{pointer}/customers/{name}") for name in ("few_up_to", "many_over"))
    medium, high = (number(margin[name], f"{pointer}/margin/{name}") for name in ("medium_from", "high_from"))
    if many < few:
        raise invalid("bands_overlap", "Many is more than few.", pointer=f"{pointer}/customers/many_over")
    if high <= medium:
        raise invalid("bands_overlap", "High is more than medium.", pointer=f"{pointer}/margin/high_from")
    return RelationshipRules(
        sizes["by"], few, many, whole(margin["months"], 1, MOST_MONTHS, f"{pointer}/margin/months"), medium, high,
        {size: dict(types) for size, types in document["types"].items()},
    )  # fmt: skip
