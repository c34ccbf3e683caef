"""Which case is meant, and by whom."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case, and the partner whose it must be (None: one of the business's own people asks, for any case)."""

    case_id: UUID
    partner_id: UUID | None = None
