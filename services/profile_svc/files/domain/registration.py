"""Opening files (P1, P12), one or many: which of them are new, complete a stub, or say what a file says already."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.profile_svc.files.domain.customer_file import (
    CustomerFile,
    CustomerKind,
    Facts,
    amend_file,
    checked,
    open_file,
)
from services.profile_svc.references.domain import Reference
from shared.errors import DomainError, conflict, invalid
from shared.events import Event


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """A file that somebody wants opened. With a reference comes the id that intake's registry keeps for it."""

    kind: CustomerKind
    facts: Facts
    reference: Reference | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What became of a request: its file, and whether the request opened or completed it."""

    file: CustomerFile
    is_new: bool  # False: a file was there and says the same


@dataclass(slots=True)
class RegistrationBatch:
    """The files that a batch names by their ids, and what the batch adds; in memory, so that one line of it sees what
    another did."""

    files: dict[UUID, CustomerFile]
    opened: dict[UUID, CustomerFile] = field(default_factory=dict)
    completed: dict[UUID, CustomerFile] = field(default_factory=dict)
    sources: set[tuple[UUID, str]] = field(default_factory=set)  # which sources know the customers of this batch
    events: list[Event] = field(default_factory=list)

    def open(
        self, request: RegistrationRequest, at: datetime, new_id: Callable[[], UUID], regions: Sequence[str]
    ) -> Registration:
        """A new file; or the stub of this id, completed, so that nobody has two.

        422 for a reference without its id, 409 for a customer whose file says something else.
        """
        if request.reference is not None and request.id is None:
            raise invalid(
                "reference_without_id", "A reference comes with the id that intake keeps for it.", pointer="/id"
            )
        id = request.id or new_id()
        known = self.files.get(id)
        if known is not None and known.kind != "unknown":
            return self._registered_before(known, request, at, regions)
        if known is None:
            file, events = open_file(id, request.kind, request.facts, at, regions=regions)
            self.opened[id] = file
        else:
            file, events = amend_file(known, request.kind, request.facts, at, regions=regions)
            self.completed[id] = file
        self.files[id] = file
        self.events += events
        if request.reference is not None:
            self.sources.add((id, request.reference.source))
        return Registration(file, is_new=True)

    def _registered_before(
        self, known: CustomerFile, request: RegistrationRequest, at: datetime, regions: Sequence[str]
    ) -> Registration:
        if known.kind == request.kind and known.facts == checked(request.kind, request.facts, at, regions):
            return Registration(known, is_new=False)
        raise file_exists(known.id)


def file_exists(id: UUID) -> DomainError:
    """409: the customer has a file, and it says something else."""
    return conflict("file_exists", "This customer has a file already. Change it with PATCH.", customer_id=str(id))
