"""What a customer allows, from all that it has said (P13)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

ANY = "any"  # of a purpose or a channel: whichever it is


@dataclass(frozen=True, slots=True)
class Consent:
    """A statement: allowed (`granted`) or forbidden, for a purpose and a channel, from `changed_at` on."""

    id: UUID
    customer_id: UUID
    purpose: str
    channel: str
    granted: bool
    changed_at: datetime
    recorded_at: datetime
    origin: str  # how it was given: a form, a call …
    recorded_by: str
    contact_id: UUID | None = None  # the contact who said so; None: the customer itself

    def covers(self, purpose: str, channel: str) -> bool:
        """Whether it says something about this purpose by this channel."""
        return self.purpose in (purpose, ANY) and self.channel in (channel, ANY)


class ConsentDecision(NamedTuple):
    """Whether something is allowed. `because` is the statement that says so; None: nothing was said, the default."""

    granted: bool
    because: Consent | None


def decide_consent(
    statements: Iterable[Consent],
    purpose: str,
    channel: str,
    *,
    as_of: datetime,
    known_at: datetime,
    allowed_by_default: Collection[str],
) -> ConsentDecision:
    """Whether the customer allowed it at an instant, as far as that was known at another: the last statement that
    covers purpose and channel holds; of two of one instant the one recorded later."""
    known = [
        statement
        for statement in statements
        if statement.covers(purpose, channel) and statement.changed_at <= as_of and statement.recorded_at <= known_at
    ]
    if not known:
        return ConsentDecision(purpose in allowed_by_default, None)
    last = max(known, key=lambda statement: (statement.changed_at, statement.recorded_at, statement.id))
    return ConsentDecision(last.granted, last)
