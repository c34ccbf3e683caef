"""What a rule set that ships with Patron is made of; each area has its own in its `domain/defaults.py`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DefaultRuleSet:
    """A rule set that ships with Patron: its id, its names by language, and its document as JSON."""

    id: UUID
    names: dict[str, str]
    document: dict[str, Any]

    @property
    def policy_id(self) -> UUID:
        """Another name of `id`, for the areas that still use it."""
        return self.id
