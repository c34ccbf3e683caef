"""A likelihood with its reasons, as warnings carry it (T12)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

ModelSource = Literal["own", "prior"]
ChoiceReason = Literal["better", "too_few_losses", "no_better"]

FOUR_PLACES = Decimal("0.0001")
TWO_PLACES = Decimal("0.01")


class LikelihoodFactor(NamedTuple):
    """One of the reasons. `contribution`: in log odds, against a customer of mean values; above 0 it makes a loss
    likelier. `value`: what was measured at the customer, in the unit of its code."""

    code: str
    contribution: Decimal
    value: Decimal

    def as_data(self) -> dict[str, str]:
        """As it is stored and shown."""
        return {"code": self.code, "contribution": str(self.contribution), "value": str(self.value)}


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely a loss is, 0 to 1 to four decimals. The log odds are those of a customer of mean values (`mean`) plus
    the contributions, which have an entry for each of `codes`."""

    probability: Decimal
    mean: float
    codes: tuple[str, ...]
    contributions: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def factors(self) -> tuple[LikelihoodFactor, ...]:
        """The reasons that move it by a hundredth at least, the strongest first."""
        factors = [
            LikelihoodFactor(code, Decimal(contribution).quantize(TWO_PLACES), Decimal(value).quantize(TWO_PLACES))
            for code, contribution, value in zip(self.codes, self.contributions, self.values, strict=True)
        ]
        return tuple(
            sorted(
                (factor for factor in factors if factor.contribution),
                key=lambda factor: (-abs(factor.contribution), factor.code),
            )
        )
