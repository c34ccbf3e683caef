"""Files are opened and amended (P1); every change leaves a line in the access trail (P13)."""

from collections.abc import Sequence
from uuid import UUID

from services.profile_svc.domain.customer import CustomerFile, Facts, Kind, amend_file, open_file
from services.profile_svc.domain.reader import Reader
from services.profile_svc.repository import customers
from services.profile_svc.repository.customers import Reference
from shared.errors import DomainError, conflict
from shared.events import Event
from shared.messaging import Transaction, announce

EVERYBODY = Reader("profile")


async def open_customer_file(
    tx: Transaction,
    reader: Reader,
    id: UUID,
    kind: Kind,
    facts: Facts,
    reference: Reference | None,
    *,
    regions: Sequence[str],
) -> CustomerFile:
    """A new file; or the stub of its reference, or of this id, completed, so that nobody has two."""
    if reference is not None:
        reader.check_source(reference.source)
        id = await customers.find_customer_of(tx, reference) or id
    file, events = open_file(id, kind, facts, tx.at, regions=regions)
    if not await customers.add_file(tx, file):
        file, events = await complete_stub(tx, id, kind, facts, regions)
    if reference is not None:
        added = await customers.add_reference(tx, reference, file.id)
        if not added and await customers.find_customer_of(tx, reference) != file.id:
            raise conflict("reference_taken", "meanwhile this reference was given to another customer")
    await customers.add_access(tx, reader, "opened", [file.id])
    announce(tx, events)
    return file


async def complete_stub(
    tx: Transaction, id: UUID, kind: Kind, facts: Facts, regions: Sequence[str]
) -> tuple[CustomerFile, list[Event]]:
    stub = await customers.load_file(tx, id, EVERYBODY)
    if stub.kind != "unknown":
        raise already_has_a_file(id)
    file, events = amend_file(stub, kind, facts, tx.at, regions=regions)
    await customers.save_file(tx, file, before=stub)
    return file, events


def already_has_a_file(id: UUID) -> DomainError:
    return conflict("file_exists", "this customer has a file already: change it with PATCH", customer_id=str(id))


async def amend_customer_file(
    tx: Transaction, reader: Reader, file: CustomerFile, kind: Kind | None, changes: Facts, *, regions: Sequence[str]
) -> CustomerFile:
    """`file` is locked and is the version that the caller has seen."""
    amended, events = amend_file(file, kind, changes, tx.at, regions=regions)
    if amended is not file:
        await customers.save_file(tx, amended, before=file)
    await customers.add_access(tx, reader, "changed", [file.id])
    announce(tx, events)
    return amended
