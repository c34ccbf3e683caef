"""How much a customer spends a purchase (T13): the Gamma-Gamma model of Fader and Hardie (2013).

The value of a purchase varies about the customer's own mean (gamma, p); the means are spread over customers (q, gamma).
The few purchases of a customer are weighed against everybody's: one large order does not make a large customer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from services.tiering_svc.retention.domain.likelihood import Maximum, maximise

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpendModel:
    p: float
    q: float
    gamma: float  # money


STARTS = ((1.0, 1.0, 0.0), (0.0, 0.5, 0.0), (3.0, 2.0, -2.0))


def fit_spend(frequency: Numbers, mean: Numbers) -> tuple[SpendModel, Maximum]:
    """The most likely parameters, from customers with repeat purchases of some value. Money is in mean values here."""
    scale = float(np.mean(mean))
    x, m = frequency, mean / scale
    found = maximise(lambda at: log_likelihood_and_slope(SpendModel(*at), x, m), (1.0, 1.0, 1.0), STARTS)
    p, q, gamma = found.at
    likelihood = found.value - len(mean) * float(np.log(scale))
    return SpendModel(p, q, gamma * scale), Maximum(found.at, likelihood, found.at_bounds)


def log_likelihood_and_slope(model: SpendModel, x: Numbers, m: Numbers) -> tuple[float, Numbers]:
    """Equation (1a) of the note in logarithms, summed, and its derivatives by p, q, gamma."""
    p, q, gamma = model.p, model.q, model.gamma
    px, log_sum = p * x, np.log(gamma + m * x)
    value = np.sum(
        special.gammaln(px + q) - special.gammaln(px) - special.gammaln(q)
        + q * np.log(gamma) + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * log_sum
    )  # fmt: skip
    psi = special.digamma(px + q)
    slope = np.array(
        [
            np.sum(x * (psi - special.digamma(px) + np.log(m) + np.log(x) - log_sum)),
            np.sum(psi - special.digamma(q) + np.log(gamma) - log_sum),
            np.sum(q / gamma - (px + q) / (gamma + m * x)),
        ]
    )
    return float(value), slope


def expected_value(model: SpendModel, frequency: Numbers, mean: Numbers) -> Numbers:
    """The value to expect of a purchase: the customer's own mean and everybody's, by how much each tells.

    Not a number where that mean does not exist (q <= 1 and no purchase of its own).
    """
    px = model.p * frequency
    below = px + model.q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        value = model.p * (model.gamma + frequency * np.where(frequency > 0, mean, 0)) / below
    return np.where(below > 0, value, np.nan)
