"""How often a customer will buy again (T13): the BG/NBD model of Fader, Hardie and Lee (2005).

While a customer lives it buys at random at a rate of its own; after each purchase it leaves with a chance of its own.
Rates are spread over customers as a gamma distribution (r, alpha), chances as a beta distribution (a, b). What is known
of a customer is its repeat purchases, the time of the last one and its age, both since the first: nothing tells more.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from services.tiering_svc.retention.domain.likelihood import Maximum, maximise

Numbers = npt.NDArray[np.float64]

AT_ONE = 1e-6  # the expectation has a removable gap at a = 1: so near to it, it is taken beside it
NODES = 96


@dataclass(frozen=True, slots=True)
class Purchases:
    """One entry a customer: repeat purchases, when the last one was and how old the customer is, since its first."""

    frequency: Numbers
    recency: Numbers
    age: Numbers


@dataclass(frozen=True, slots=True)
class BuyingModel:
    """The four parameters; times are in weeks."""

    r: float
    alpha: float
    a: float
    b: float


def fit_buying(purchases: Purchases) -> tuple[BuyingModel, Maximum]:
    """The most likely parameters. Time is measured in mean ages meanwhile, so that all parameters are of one size."""
    scale = float(np.mean(purchases.age)) or 1.0
    scaled = Purchases(purchases.frequency, purchases.recency / scale, purchases.age / scale)
    found = maximise(lambda at: log_likelihood_and_slope(BuyingModel(*at), scaled), (1.0, 1.0, 1.0, 1.0), STARTS)
    r, alpha, a, b = found.at
    # a density per mean age is one per week after division: one factor for each purchase
    likelihood = found.value - float(purchases.frequency.sum()) * float(np.log(scale))
    return BuyingModel(r, alpha * scale, a, b), Maximum(found.at, likelihood, found.at_bounds)


STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, -2.0, -1.0, 1.0), (1.0, -3.0, -3.0, 3.0))  # logarithms, of scaled time


def log_likelihood_and_slope(model: BuyingModel, known: Purchases) -> tuple[float, Numbers]:
    """Equation (7) of the paper in logarithms, summed, and its derivatives by r, alpha, a, b."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x, bought = known.frequency, known.frequency > 0
    log_age, log_recency = np.log(alpha + known.age), np.log(alpha + known.recency)
    after_last = b + np.maximum(x, 1) - 1  # b + x - 1 where it is used at all
    alive = -(r + x) * log_age
    left = np.where(bought, np.log(a) - np.log(after_last) - (r + x) * log_recency, -np.inf)
    either = np.logaddexp(alive, left)
    common = (
        special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
        + special.gammaln(a + b) + special.gammaln(b + x) - special.gammaln(b) - special.gammaln(a + b + x)
    )  # fmt: skip
    w = np.exp(left - either)  # the share of "left after the last purchase"
    psi_all = special.digamma(a + b) - special.digamma(a + b + x)
    slope = np.array(
        [
            np.sum(special.digamma(r + x) - special.digamma(r) + np.log(alpha) - (1 - w) * log_age - w * log_recency),
            np.sum(r / alpha - (r + x) * ((1 - w) / (alpha + known.age) + w / (alpha + known.recency))),
            np.sum(psi_all + w / a),
            np.sum(psi_all + special.digamma(b + x) - special.digamma(b) - w / after_last),
        ]
    )
    return float(np.sum(common + either)), slope


def chance_alive(model: BuyingModel, known: Purchases) -> Numbers:
    """That a customer has not left yet. The model lets nobody leave before a repeat purchase: 1 without any."""
    log_odds = _log_odds_left(model, known)
    return np.asarray(special.expit(-log_odds), dtype=np.float64)


def _log_odds_left(model: BuyingModel, known: Purchases) -> Numbers:
    x = known.frequency
    odds = (
        np.log(model.a) - np.log(model.b + np.maximum(x, 1) - 1)
        + (model.r + x) * (np.log(model.alpha + known.age) - np.log(model.alpha + known.recency))
    )  # fmt: skip
    return np.where(x > 0, odds, -np.inf)


def expected_purchases(model: BuyingModel, known: Purchases, weeks: float) -> Numbers:
    """Purchases expected in the next weeks, given what is known: equation (10) of the paper.

    Its hypergeometric function is used after Euler's transformation, with c = a+b+x-1:
    2F1(r+x, b+x; c; z) = (1-z)^(a-1-r-x) 2F1(a+b-1-r, a-1; c; z).
    The powers of busy, old customers, which overflow as printed, cancel against the factor before it.
    """
    r, alpha, b, x = model.r, model.alpha, model.b, known.frequency
    a = model.a if abs(model.a - 1) > AT_ONE else 1 + AT_ONE
    z = weeks / (alpha + known.age + weeks)
    c = a + b + x - 1
    with np.errstate(all="ignore"):
        series = special.hyp2f1(a + b - 1 - r, a - 1, c, z)
        if_alive = c / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-z)) * series)
    strange = ~np.isfinite(if_alive) | (if_alive < 0)
    if strange.any():
        if_alive[strange] = _averaged(model, x[strange], known.age[strange], weeks)
    return np.asarray(if_alive * chance_alive(model, known), dtype=np.float64)


def _averaged(model: BuyingModel, x: Numbers, age: Numbers, weeks: float) -> Numbers:
    """The same by averaging over the chances of leaving, for models so lopsided that the series overflows."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    chances = special.betaincinv(model.a, (model.b + x)[:, None], ((nodes + 1) / 2)[None, :])
    chances = np.maximum(chances, np.finfo(np.float64).tiny)
    grown = np.log1p(chances * weeks / (model.alpha + age)[:, None])
    return np.asarray((-np.expm1(-(model.r + x)[:, None] * grown) / chances) @ (weights / 2), dtype=np.float64)
