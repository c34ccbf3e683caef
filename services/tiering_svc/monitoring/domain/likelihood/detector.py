"""The warning rule that looks at the likelihood of a loss itself (T12)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from services.tiering_svc.monitoring.domain.detectors import Finding, ThresholdStep, severity_of
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries

STRONGEST = 3  # reasons that the evidence names


@dataclass(frozen=True, slots=True)
class LikelyLoss:
    """How likely a loss is over the months to come, by the model of the operator's own history."""

    steps: tuple[ThresholdStep, ...]
    kind: ClassVar[str] = "likely_loss"

    def detect(self, series: MonthlySeries) -> Finding | None:
        likelihood = series.likelihood
        if likelihood is None:
            return None
        return Finding(
            severity_of(likelihood.probability, self.steps),
            lambda: {
                "likelihood": likelihood.probability,
                "reasons": [
                    factor.as_data() for factor in likelihood.factors if factor.contribution > Decimal(0)
                ][:STRONGEST],
            },
        )  # fmt: skip
