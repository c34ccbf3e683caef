"""Whether the operator's own model or the one that Patron comes with is used (T12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.tiering_svc.monitoring.domain.likelihood.fitting import TooFewLosses, fit
from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample
from services.tiering_svc.monitoring.domain.likelihood.value import ChoiceReason, ModelSource


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model to be used, why, and what it was found to be worth on these samples: the own one out of fold, the prior
    as it is. `because`: `better`; `too_few_losses`; `no_better`, by the Brier score, than the prior or than chance."""

    source: ModelSource
    because: ChoiceReason
    model: LikelihoodModel
    samples: int
    losses: int
    reliability: Reliability

    def as_data(self) -> dict[str, Any]:
        """The model and its calibration, as they are stored."""
        return {"model": self.model.as_data(), "reliability": self.reliability.as_data(rankings=False)}


def choose_model(samples: Sequence[LossSample]) -> ModelChoice:
    """The own model where these samples tell one that is better than both the prior and chance."""
    losses = sum(sample.lost for sample in samples)
    by_prior = _measure(samples, [PRIOR.probability(sample.features) for sample in samples])
    try:
        fitted = fit(samples)
    except TooFewLosses:
        return ModelChoice("prior", "too_few_losses", PRIOR, len(samples), losses, by_prior)
    own = _measure(samples, fitted.out_of_fold)
    assert own.brier is not None
    assert own.base_rate_brier is not None
    if own.brier < own.base_rate_brier and own.brier < (by_prior.brier or 0):
        return ModelChoice("own", "better", fitted.model, len(samples), losses, own)
    return ModelChoice("prior", "no_better", PRIOR, len(samples), losses, by_prior)


def _measure(samples: Sequence[LossSample], probabilities: Sequence[float]) -> Reliability:
    reliability = Reliability()
    for sample, probability in zip(samples, probabilities, strict=True):
        reliability.add(probability, sample.features.last_month, sample.lost)
    return reliability
