"""Who opens a file: what the access trail writes down (P13), and which customers are theirs to see (G1)."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import DomainError, forbidden, not_found


@dataclass(frozen=True, slots=True)
class Reader:
    """With a `source` it is a partner, who sees only customers that have a reference of that source."""

    actor: str
    source: str | None = None

    def check_source(self, source: str) -> None:
        if self.source is not None and source != self.source:
            raise forbidden("foreign_source", "a partner names its own customers only", pointer="/reference/source")

    def check_is_ours(self) -> None:
        """The directory, hand-over notes and the call centre's figures are the company's own."""
        if self.source is not None:
            raise forbidden("not_for_partners", "this is not for partners to see")


def source_of_partner(partner_id: UUID) -> str:
    return f"partner:{partner_id}"


def no_such_customer() -> DomainError:
    """The same answer for a customer that does not exist and for one that is not theirs to see."""
    return not_found("customer_not_found", "no such customer")
