"""What becomes of each row of an import: opened, updated, unchanged, skipped, or refused with its reason (P12)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.profile_svc.files.domain.combined_file import CombinedFile
from services.profile_svc.files.domain.customer_file import CustomerFile, CustomerKind, Facts, amend_file
from services.profile_svc.files.domain.registration import RegistrationBatch, RegistrationRequest, file_exists
from services.profile_svc.references.domain import Reference
from shared.errors import DomainError, conflict, customer_not_found, invalid
from shared.events import Event

OnExisting = Literal["update", "skip", "refuse"]
OPENED, UPDATED, UNCHANGED, SKIPPED, REFUSED = OUTCOMES = ("opened", "updated", "unchanged", "skipped", "refused")


@dataclass(frozen=True, slots=True)
class RowRequest:
    """What a row asks for: facts under an id or a reference, or of somebody new."""

    kind: CustomerKind | None
    facts: Facts
    reference: Reference | None
    id: UUID | None  # as the row names it; a reference's id comes from the registry


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused: a code, the field it is about, and a sentence."""

    code: str
    field: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a file as it was read: what it asks for or why it can not be read, and what it said."""

    row: int  # its number in the file, the header included: as a spreadsheet program shows it
    request: RowRequest | Reason
    content: str  # the record's text
    formulas: int = 0  # cells that look like formulas


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row. `before` is what the file said, None where the row opened it."""

    row: ImportRow
    outcome: str
    file: CustomerFile | None = None
    before: dict[str, Any] | None = None
    reason: Reason | None = None


@dataclass(slots=True)
class ImportBatch:
    """The files that some rows name, and what the rows make of them; each row sees what the ones before it did."""

    registration: RegistrationBatch
    on_existing: OnExisting
    visible: Collection[UUID]  # those of the files that who asked for the import may see
    merged: dict[UUID, CombinedFile] = field(default_factory=dict)  # what merged customers say together
    edited: list[tuple[CombinedFile, frozenset[str]]] = field(default_factory=list)  # fields of these, where it counts
    amended: dict[UUID, CustomerFile] = field(default_factory=dict)
    originals: dict[UUID, CustomerFile] = field(default_factory=dict)  # of the amended
    events: list[Event] = field(default_factory=list)

    def take(
        self, row: ImportRow, customer_id: UUID | None, at: datetime, new_id: Callable[[], UUID],
        regions: Sequence[str],
    ) -> RowOutcome:  # fmt: skip
        """The outcome of the next row; `customer_id` is whom its reference or id means, None for nobody yet."""
        if isinstance(row.request, Reason):
            return RowOutcome(row, REFUSED, reason=row.request)
        try:
            return self._take(row, row.request, customer_id, at, new_id, regions)
        except DomainError as refusal:
            return RowOutcome(row, REFUSED, reason=reason_of(refusal))

    def _take(
        self, row: ImportRow, request: RowRequest, customer_id: UUID | None, at: datetime,
        new_id: Callable[[], UUID], regions: Sequence[str],
    ) -> RowOutcome:  # fmt: skip
        if request.id is not None and customer_id is not None and request.id not in self._members_of(customer_id):
            raise conflict(
                "names_two_customers", "The id and the reference of this row are those of two customers.", pointer="/id"
            )
        known = None if customer_id is None else self.registration.files.get(customer_id)
        if known is None and request.id is not None:
            raise customer_not_found(None, pointer="/id")
        is_own = known is not None and (known.id in self.registration.opened or known.id in self.visible)
        if known is not None and not is_own:
            raise customer_not_found(None, pointer="/id" if request.id is not None else "/ref")
        if known is not None and known.id in self.merged:
            return self._merged(row, request, self.merged[known.id], at, regions)
        if known is not None and known.kind != "unknown":
            return self._existing(row, request, known, at, regions)
        if request.kind is None:
            raise invalid("kind_required", "A new customer is an organisation or a person.", pointer="/kind")
        opening = RegistrationRequest(request.kind, request.facts, request.reference, customer_id)
        opened = self.registration.open(opening, at, new_id, regions)
        before = None if known is None else {"kind": known.kind, "facts": dict(known.facts)}
        return RowOutcome(row, OPENED, opened.file, before)

    def _members_of(self, customer_id: UUID) -> Sequence[UUID]:
        """All who are one with a customer."""
        return self.merged[customer_id].members if customer_id in self.merged else (customer_id,)

    def _existing(
        self, row: ImportRow, request: RowRequest, known: CustomerFile, at: datetime, regions: Sequence[str]
    ) -> RowOutcome:
        file, events = amend_file(known, request.kind, request.facts, at, regions=regions)
        if file is known:
            return RowOutcome(row, UNCHANGED, known)
        if self.on_existing == "skip":
            return RowOutcome(row, SKIPPED, known)
        if self.on_existing == "refuse":
            raise file_exists(known.id)
        self._keep(file, known)
        self.events += events
        if request.reference is not None:
            self.registration.sources.add((known.id, request.reference.source))
        return RowOutcome(row, UPDATED, file, {"kind": known.kind, "facts": dict(known.facts)})

    def _merged(
        self, row: ImportRow, request: RowRequest, known: CombinedFile, at: datetime, regions: Sequence[str]
    ) -> RowOutcome:
        """A customer who was merged says what its members say together. What a row says otherwise goes to the root's
        own file, and counts from then on, as a change by hand does."""
        wanted, _ = amend_file(known.file, request.kind, request.facts, at, regions=regions)
        if wanted is known.file:
            return RowOutcome(row, UNCHANGED, known.file)
        if self.on_existing == "skip":
            return RowOutcome(row, SKIPPED, known.file)
        if self.on_existing == "refuse":
            raise file_exists(known.id)
        fields = frozenset(name for name in request.facts if wanted.facts.get(name) != known.file.facts.get(name))
        own = known.own[known.edited_member]
        changes = {name: request.facts[name] for name in fields}
        file, events = amend_file(own, request.kind, changes, at, regions=regions)
        before = {"kind": own.kind, "facts": dict(own.facts), "edited": known.edited_fields}
        self.originals.setdefault(own.id, own)
        self.amended[own.id] = file
        self.events += events
        self.edited.append((known, fields))
        if request.reference is not None:
            self.registration.sources.add((known.id, request.reference.source))
        self.merged |= dict.fromkeys(known.members, known.amended(file, fields))
        return RowOutcome(row, UPDATED, file, before)

    def _keep(self, file: CustomerFile, known: CustomerFile) -> None:
        self.registration.files[file.id] = file
        if file.id in self.registration.opened:
            self.registration.opened[file.id] = file
        elif file.id in self.registration.completed:
            self.registration.completed[file.id] = file
        else:
            self.originals.setdefault(file.id, known)
            self.amended[file.id] = file


def reason_of(refusal: DomainError) -> Reason:
    """A refusal as the reason of a row: its code, the field it points at, and its sentence."""
    field_name = refusal.pointer.strip("/").partition("/")[0] if refusal.pointer else None
    return Reason(refusal.code, field_name or None, refusal.detail)
