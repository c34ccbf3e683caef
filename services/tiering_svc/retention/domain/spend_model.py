"""How much a customer spends a purchase (T13): the Gamma-Gamma model of Fader and Hardie (2013, a note on their site).

The value of a purchase varies about the customer's own mean (gamma, p); the means are spread over customers (q, gamma).
The few purchases of a customer are weighed against everybody's: one large order does not make a large customer.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from services.tiering_svc.retention.domain.likelihood import Floats, Maximum, maximise


@dataclass(frozen=True, slots=True)
class SpendModel:
    """The three parameters, all positive; `gamma` is an amount."""

    p: float
    q: float
    gamma: float


STARTS = ((1.0, 1.0, 0.0), (0.0, 0.5, 0.0), (3.0, 2.0, -2.0))


def fit_spend(frequency: Floats, mean: Floats) -> tuple[SpendModel, Maximum]:
    """The most likely parameters, and the maximum, from arrays of customers with repeat purchases of some value: how
    many, and their mean value. While it is searched for, money is measured in mean values. Raises `NoMaximum`."""
    scale = float(np.mean(mean))
    x, m = frequency, mean / scale
    maximum = maximise(
        lambda parameters: log_likelihood_and_gradient(SpendModel(*parameters), x, m), (1.0, 1.0, 1.0), STARTS
    )
    p, q, gamma = maximum.parameters
    likelihood = maximum.value - len(mean) * float(np.log(scale))
    return SpendModel(p, q, gamma * scale), Maximum(maximum.parameters, likelihood, maximum.at_bounds)


def log_likelihood_and_gradient(model: SpendModel, x: Floats, m: Floats) -> tuple[float, Floats]:
    """The logarithm of equation (1a) of the note, summed over customers with `x` repeat purchases of mean value `m`;
    and its derivatives by p, q, gamma, an array of three."""
    p, q, gamma = model.p, model.q, model.gamma
    px, log_sum = p * x, np.log(gamma + m * x)
    value = np.sum(
        special.gammaln(px + q) - special.gammaln(px) - special.gammaln(q)
        + q * np.log(gamma) + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * log_sum
    )  # fmt: skip
    psi = special.digamma(px + q)
    gradient = np.array(
        [
            np.sum(x * (psi - special.digamma(px) + np.log(m) + np.log(x) - log_sum)),
            np.sum(psi - special.digamma(q) + np.log(gamma) - log_sum),
            np.sum(q / gamma - (px + q) / (gamma + m * x)),
        ]
    )
    return float(value), gradient


def expected_value(model: SpendModel, frequency: Floats, mean: Floats) -> Floats:
    """The value to expect of a purchase of each customer: its own mean and everybody's, weighed by how much each tells.
    NaN where that mean does not exist: q <= 1 and no purchase of its own.
    """
    px = model.p * frequency
    below = px + model.q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        value = model.p * (model.gamma + frequency * np.where(frequency > 0, mean, 0)) / below
    return np.where(below > 0, value, np.nan)
