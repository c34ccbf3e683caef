"""The maximum of a likelihood whose parameters are all positive: searched in their logarithms, with its gradient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]

FURTHEST = 12.0  # in logarithms: between 6e-6 and 160,000 times the unit; further out the likelihood is flat
NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the likelihood is highest."""

    parameters: tuple[float, ...]
    value: float
    at_bounds: tuple[int, ...]  # parameters the data would have pushed on: customers differ too little to tell them


class NoMaximum(Exception):
    """No start led to a finite maximum."""


def maximise(
    likelihood: Callable[[tuple[float, ...]], tuple[float, Floats]],
    units: Sequence[float],
    starts: Sequence[Sequence[float]],
) -> Maximum:
    """The best maximum from several starts (logarithms of multiples of `units`), by L-BFGS-B.

    `likelihood` takes parameters and gives its logarithm, and the derivatives of that by the parameters themselves.
    Raises `NoMaximum` when no start leads to a finite one.
    """

    def downhill(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs) * np.asarray(units)
        with np.errstate(all="ignore"):
            value, gradient = likelihood(tuple(parameters.tolist()))
        if not np.isfinite(value) or not np.all(np.isfinite(gradient)):
            return 1e300, np.zeros(len(logs))
        return -value, -gradient * parameters

    bounds = [(-FURTHEST, FURTHEST)] * len(units)
    best: tuple[float, Floats] | None = None
    for start in starts:
        result = optimize.minimize(
            downhill, np.asarray(start), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-7},
        )  # fmt: skip
        if result.fun < 1e299 and (best is None or result.fun < best[0]):
            best = (float(result.fun), np.asarray(result.x))
    if best is None:
        raise NoMaximum
    at_bounds = tuple(index for index, log in enumerate(best[1]) if abs(log) > FURTHEST - NEAR)
    parameters = tuple((np.exp(best[1]) * np.asarray(units)).tolist())
    return Maximum(parameters, -best[0], at_bounds)
