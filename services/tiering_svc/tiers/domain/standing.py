"""A customer's standing (T10): the open row of its tier history, and what a later decision has to know about it."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from services.tiering_svc.policies.domain.policy import PolicyKey

ChangeKind = Literal["first", "upgrade", "downgrade", "correction", "override"]
RISES = frozenset({"first", "upgrade", "correction"})  # what stood on orders, and falls with them (K18)


class Standing(NamedTuple):
    """The open row of a customer's history, with its floor, its grace, and until when it is kept. A named tuple: it is
    loaded and saved for every customer of a batch, column by column."""

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
    floor_tier: str | None = None  # what the customer falls back to if the rise is taken back
    floor_rank: int = 0
    below_since: datetime | None = None  # the first review that found less; grace runs from here
    grace_until: datetime | None = None
    retained_until: datetime | None = None
    overridden_until: datetime | None = None
    recovered_at: datetime | None = None  # since when it earns its tier again, after having been below it
    promised_until: datetime | None = None  # a person promised that it is not lowered before

    @property
    def policy_key(self) -> PolicyKey:
        """The policy's version, with its cut-offs, that the open row was decided by."""
        return PolicyKey(self.policy_id, self.policy_version, self.cutoffs_of)

    @property
    def kept_until(self) -> datetime | None:
        """Until when the tier is not lowered: by the policy's retention, or by a person's promise; None: no such
        thing."""
        return max((until for until in (self.retained_until, self.promised_until) if until), default=None)
