"""Who opens a file: what the access trail writes down (P13), and which customers are theirs to see (G1)."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from shared.errors import DomainError, forbidden, not_found

T = TypeVar("T")

STAFF_ONLY = frozenset({"account_manager", "team", "warnings"})
"""What a partner is not told of its own customers: who works here for them, and what tiering warns of (G1, T12)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """With a `source` it is a partner, who sees only customers that have a reference of that source."""

    actor: str
    source: str | None = None

    def may_see(self, field: str) -> bool:
        """Whether this fact of a customer may be shown to the reader."""
        return self.source is None or field not in STAFF_ONLY

    def visible(self, field: str, value: T | None) -> T | None:
        """The value, or None when the reader may not see this field."""
        return value if self.may_see(field) else None

    def require_own_source(self, source: str) -> None:
        """403 when a partner speaks for a source that is not its own."""
        if self.source is not None and source != self.source:
            raise forbidden("foreign_source", "A partner names its own customers only.", pointer="/reference/source")

    def require_staff(self) -> None:
        """403 for partners: directory, teams, groups, contacts and the call centre's figures are the company's own."""
        if self.source is not None:
            raise forbidden("not_for_partners", "This is not for partners to see.")


def source_of_partner(partner_id: UUID) -> str:
    """The source of a partner's references, as intake's registry spells it."""
    return f"partner:{partner_id}"


def customer_not_found() -> DomainError:
    """The same answer for a customer that does not exist and for one that is not theirs to see."""
    return not_found("customer_not_found", "There is no such customer.")
