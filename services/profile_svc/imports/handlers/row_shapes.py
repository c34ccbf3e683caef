"""The shape of a row: a customer file as the interface takes it, of which a row may say only some."""

from typing import Literal

from pydantic import Field

from services.profile_svc.files.schemas import FileFacts, ReferenceShape
from services.profile_svc.imports.domain.row_outcomes import RowRequest
from services.profile_svc.references.domain import Reference
from shared.chassis import Id


class ImportedFile(FileFacts):
    """A row: facts of a new customer, or of one that its id or reference names."""

    kind: Literal["organisation", "person"] | None = Field(default=None, description="needed for a new customer")
    reference: ReferenceShape | None = None
    id: Id | None = Field(default=None, description="of a customer that is there already")

    def row_request(self) -> RowRequest:
        """What the row asks for."""
        reference = None if self.reference is None else Reference(self.reference.source, self.reference.ref)
        return RowRequest(self.kind, self.facts(), reference, self.id)
