"""Files are opened (P1, P12); every one of them leaves a line in the access trail (P13)."""

from collections.abc import Sequence

from services.profile_svc.audit.repository import add_access
from services.profile_svc.core.domain import Reader
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.registration import Opened, Opening, Wanted, already_has_a_file
from services.profile_svc.files.repository import registration
from services.profile_svc.references.repository import add_references, find_customers_of
from shared.errors import DomainError
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def open_customer_files(
    tx: Transaction, reader: Reader, wanted: Sequence[Wanted], *, regions: Sequence[str]
) -> list[Opened | DomainError]:
    """The outcome of each, in order; one that is refused does not stop the others. A line sent again, as it was, finds
    its file: so an import that was cut short is simply sent again."""
    references = await find_customers_of(tx, [one.reference for one in wanted if one.reference is not None])
    ids = {*references.values(), *(one.id for one in wanted if one.id is not None)}
    batch = Opening(references, await registration.load_files(tx, ids))
    outcomes = [_open(batch, reader, one, tx, regions) for one in wanted]
    await registration.add_files(tx, list(batch.opened.values()))
    await registration.complete_stubs(tx, list(batch.completed.values()))
    await add_references(tx, batch.named)
    opened = [*batch.opened, *batch.completed]
    if opened:
        await add_access(tx, reader, "opened", opened)
    announce(tx, batch.events)
    return outcomes


def _open(
    batch: Opening, reader: Reader, wanted: Wanted, tx: Transaction, regions: Sequence[str]
) -> Opened | DomainError:
    try:
        if wanted.reference is not None:
            reader.check_source(wanted.reference[0])
        return batch.open(wanted, tx.at, new_id, regions)
    except DomainError as refusal:
        return refusal


async def open_customer_file(
    tx: Transaction, reader: Reader, wanted: Wanted, *, regions: Sequence[str]
) -> CustomerFile:
    """One file, by hand: that it is there already is worth knowing, whatever it says."""
    (outcome,) = await open_customer_files(tx, reader, [wanted], regions=regions)
    if isinstance(outcome, DomainError):
        raise outcome
    if not outcome.is_new:
        raise already_has_a_file(outcome.file.id)
    return outcome.file
