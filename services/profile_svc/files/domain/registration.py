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
from shared.errors import DomainError, conflict
from shared.events import Event


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """A file that somebody wants opened. `id` is the one that intake gave to the reference."""

    kind: CustomerKind
    facts: Facts
    reference: Reference | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    file: CustomerFile
    is_new: bool  # False: a file was there and says the same


@dataclass(slots=True)
class RegistrationBatch:
    """What is known of the customers that a batch names, and what the batch adds; in memory, so that one line of it
    sees what another did."""

    references: dict[Reference, UUID]
    files: dict[UUID, CustomerFile]
    opened: dict[UUID, CustomerFile] = field(default_factory=dict)
    completed: dict[UUID, CustomerFile] = field(default_factory=dict)
    named: dict[Reference, UUID] = field(default_factory=dict)  # references that were not known before
    events: list[Event] = field(default_factory=list)

    def open(
        self, request: RegistrationRequest, at: datetime, new_id: Callable[[], UUID], regions: Sequence[str]
    ) -> Registration:
        """A new file; or the stub of its reference, or of this id, completed, so that nobody has two."""
        known_as = None if request.reference is None else self.references.get(request.reference)
        id = known_as or request.id or new_id()
        known = self.files.get(id)
        if known is not None and known.kind != "unknown":
            return self._there_already(known, request, at, regions)
        if known is None:
            file, events = open_file(id, request.kind, request.facts, at, regions=regions)
            self.opened[id] = file
        else:
            file, events = amend_file(known, request.kind, request.facts, at, regions=regions)
            self.completed[id] = file
        self.files[id] = file
        self.events += events
        if request.reference is not None and known_as is None:
            self.references[request.reference] = self.named[request.reference] = id
        return Registration(file, is_new=True)

    def _there_already(
        self, known: CustomerFile, request: RegistrationRequest, at: datetime, regions: Sequence[str]
    ) -> Registration:
        if known.kind == request.kind and known.facts == checked(request.kind, request.facts, at, regions):
            return Registration(known, is_new=False)
        raise file_exists(known.id)


def file_exists(id: UUID) -> DomainError:
    return conflict("file_exists", "This customer has a file already. Change it with PATCH.", customer_id=str(id))
