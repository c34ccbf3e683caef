"""What a customer is expected to bring (T13): purchases expected x value of one, month by month, discounted.

Floats live in here only. What leaves is a decimal, or None where nothing finite can be said: never "not a number".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from services.tiering_svc.retention.domain.buyers import Buyer, Worth
from services.tiering_svc.retention.domain.buying_model import (
    BuyingModel,
    Purchases,
    chance_alive,
    expected_purchases,
    fit_buying,
)
from services.tiering_svc.retention.domain.likelihood import NoMaximum
from services.tiering_svc.retention.domain.spend_model import SpendModel, expected_value, fit_spend

ModelArrays = npt.NDArray[np.float64]

FEWEST_REPEATERS = 10  # four parameters told from fewer customers than this say nothing
WEEKS_A_MONTH = 365.25 / 12 / 7
LARGEST = 1e13  # what an amount column holds


@dataclass(frozen=True, slots=True)
class Fitted:
    buying: BuyingModel
    spend: SpendModel | None  # None: nothing of value was bought again
    facts: dict[str, Any]  # likelihoods, how many customers, parameters at the edge: what tells how far to trust it


class Unfit(Exception):
    """These customers tell no parameters; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fit(buyers: Sequence[Buyer]) -> Fitted:
    """Both models by maximum likelihood."""
    known = _purchases(buyers)
    repeaters = int((known.frequency > 0).sum())
    if repeaters < FEWEST_REPEATERS:
        raise Unfit("too_few_repeat_customers")
    if not (known.age > 0).any():
        raise Unfit("no_time_has_passed")
    try:
        buying, likely = fit_buying(known)
    except NoMaximum:
        raise Unfit("no_maximum") from None
    facts: dict[str, Any] = {
        "customers": len(buyers),
        "repeat_customers": repeaters,
        "log_likelihood": str(likely.value),
        "at_edge": [("r", "alpha", "a", "b")[n] for n in likely.at_bounds],
    }
    return Fitted(buying, _fit_spend(buyers, facts), facts)


def _fit_spend(buyers: Sequence[Buyer], facts: dict[str, Any]) -> SpendModel | None:
    valued = [(b.frequency, float(b.mean_value)) for b in buyers if b.frequency and b.mean_value and b.mean_value > 0]
    facts["valued_customers"] = len(valued)
    if len(valued) < FEWEST_REPEATERS:
        return None
    x, mean = (np.array(column, dtype=np.float64) for column in zip(*valued, strict=True))
    try:
        spend, likely = fit_spend(x, mean)
    except NoMaximum:
        return None
    facts["spend_log_likelihood"] = str(likely.value)
    facts["at_edge"] += [("p", "q", "gamma")[n] for n in likely.at_bounds]
    # Gamma-Gamma supposes that how often and how much have nothing to do with each other: told, so that it is judged
    if np.std(x) > 0 and np.std(mean) > 0:
        facts["correlation"] = str(round(float(np.corrcoef(x, mean)[0, 1]), 4))
    return spend


def worth(fitted: Fitted, buyers: Sequence[Buyer], months: int, discount: Decimal) -> list[Worth]:
    """Each customer over the next months; what comes later counts less by the yearly discount rate."""
    if not buyers:
        return []
    known = _purchases(buyers)
    monthly = (1 + float(discount)) ** (1 / 12)
    with np.errstate(all="ignore"):
        alive = chance_alive(fitted.buying, known)
        steps = [expected_purchases(fitted.buying, known, WEEKS_A_MONTH * n) for n in range(1, months + 1)]
        gains = np.diff(np.stack([np.zeros(len(buyers)), *steps]), axis=0)
        discounted = (gains / monthly ** np.arange(1, months + 1)[:, None]).sum(axis=0)
        value = _values(fitted.spend, buyers, known.frequency)
    return [
        _worth(buyer, *(float(column[n]) for column in (alive, steps[-1], value, discounted)))
        for n, buyer in enumerate(buyers)
    ]


def _worth(buyer: Buyer, alive: float, orders: float, value: float, discounted: float) -> Worth:
    revenue = _decimal(discounted * value)
    margin = None
    if revenue is not None and buyer.margin_rate is not None:
        margin = _decimal(float(revenue * buyer.margin_rate))
    return Worth(buyer, _decimal(alive), _decimal(orders), _decimal(value), revenue, margin)


def _values(spend: SpendModel | None, buyers: Sequence[Buyer], frequency: ModelArrays) -> ModelArrays:
    if spend is None:
        return np.full(len(buyers), np.nan)
    mean = np.array([float(buyer.mean_value or 0) for buyer in buyers])
    used = np.where(mean > 0, frequency, 0)  # what was given away says nothing of what is spent
    return expected_value(spend, used, mean)


def _purchases(buyers: Sequence[Buyer]) -> Purchases:
    columns = np.array([(b.frequency, b.recency_days, b.age_days) for b in buyers], dtype=np.float64).reshape(-1, 3)
    return Purchases(columns[:, 0], columns[:, 1] / 7, columns[:, 2] / 7)


def _decimal(number: float) -> Decimal | None:
    if not np.isfinite(number) or abs(number) > LARGEST:
        return None
    return Decimal(repr(number)).quantize(Decimal("0.0001"))


# --- kept with the run ----------------------------------------------------------------------------------------------


def as_data(fitted: Fitted) -> dict[str, Any]:
    """Numbers in text, every digit of them, so that the same parameters come back."""
    buying, spend = fitted.buying, fitted.spend
    return {
        "buying": {"r": repr(buying.r), "alpha": repr(buying.alpha), "a": repr(buying.a), "b": repr(buying.b)},
        "spend": None if spend is None else {"p": repr(spend.p), "q": repr(spend.q), "gamma": repr(spend.gamma)},
        "facts": fitted.facts,
    }


def from_data(data: Mapping[str, Any]) -> Fitted:
    buying = BuyingModel(**{name: float(text) for name, text in data["buying"].items()})
    spend = None if data["spend"] is None else SpendModel(**{n: float(t) for n, t in data["spend"].items()})
    return Fitted(buying, spend, dict(data["facts"]))
