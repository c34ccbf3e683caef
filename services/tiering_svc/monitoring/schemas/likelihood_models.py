"""Models of a loss over HTTP (T12)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count
from services.tiering_svc.monitoring.schemas.warnings import ReliabilityRead
from shared.chassis import Read


class LikelihoodModelRead(Read):
    """A model as it was fitted when a month began. Sweeps use the newest of their day."""

    id: UUID
    as_of: datetime = Field(description="outcomes until then only")
    fitted_at: datetime
    source: Literal["own", "prior"] = Field(
        description="own: fitted to this history; prior: the one that comes with Patron, which claims less"
    )
    because: Literal["better", "too_few_losses", "no_better"]
    samples: Count = Field(description="customers at month's ends whose outcome was known")
    losses: Count
    first_month: str | None = Field(description="of the month's ends that the model was fitted to")
    last_month: str | None
    reliability: ReliabilityRead = Field(description="on customers that the model was not fitted to")
