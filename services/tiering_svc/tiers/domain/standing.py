"""A customer's standing (T10): the open row of its tier history, and what a later decision has to know about it."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

ChangeKind = Literal["first", "upgrade", "downgrade", "correction", "override"]


class Standing(NamedTuple):
    """Where the life of a customer's tier has come to: the open row of its history, its grace, and until when it is
    kept. A named tuple: it is loaded and saved for every customer of a batch, column by column."""

    customer_id: UUID
    tier: str | None = None  # None: known, but never placed on a pyramid
    rank: int = 0
    since: datetime | None = None
    row_id: UUID | None = None
    kind: ChangeKind | None = None
    policy_id: UUID | None = None
    policy_version: int | None = None
    cutoffs_of: UUID | None = None  # the review whose cut-offs graded it
    ladder: str | None = None
    below_since: datetime | None = None  # the first review that found less; grace runs from here
    grace_until: datetime | None = None
    retained_until: datetime | None = None  # the policy keeps the tier for so long after a rise
    overridden_until: datetime | None = None
    recovered_at: datetime | None = None  # since when it earns its tier again, after having been below it
    promised_until: datetime | None = None  # a person promised that it is not lowered before
    first_known: datetime | None = None  # when the first fact of the customer was recorded
    folded_until: datetime | None = None  # the newest instant of its facts: what comes later is carried on from here
    decided_until: datetime | None = None  # the newest one that anything was decided for, or something came back at

    @property
    def kept_until(self) -> datetime | None:
        """Until when the tier is not lowered: by the policy's retention, or by a person's promise; None: no such
        thing."""
        return max((until for until in (self.retained_until, self.promised_until) if until), default=None)
