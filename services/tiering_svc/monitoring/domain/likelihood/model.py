"""The model of a loss (T12), and the likelihood that it gives a customer, with the reasons. How it is fitted is in
`fitting`.

The log odds are `intercept + sum(weight * term)`, made as certain as they proved to be by `slope` and `shift`. A term
is a signal (a feature on a scale on which differences mean the same, held within what was seen where the model was
fitted), or one times a power of how often the customer orders: a low month and a silence say more of who orders often.
Terms are standardised to their mean and spread there. A weight that would turn a reason round (the longer silent, the
less likely a loss) is not allowed. A product belongs to its signal, so the contributions add up to the log odds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from math import exp, expm1, log, log1p
from typing import Any

from services.tiering_svc.monitoring.domain.likelihood.features import CLOSEST, LikelihoodFeatures, features_of
from services.tiering_svc.monitoring.domain.likelihood.value import FOUR_PLACES, Likelihood
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries

CODES = LikelihoodFeatures._fields
NARROWEST = 1e-6  # a term that spreads less than this where the model was fitted says nothing there
LEAST = Decimal("0.0001")  # nothing is certain


def _log_ratio(percent: float) -> float:
    return log(min(max(percent / 100, CLOSEST), 1 / CLOSEST))


SCALES: tuple[Callable[[float], float], ...] = (
    lambda last_month: 1 - min(last_month / 100, 2.0),
    lambda silence: max(silence - 1, 0.0),  # within its own cycle nobody is silent
    log1p,  # orders
    lambda unevenness: unevenness / 100,
    _log_ratio,  # long_run
    _log_ratio,  # season
    log1p,  # complaints
    log1p,  # arrears
    lambda returned: min(max(returned, 0.0) / 100, 1.0),
)
ORDERS = CODES.index("orders")
PRODUCTS = ((CODES.index("last_month"), 1.0), (CODES.index("silence"), 0.5))  # a signal, and the power of the orders
FREE = frozenset(("orders", "long_run", "season"))  # may speak for or against a loss; the other signals only for one
ONE_WAY = tuple(code not in FREE for code in CODES) + (True,) * len(PRODUCTS)  # terms whose weight is not negative


@dataclass(frozen=True, slots=True)
class LikelihoodModel:
    """A fitted model. `lows` and `highs` hold each signal within what was seen; `means`, `spreads` and `weights` have
    an entry a term: the signals, then the products. `samples`, `losses` and the months (those that began at the month's
    ends) say what it was fitted to."""

    lows: tuple[float, ...]
    highs: tuple[float, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    intercept: float
    weights: tuple[float, ...]
    slope: float
    shift: float
    samples: int
    losses: int
    first_month: date
    last_month: date

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        months = {"first_month": self.first_month.isoformat(), "last_month": self.last_month.isoformat()}
        return asdict(self) | months | {"codes": list(CODES), "products": [list(product) for product in PRODUCTS]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "LikelihoodModel | None":
        """From what `as_data` kept; None of one that was fitted to other features than there are today."""
        if tuple(data["codes"]) != CODES or [tuple(product) for product in data["products"]] != list(PRODUCTS):
            return None
        return cls(
            tuple(data["lows"]), tuple(data["highs"]), tuple(data["means"]), tuple(data["spreads"]), data["intercept"],
            tuple(data["weights"]), data["slope"], data["shift"], data["samples"], data["losses"],
            date.fromisoformat(data["first_month"]), date.fromisoformat(data["last_month"]),
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """The log odds of a customer of mean values."""
        return self.slope * self.intercept + self.shift

    def contributions(self, features: LikelihoodFeatures) -> list[float]:
        """What each feature adds to the log odds of a customer of mean values."""
        terms = terms_of(signals_of(features), self.lows, self.highs)
        added = [
            self.slope * weight * (term - mean) / spread if spread > NARROWEST else 0.0
            for weight, term, mean, spread in zip(self.weights, terms, self.means, self.spreads, strict=True)
        ]
        parts = added[: len(CODES)]
        for (reason, _), part in zip(PRODUCTS, added[len(CODES) :], strict=True):
            parts[reason] += part
        return parts

    def probability(self, features: LikelihoodFeatures) -> float:
        """How likely a loss is, 0 to 1."""
        return _logistic(self.mean + sum(self.contributions(features)))

    def cautious(self, certainty: float) -> "LikelihoodModel":
        """A model that claims less: every contribution counts `certainty` (0 to 1) of what it did, the mean stays."""
        return replace(self, slope=self.slope * certainty, shift=self.mean - self.slope * certainty * self.intercept)


def likelihood_of(model: LikelihoodModel, series: MonthlySeries) -> Likelihood | None:
    """How likely the customer's loss is over the months to come, as far as it was known at the instant of the series,
    with the reasons; None where the customer has no baseline."""
    features = features_of(series)
    if features is None:
        return None
    contributions = model.contributions(features)
    probability = Decimal(_logistic(model.mean + sum(contributions))).quantize(FOUR_PLACES)
    return Likelihood(min(max(probability, LEAST), 1 - LEAST), model.mean, CODES, tuple(contributions), tuple(features))


def with_likelihood(series: MonthlySeries, model: LikelihoodModel | None) -> MonthlySeries:
    """The series with the likelihood that the model gives; as it is without one."""
    return series if model is None else replace(series, likelihood=likelihood_of(model, series))


def signals_of(features: LikelihoodFeatures) -> list[float]:
    """The features on the scales on which they are compared."""
    return [scale(value) for scale, value in zip(SCALES, features, strict=True)]


def terms_of(signals: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> list[float]:
    """The signals, held between the lows and the highs, then their products."""
    held = [min(max(signal, low), high) for signal, low, high in zip(signals, lows, highs, strict=True)]
    orders = expm1(held[ORDERS])
    return held + [held[signal] * orders**power for signal, power in PRODUCTS]


def _logistic(odds: float) -> float:
    return 1 / (1 + exp(-odds)) if odds >= 0 else exp(odds) / (1 + exp(odds))
