"""How good likelihoods proved to be (T12): the reliability curve, the Brier score, and precision at equal counts.

- reliability: of those given 20 to 30 percent, how many had a loss; each band with its mean prediction
- Brier score: mean squared difference between likelihood and outcome (0 or 1); below that of the base rate, which is
  what saying the same of everybody scores, it is better than chance
- precision at a count: of the so many with the highest likelihood, how many had a loss; beside it the same of a plain
  ranking, the revenue a day of the last month over that of the last three, lowest first

Everything adds up, so that a long back-test can be done in batches: places in a ranking are kept to a ten-thousandth,
and of those that share the last place the mean counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0)
STEPS = 10000  # of a likelihood, and of a ratio of the plain ranking
MOST_RATIO = 4  # a month is all three: 3, and a little for months of unequal length


class ReliabilityBand(NamedTuple):
    """Those whose likelihood lay from `low` to below `high`: how many, their mean likelihood, their share of losses."""

    low: float
    high: float
    samples: int
    predicted: float
    observed: float


Places = dict[int, list[int]]  # place in a ranking, the best lowest -> how many, and how many losses


@dataclass(slots=True)
class Reliability:
    """Sums over customers at month's ends."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(EDGES) - 1))
    losses: list[int] = field(default_factory=lambda: [0] * (len(EDGES) - 1))
    predicted: list[float] = field(default_factory=lambda: [0.0] * (len(EDGES) - 1))
    squared_error: float = 0.0
    by_likelihood: Places = field(default_factory=dict)
    by_last_month: Places = field(default_factory=dict)

    def add(self, probability: float, last_month: float, lost: bool) -> None:
        """A customer at a month's end. `last_month`: percent, as the feature of that name."""
        band = next(index for index, high in enumerate(EDGES[1:]) if probability < high or high == EDGES[-1])
        self.counts[band] += 1
        self.losses[band] += lost
        self.predicted[band] += probability
        self.squared_error += (probability - lost) ** 2
        ratio = min(max(last_month / 100, 0.0), MOST_RATIO)
        for places, place in (
            (self.by_likelihood, round(STEPS * (1 - probability))),
            (self.by_last_month, round(STEPS * ratio)),
        ):
            entry = places.setdefault(place, [0, 0])
            entry[0] += 1
            entry[1] += lost

    @property
    def count(self) -> int:
        """Customers at month's ends whose likelihood and outcome are known."""
        return sum(self.counts)

    @property
    def brier(self) -> float | None:
        """0 (certain and right) to 1; None of nobody."""
        return self.squared_error / self.count if self.count else None

    @property
    def base_rate_brier(self) -> float | None:
        """What saying the share of losses of everybody would have scored; None of nobody."""
        if not self.count:
            return None
        rate = sum(self.losses) / self.count
        return rate * (1 - rate)

    def bands(self) -> list[ReliabilityBand]:
        """The curve, without bands that nobody was in."""
        return [
            ReliabilityBand(low, high, count, predicted / count, losses / count)
            for low, high, count, predicted, losses in zip(
                EDGES[:-1], EDGES[1:], self.counts, self.predicted, self.losses, strict=True
            )
            if count
        ]

    def recall_at(self, places: Places, count: int) -> float | None:
        """Of all losses, how many the best so many would have caught, if one after the other was looked at; None
        without any loss."""
        losses = sum(self.losses)
        return None if not losses else caught(places, count) / losses

    def as_data(self, *, rankings: bool = True) -> dict[str, Any]:
        """As it is kept between batches; without the rankings, where only the curve is to be kept."""
        places = {
            name: [[place, *entry] for place, entry in sorted(kept.items())] if rankings else []
            for name, kept in (("by_likelihood", self.by_likelihood), ("by_last_month", self.by_last_month))
        }
        sums = {"counts": self.counts, "losses": self.losses, "predicted": self.predicted}
        return sums | places | {"squared_error": self.squared_error}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Reliability":
        """From what `as_data` kept; all zero from nothing."""
        if not data:
            return cls()
        by_likelihood, by_last_month = (
            {place: [count, losses] for place, count, losses in data[name]}
            for name in ("by_likelihood", "by_last_month")
        )
        return cls(
            data["counts"], data["losses"], data["predicted"], data["squared_error"], by_likelihood, by_last_month
        )


def precision_at(places: Places, count: int) -> float | None:
    """Of the best so many of a ranking, the share that had a loss; None where there are fewer than that, or none."""
    if not 0 < count <= sum(entry[0] for entry in places.values()):
        return None
    return caught(places, count) / count


def caught(places: Places, count: int) -> float:
    """How many losses are among the best so many; of those that share the last place, the mean."""
    losses = 0.0
    for _, (there, lost) in sorted(places.items()):
        if there >= count:
            return losses + lost * count / there
        losses += lost
        count -= there
    return losses


def default_counts(count: int, *, of_rules: Sequence[int] = ()) -> list[int]:
    """At which counts to compare: as many as rules warned of; a fifth, a tenth, a twentieth, a fiftieth of all."""
    counts = {*of_rules, *(count // part for part in (5, 10, 20, 50))}
    return sorted((wanted for wanted in counts if 0 < wanted <= count), reverse=True)
