"""Partners and their keys: a secret is shown once and kept as a digest only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.gateway.references.domain import OWN_SOURCE, source_of_partner
from shared.errors import invalid


@dataclass(frozen=True, slots=True)
class Partner:
    id: UUID
    code: str
    name: str
    created_at: datetime

    @property
    def source(self) -> str:
        return source_of_partner(self.id)


def check_code(code: str, own_sources: Collection[str]) -> None:
    """A partner's code is also a name of its source, so it must not be, or look like, another source's."""
    if code == OWN_SOURCE or code in own_sources or ":" in code:
        raise invalid("code_reserved", "this code is a source of the company's own", pointer="/code")
