"""How the model of a loss is fitted (T12): logistic regression with a penalty, calibrated on other customers.

The weights minimise

    sum(log(1 + exp(-y * log odds))) + PENALTY / 2 * sum(weight ** 2)            y = 1 for a loss, -1 for none

which has one minimum, also where weights must not be negative (`ONE_WAY`). Then (Platt 1999) the log odds that each
customer gets by a fit to the *other* customers are fitted to the outcomes once more: `slope` and `shift` make them as
certain as they proved to be.

The penalty and the terms were chosen on the first part of the demo's real year. numpy and scipy are large: only what
fits a model imports this module, when it does.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.monitoring.domain.likelihood.model import (
    CODES,
    NARROWEST,
    ONE_WAY,
    ORDERS,
    PRODUCTS,
    LikelihoodModel,
    signals_of,
)
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample

Array = npt.NDArray[np.float64]

PENALTY = 30.0
FOLDS = 5
OUTERMOST = 0.005  # of the samples on either side: what lies further out says no more than that
FEWEST_LOSSES = 100  # ten for each signal; and as many samples without one
LEAST_SLOPE = 0.05  # above 0, so that nobody's order is turned round by the calibration


class TooFewLosses(Exception):
    """These samples tell no weights: too few losses, or too few without one."""


class FittedLikelihood(NamedTuple):
    """A model, and the likelihood that each of its samples got by a fit to other customers, calibrated."""

    model: LikelihoodModel
    out_of_fold: Sequence[float]


def fit(samples: Sequence[LossSample]) -> FittedLikelihood:
    """The model of these samples. Raises `TooFewLosses`. In another order they give the same model but for rounding."""
    signals, lost = _matrix(samples), np.array([sample.lost for sample in samples], dtype=np.float64)
    losses = int(lost.sum())
    if min(losses, len(samples) - losses) < FEWEST_LOSSES:
        raise TooFewLosses
    fitted = _fit(signals, lost)
    odds = _out_of_fold(signals, lost, np.array([sample.customer_id.int % FOLDS for sample in samples]))
    slope, offset = _calibrate(odds, lost)
    months = [sample.month for sample in samples]
    model = LikelihoodModel(
        tuple(fitted.lows.tolist()), tuple(fitted.highs.tolist()), tuple(fitted.means.tolist()),
        tuple(fitted.spreads.tolist()), fitted.intercept, tuple(fitted.weights.tolist()), slope, offset, len(samples),
        losses, min(months), max(months),
    )  # fmt: skip
    return FittedLikelihood(model, _logistic(slope * odds + offset).tolist())


def known_by(samples: Iterable[LossSample], month: date, horizon_months: int) -> list[LossSample]:
    """The samples whose outcome was known when a month began."""
    return [sample for sample in samples if shift(sample.month, horizon_months) <= month]


def fit_month_by_month(
    samples: Sequence[LossSample], months: Iterable[date], horizon_months: int
) -> Callable[[date], LikelihoodModel | None]:
    """For each of these months the model that could have been fitted when it began; None where that told too little."""
    models: dict[date, LikelihoodModel | None] = {}
    for month in months:
        try:
            models[month] = fit(known_by(samples, month, horizon_months)).model
        except TooFewLosses:
            models[month] = None
    return models.get


def _matrix(samples: Sequence[LossSample]) -> Array:
    """A row of signals for each sample."""
    rows = [signals_of(sample.features) for sample in samples]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(CODES))


class _Weights(NamedTuple):
    """What a fit gives: how terms are made, and how they count."""

    lows: Array
    highs: Array
    means: Array
    spreads: Array
    intercept: float
    weights: Array

    def standardise(self, signals: Array) -> Array:
        """What `LikelihoodModel.contributions` weighs, for all rows at once; 0 for a term without spread."""
        known = self.spreads > NARROWEST
        terms = _terms(signals.clip(self.lows, self.highs))
        return np.where(known, (terms - self.means) / np.where(known, self.spreads, 1.0), 0.0)

    def odds(self, signals: Array) -> Array:
        """The log odds, not calibrated."""
        odds: Array = self.intercept + self.standardise(signals) @ self.weights
        return odds


def _terms(held: Array) -> Array:
    """What `model.terms_of` gives, for all rows at once."""
    orders = np.expm1(held[:, ORDERS])
    return np.column_stack([held, *(held[:, signal] * orders**power for signal, power in PRODUCTS)])


def _fit(signals: Array, lost: Array) -> _Weights:
    lows, highs = np.quantile(signals, OUTERMOST, axis=0), np.quantile(signals, 1 - OUTERMOST, axis=0)
    rare = highs <= lows  # nearly everybody has the same: what the others have counts as it is
    lows, highs = np.where(rare, signals.min(axis=0), lows), np.where(rare, signals.max(axis=0), highs)
    terms = _terms(signals.clip(lows, highs))
    made = _Weights(lows, highs, terms.mean(axis=0), terms.std(axis=0), 0.0, np.zeros(terms.shape[1]))
    rows = np.column_stack([np.ones(len(lost)), made.standardise(signals)])
    penalties = np.array([0.0] + [PENALTY] * terms.shape[1])
    least = [-np.inf, *(0.0 if one_way else -np.inf for one_way in ONE_WAY)]
    weights = _minimise(rows, lost, penalties, np.zeros(rows.shape[1]), np.array(least))
    return made._replace(intercept=float(weights[0]), weights=weights[1:])


def _out_of_fold(signals: Array, lost: Array, folds: npt.NDArray[np.int64]) -> Array:
    """Each sample's log odds, not calibrated, by a fit to the customers of the other folds."""
    odds = np.zeros(len(lost))
    for fold in range(FOLDS):
        held_out = folds == fold
        if held_out.any() and not held_out.all():
            odds[held_out] = _fit(signals[~held_out], lost[~held_out]).odds(signals[held_out])
    return odds


def _calibrate(odds: Array, lost: Array) -> tuple[float, float]:
    """Slope and shift; the penalty holds the slope near 1."""
    terms = np.column_stack([odds, np.ones(len(odds))])
    least = np.array([LEAST_SLOPE, -np.inf])
    slope, offset = _minimise(terms, lost, np.array([PENALTY, 0.0]), np.array([1.0, 0.0]), least)
    return float(slope), float(offset)


def _minimise(terms: Array, lost: Array, penalties: Array, towards: Array, least: Array) -> Array:
    """The weights, each at least `least`, with the least penalised loss; the penalty pulls them `towards` what they are
    without any data."""

    def loss(weights: Array) -> tuple[float, Array]:
        odds, off = terms @ weights, weights - towards
        value = np.logaddexp(0.0, odds).sum() - lost @ odds + penalties @ (off * off) / 2
        return float(value), terms.T @ (_logistic(odds) - lost) + penalties * off

    options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8}
    bounds = [(bound, None) for bound in least.tolist()]
    weights: Array = optimize.minimize(loss, towards, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return weights


def _logistic(odds: Array) -> Array:
    logistic: Array = 0.5 * (1.0 + np.tanh(odds / 2))
    return logistic
