"""How often a customer will buy again (T13): the BG/NBD model of Fader, Hardie and Lee ("Counting Your Customers" the
Easy Way, Marketing Science 24, 2005).

While a customer lives it buys at random at a rate of its own; after each purchase it leaves with a chance of its own.
Rates are spread over customers as a gamma distribution (r, alpha), chances as a beta distribution (a, b). All that
tells of a customer are its repeat purchases, the time of the last one and its age, both since the first, in weeks.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from services.tiering_svc.retention.domain.likelihood import Floats, Maximum, maximise

AT_ONE = 1e-6  # the expectation has a removable gap at a = 1: so near to it, it is taken beside it
NODES = 96


@dataclass(frozen=True, slots=True)
class Purchases:
    """Arrays with one entry a customer: repeat purchases, when the last one was and how old the customer is, both in
    weeks since its first."""

    frequency: Floats
    recency: Floats
    age: Floats


@dataclass(frozen=True, slots=True)
class BuyingModel:
    """The four parameters, all positive; `alpha` is in weeks."""

    r: float
    alpha: float
    a: float
    b: float


def fit_buying(purchases: Purchases) -> tuple[BuyingModel, Maximum]:
    """The most likely parameters, and the maximum. While it is searched for, time is measured in mean ages, so that all
    parameters are of one size. Raises `NoMaximum`."""
    scale = float(np.mean(purchases.age)) or 1.0
    scaled = Purchases(purchases.frequency, purchases.recency / scale, purchases.age / scale)
    maximum = maximise(
        lambda parameters: log_likelihood_and_gradient(BuyingModel(*parameters), scaled), (1.0, 1.0, 1.0, 1.0), STARTS
    )
    r, alpha, a, b = maximum.parameters
    # a density per mean age is one per week after division: one factor for each purchase
    likelihood = maximum.value - float(purchases.frequency.sum()) * float(np.log(scale))
    return BuyingModel(r, alpha * scale, a, b), Maximum(maximum.parameters, likelihood, maximum.at_bounds)


STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, -2.0, -1.0, 1.0), (1.0, -3.0, -3.0, 3.0))  # logarithms, of scaled time


def log_likelihood_and_gradient(model: BuyingModel, purchases: Purchases) -> tuple[float, Floats]:
    """The logarithm of the likelihood, summed over customers (equation (7) of the paper), and its derivatives by r,
    alpha, a, b, an array of four."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x, bought = purchases.frequency, purchases.frequency > 0
    log_age, log_recency = np.log(alpha + purchases.age), np.log(alpha + purchases.recency)
    after_last = b + np.maximum(x, 1) - 1  # b + x - 1 where it is used at all
    alive = -(r + x) * log_age
    left = np.where(bought, np.log(a) - np.log(after_last) - (r + x) * log_recency, -np.inf)
    either = np.logaddexp(alive, left)
    common = (
        special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
        + special.gammaln(a + b) + special.gammaln(b + x) - special.gammaln(b) - special.gammaln(a + b + x)
    )  # fmt: skip
    gone = np.exp(left - either)  # the share of "left after the last purchase"
    here = 1 - gone
    psi_all = special.digamma(a + b) - special.digamma(a + b + x)
    gradient = np.array(
        [
            np.sum(special.digamma(r + x) - special.digamma(r) + np.log(alpha) - here * log_age - gone * log_recency),
            np.sum(r / alpha - (r + x) * (here / (alpha + purchases.age) + gone / (alpha + purchases.recency))),
            np.sum(psi_all + gone / a),
            np.sum(psi_all + special.digamma(b + x) - special.digamma(b) - gone / after_last),
        ]
    )
    return float(np.sum(common + either)), gradient


def chance_alive(model: BuyingModel, purchases: Purchases) -> Floats:
    """The probability that each customer has not left yet, 0 to 1. The model lets nobody leave before a repeat
    purchase: 1 without any."""
    log_odds = _log_odds_left(model, purchases)
    return np.asarray(special.expit(-log_odds), dtype=np.float64)


def _log_odds_left(model: BuyingModel, purchases: Purchases) -> Floats:
    x = purchases.frequency
    odds = (
        np.log(model.a) - np.log(model.b + np.maximum(x, 1) - 1)
        + (model.r + x) * (np.log(model.alpha + purchases.age) - np.log(model.alpha + purchases.recency))
    )  # fmt: skip
    return np.where(x > 0, odds, -np.inf)


def expected_purchases(model: BuyingModel, purchases: Purchases, weeks: float) -> Floats:
    """How many purchases each customer is expected to make in the next weeks: equation (10) of the paper.

    Its hypergeometric function is used after Euler's transformation, with c = a+b+x-1:
    2F1(r+x, b+x; c; z) = (1-z)^(a-1-r-x) 2F1(a+b-1-r, a-1; c; z).
    The powers of busy, old customers, which overflow as printed, cancel against the factor before it.
    """
    r, alpha, b, x = model.r, model.alpha, model.b, purchases.frequency
    a = model.a if abs(model.a - 1) > AT_ONE else 1 + AT_ONE
    z = weeks / (alpha + purchases.age + weeks)
    c = a + b + x - 1
    with np.errstate(all="ignore"):
        series = special.hyp2f1(a + b - 1 - r, a - 1, c, z)
        if_alive = c / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-z)) * series)
    overflowed = ~np.isfinite(if_alive) | (if_alive < 0)
    if overflowed.any():
        if_alive[overflowed] = _averaged(model, x[overflowed], purchases.age[overflowed], weeks)
    return np.asarray(if_alive * chance_alive(model, purchases), dtype=np.float64)


def _averaged(model: BuyingModel, x: Floats, age: Floats, weeks: float) -> Floats:
    """Purchases expected of customers who are alive, by averaging over the chances of leaving with Gauss-Legendre
    quadrature: for models so lopsided that the hypergeometric series overflows."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    chances = special.betaincinv(model.a, (model.b + x)[:, None], ((nodes + 1) / 2)[None, :])
    chances = np.maximum(chances, np.finfo(np.float64).tiny)
    grown = np.log1p(chances * weeks / (model.alpha + age)[:, None])
    return np.asarray((-np.expm1(-(model.r + x)[:, None] * grown) / chances) @ (weights / 2), dtype=np.float64)
