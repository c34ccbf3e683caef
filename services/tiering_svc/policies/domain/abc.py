"""ABC and pyramids (T5, T7): where each class begins among the customers of a day, by share of them or of revenue."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import HUNDRED, ZERO
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Band, Policy


def measured_values(
    policy: Policy, snapshots: Mapping[UUID, CustomerSnapshot], with_file: AbstractSet[UUID]
) -> list[Decimal | None]:
    """The values that shares are counted of, of these customers: None of who counts though its value is not known.
    `with_file`: those of them who have a customer file."""
    values: list[Decimal | None] = []
    for customer_id, snapshot in snapshots.items():
        if policy.counts(snapshot, has_file=customer_id in with_file):
            value = policy.measure(snapshot)
            values.append(None if value is None else Decimal(value))
    return values


def cutoffs(policy: Policy, values: Sequence[Decimal | None]) -> tuple[Band, ...]:
    """Where each class begins among these customers' values (lowest class first). Equal values share the better class.

    By customers: the first 10 % of them. By revenue: those who together bring the first 80 %, the one who crosses
    the line included. Values that are not known (None) come last: they add to how many 10 % are, and are in the lowest
    class.
    """
    sign = -1 if policy.better == "less" else 1  # the best first
    ranked = sorted((sign * value for value in values if value is not None), reverse=True)
    take = _by_customers(len(values)) if policy.shares_by == "customers" else _by_revenue(ranked)
    bands: list[Band] = []
    cumulated = ZERO
    for share in policy.shares[:-1]:  # the last class is whoever is left
        cumulated += share.percent
        count = min(take(cumulated), len(ranked))
        if count:
            bands.append(Band(share.rank, ranked[count - 1]))
    bands = [band for index, band in enumerate(bands) if index == 0 or band.start < bands[index - 1].start]
    return tuple(Band(band.rank, sign * band.start) for band in reversed(bands))


def _by_customers(customers: int) -> Callable[[Decimal], int]:
    return lambda percent: ceil(customers * percent / HUNDRED)  # rounded up: a class is not empty for want of half one


def _by_revenue(ranked: Sequence[Decimal]) -> Callable[[Decimal], int]:
    total = sum((value for value in ranked if value > 0), ZERO)

    def take(percent: Decimal) -> int:
        goal, so_far = total * percent / HUNDRED, ZERO
        for index, value in enumerate(ranked):
            if so_far >= goal or value <= 0:
                return index
            so_far += value
        return len(ranked)

    return take


def counted_population(policy: Policy, customers: int) -> dict[str, Any] | None:
    """Whom the shares were counted of, and how many they were, as a run keeps it; None for shares of revenue."""
    return {"counted": policy.population, "customers": customers} if policy.shares_by == "customers" else None


def cutoffs_as_data(policy: Policy) -> list[dict[str, str]]:
    """Cut-offs as a review keeps them: JSON, lowest class first."""
    return [{"tier": policy.levels[band.rank].code, "from": str(band.start)} for band in policy.bands or ()]


def cutoffs_from_data(policy: Policy, data: Sequence[Mapping[str, str]]) -> tuple[Band, ...]:
    """The cut-offs of this policy that a review has kept as JSON."""
    ranks = {level.code: rank for rank, level in enumerate(policy.levels)}
    return tuple(Band(ranks[cutoff["tier"]], Decimal(cutoff["from"])) for cutoff in data)
