"""What somebody asks to be written down: when a step happened, who took it, and what was written with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

BACKDATING_GRACE = timedelta(minutes=5)
"""What is reported within it counts as reported while it happened."""


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A step to be taken: the instant it is true of, the subject of who reports it, a note, and for which partner.

    `partner_id` is None for the business's own people; their notes are not shown to partners.
    """

    at: datetime
    by: str
    note: str | None = None
    partner_id: UUID | None = None

    def is_backdated(self, now: datetime) -> bool:
        """Whether it is reported after the fact: further back than the grace."""
        return self.at < now - BACKDATING_GRACE
