"""What a customer is expected to bring (T13): purchases expected x value of one, month by month, discounted.

Floats live in here only. What leaves is a decimal, or None where nothing finite can be said: never "not a number".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from services.tiering_svc.retention.domain.buyers import Buyer, LifetimeValue
from services.tiering_svc.retention.domain.buying_model import (
    BuyingModel,
    Purchases,
    chance_alive,
    expected_purchases,
    fit_buying,
)
from services.tiering_svc.retention.domain.likelihood import Floats, NoMaximum
from services.tiering_svc.retention.domain.spend_model import SpendModel, expected_value, fit_spend

FEWEST_REPEATERS = 10  # four parameters of fewer customers than this say nothing
WEEKS_A_MONTH = 365.25 / 12 / 7
LARGEST = 1e13  # what an amount column holds


@dataclass(frozen=True, slots=True)
class FittedModels:
    """Both models, as they were fitted to everybody's purchases."""

    buying: BuyingModel
    spend: SpendModel | None  # None: nothing of value was bought again
    facts: dict[str, Any]  # likelihoods, how many customers, parameters at the edge: what tells how far to trust it


class NotFitted(Exception):
    """These customers tell no parameters; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fit_models(buyers: Sequence[Buyer]) -> FittedModels:
    """Both models by maximum likelihood. Raises `NotFitted`: `too_few_repeat_customers`, `no_time_has_passed`,
    `no_maximum`."""
    purchases = _purchases(buyers)
    repeaters = int((purchases.frequency > 0).sum())
    if repeaters < FEWEST_REPEATERS:
        raise NotFitted("too_few_repeat_customers")
    if not (purchases.age > 0).any():
        raise NotFitted("no_time_has_passed")
    try:
        buying, maximum = fit_buying(purchases)
    except NoMaximum:
        raise NotFitted("no_maximum") from None
    facts: dict[str, Any] = {
        "customers": len(buyers),
        "repeat_customers": repeaters,
        "log_likelihood": str(maximum.value),
        "at_edge": [("r", "alpha", "a", "b")[index] for index in maximum.at_bounds],
    }
    return FittedModels(buying, _fit_spend(buyers, facts), facts)


def _fit_spend(buyers: Sequence[Buyer], facts: dict[str, Any]) -> SpendModel | None:
    valued = [(b.frequency, float(b.mean_value)) for b in buyers if b.frequency and b.mean_value and b.mean_value > 0]
    facts["valued_customers"] = len(valued)
    if len(valued) < FEWEST_REPEATERS:
        return None
    frequency, mean = (np.array(column, dtype=np.float64) for column in zip(*valued, strict=True))
    try:
        spend, maximum = fit_spend(frequency, mean)
    except NoMaximum:
        return None
    facts["spend_log_likelihood"] = str(maximum.value)
    facts["at_edge"] += [("p", "q", "gamma")[index] for index in maximum.at_bounds]
    # Gamma-Gamma supposes that how often and how much have nothing to do with each other: shown, so that it is judged
    if np.std(frequency) > 0 and np.std(mean) > 0:
        facts["correlation"] = str(round(float(np.corrcoef(frequency, mean)[0, 1]), 4))
    return spend


def value_buyers(
    models: FittedModels, buyers: Sequence[Buyer], months: int, discount_rate: Decimal
) -> list[LifetimeValue]:
    """The value of each of these customers over the next months, in their order. What comes later counts less by the
    yearly `discount_rate` (0.1 is 10 percent), month by month."""
    if not buyers:
        return []
    purchases = _purchases(buyers)
    monthly = (1 + float(discount_rate)) ** (1 / 12)
    with np.errstate(all="ignore"):
        alive = chance_alive(models.buying, purchases)
        by_month = [
            expected_purchases(models.buying, purchases, WEEKS_A_MONTH * month) for month in range(1, months + 1)
        ]
        gains = np.diff(np.stack([np.zeros(len(buyers)), *by_month]), axis=0)
        discounted = (gains / monthly ** np.arange(1, months + 1)[:, None]).sum(axis=0)
        value = _expected_values(models.spend, buyers, purchases.frequency)
    return [
        _lifetime_value(buyer, *(float(column[index]) for column in (alive, by_month[-1], value, discounted)))
        for index, buyer in enumerate(buyers)
    ]


def _lifetime_value(buyer: Buyer, alive: float, orders: float, value: float, discounted: float) -> LifetimeValue:
    revenue = _decimal(discounted * value)
    margin = None
    if revenue is not None and buyer.margin_rate is not None:
        margin = _decimal(float(revenue * buyer.margin_rate))
    return LifetimeValue(buyer, _decimal(alive), _decimal(orders), _decimal(value), revenue, margin)


def _expected_values(spend: SpendModel | None, buyers: Sequence[Buyer], frequency: Floats) -> Floats:
    if spend is None:
        return np.full(len(buyers), np.nan)
    mean = np.array([float(buyer.mean_value or 0) for buyer in buyers])
    valued = np.where(mean > 0, frequency, 0)  # what was given away says nothing of what is spent
    return expected_value(spend, valued, mean)


def _purchases(buyers: Sequence[Buyer]) -> Purchases:
    columns = np.array([(b.frequency, b.recency_days, b.age_days) for b in buyers], dtype=np.float64).reshape(-1, 3)
    return Purchases(columns[:, 0], columns[:, 1] / 7, columns[:, 2] / 7)


def _decimal(number: float) -> Decimal | None:
    if not np.isfinite(number) or abs(number) > LARGEST:
        return None
    return Decimal(repr(number)).quantize(Decimal("0.0001"))


# --- kept with the run ----------------------------------------------------------------------------------------------


def models_as_data(models: FittedModels) -> dict[str, Any]:
    """The parameters as a run keeps them: in text, every digit of them, so that the same come back."""
    buying, spend = models.buying, models.spend
    return {
        "buying": {"r": repr(buying.r), "alpha": repr(buying.alpha), "a": repr(buying.a), "b": repr(buying.b)},
        "spend": None if spend is None else {"p": repr(spend.p), "q": repr(spend.q), "gamma": repr(spend.gamma)},
        "facts": models.facts,
    }


def models_from_data(data: Mapping[str, Any]) -> FittedModels:
    """From what `models_as_data` kept."""
    buying = BuyingModel(**{name: float(text) for name, text in data["buying"].items()})
    spend = data["spend"]
    return FittedModels(
        buying,
        None if spend is None else SpendModel(**{name: float(text) for name, text in spend.items()}),
        dict(data["facts"]),
    )
