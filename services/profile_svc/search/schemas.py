"""A line of a list or of a search over HTTP."""

from typing import Literal

from shared.chassis import Id, Read


class CustomerSummary(Read):
    """A line of a list or of a search."""

    id: Id
    kind: Literal["organisation", "person", "unknown"]
    name: str | None
    region: str | None
    completeness: int
    tier: str | None
    account_manager: str | None
