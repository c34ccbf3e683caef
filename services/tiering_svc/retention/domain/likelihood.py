"""The highest point of a likelihood whose parameters are all positive: searched in logarithms, with its slope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

Numbers = npt.NDArray[np.float64]

FURTHEST = 12.0  # in logarithms: between 6e-6 and 160,000 times the unit; further out the likelihood is flat
NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class Maximum:
    at: tuple[float, ...]
    value: float
    at_bounds: tuple[int, ...]  # parameters the data would have pushed on: customers differ too little to tell them


class NoMaximum(Exception):
    """No start led to a finite maximum."""


def maximise(
    of: Callable[[tuple[float, ...]], tuple[float, Numbers]],
    units: Sequence[float],
    starts: Sequence[Sequence[float]],
) -> Maximum:
    """From several starts, the best. `of` gives the value and its derivatives by the parameters themselves."""

    def downhill(logs: Numbers) -> tuple[float, Numbers]:
        at = np.exp(logs) * np.asarray(units)
        with np.errstate(all="ignore"):
            value, slope = of(tuple(at.tolist()))
        if not np.isfinite(value) or not np.all(np.isfinite(slope)):
            return 1e300, np.zeros(len(logs))
        return -value, -slope * at

    bounds = [(-FURTHEST, FURTHEST)] * len(units)
    best: tuple[float, Numbers] | None = None
    for start in starts:
        found = optimize.minimize(
            downhill, np.asarray(start), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-7},
        )  # fmt: skip
        if found.fun < 1e299 and (best is None or found.fun < best[0]):
            best = (float(found.fun), np.asarray(found.x))
    if best is None:
        raise NoMaximum
    at_bounds = tuple(n for n, log in enumerate(best[1]) if abs(log) > FURTHEST - NEAR)
    parameters = tuple((np.exp(best[1]) * np.asarray(units)).tolist())
    return Maximum(parameters, -best[0], at_bounds)
