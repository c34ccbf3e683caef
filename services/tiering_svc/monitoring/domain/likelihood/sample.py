"""What a model of the likelihood is fitted to (T12)."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.monitoring.domain.likelihood.features import LikelihoodFeatures


class LossSample(NamedTuple):
    """A customer at a month's end, and whether the months after it were a loss."""

    customer_id: UUID
    month: date  # the one that began then
    features: LikelihoodFeatures
    lost: bool
