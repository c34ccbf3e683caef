"""A partner, and which codes it may have."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.gateway.references.domain import OWN_SOURCE, source_of_partner
from shared.errors import invalid


@dataclass(frozen=True, slots=True)
class Partner:
    """A channel that reports for customers of its own."""

    id: UUID
    code: str
    name: str
    created_at: datetime

    @property
    def source(self) -> str:
        """The registered source of the partner's reports."""
        return source_of_partner(self.id)


def check_code(code: str, own_sources: Collection[str]) -> None:
    """Refuse a code that is, or looks like, the name of another source: it becomes a name of the partner's source."""
    if code == OWN_SOURCE or code in own_sources or ":" in code:
        raise invalid("code_reserved", "This code is a source of the company's own.", pointer="/code")
