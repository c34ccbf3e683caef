"""ABC and pyramids (T5, T7): where each class begins among the customers of a day, by share of them or of revenue."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import ceil

from services.tiering_svc.core.domain.numbers import HUNDRED, ZERO
from services.tiering_svc.policies.domain.policy import Band, Policy


def cutoffs(policy: Policy, values: Sequence[Decimal]) -> tuple[Band, ...]:
    """Where each class begins among these customers' values (lowest class first). Equal values share the better class.

    By customers: the first 10 % of them. By revenue: those who together bring the first 80 %, the one who crosses
    the line included. Customers whose value is unknown are not among them: they are in the lowest class.
    """
    sign = -1 if policy.better == "less" else 1  # the best first
    ranked = sorted((sign * value for value in values), reverse=True)
    take: Callable[[Decimal], int] = _by_customers(ranked) if policy.shares_by == "customers" else _by_revenue(ranked)
    bands: list[Band] = []
    cumulated = ZERO
    for share in policy.shares[:-1]:  # the last class is whoever is left
        cumulated += share.percent
        count = take(cumulated)
        if count:
            bands.append(Band(share.rank, ranked[count - 1]))
    bands = [band for index, band in enumerate(bands) if index == 0 or band.start < bands[index - 1].start]
    lowest = policy.shares[-1].rank
    if ranked and lowest > 0 and (not bands or ranked[-1] < bands[-1].start):
        bands.append(Band(lowest, ranked[-1]))
    return tuple(Band(band.rank, sign * band.start) for band in reversed(bands))


def _by_customers(ranked: Sequence[Decimal]) -> Callable[[Decimal], int]:
    return lambda percent: ceil(
        len(ranked) * percent / HUNDRED
    )  # rounded up: a class is not empty for want of half one


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


def cutoffs_as_data(policy: Policy) -> list[dict[str, str]]:
    """Cut-offs as a review keeps them: JSON, lowest class first."""
    return [{"tier": policy.levels[band.rank].code, "from": str(band.start)} for band in policy.bands or ()]


def cutoffs_from_data(policy: Policy, data: Sequence[Mapping[str, str]]) -> tuple[Band, ...]:
    """The cut-offs of this policy that a review has kept as JSON."""
    ranks = {level.code: rank for rank, level in enumerate(policy.levels)}
    return tuple(Band(ranks[cutoff["tier"]], Decimal(cutoff["from"])) for cutoff in data)
