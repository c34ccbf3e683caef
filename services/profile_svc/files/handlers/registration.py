"""Files are opened (P1, P12); every one of them leaves a line in the access trail (P13)."""

from collections.abc import Sequence
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.look_alikes import LookAlike, looks_like_another
from services.profile_svc.files.domain.registration import (
    Registration,
    RegistrationBatch,
    RegistrationRequest,
    file_exists,
)
from services.profile_svc.files.repository import registration
from services.profile_svc.files.repository.look_alikes import list_look_alikes, lock_what_is_alike
from services.profile_svc.references.domain import require_own_source
from services.profile_svc.references.repository.customer_sources import add_sources
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.erasure import without_erased
from shared.errors import DomainError, customer_not_found
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def register_customers(
    tx: Transaction, actor: Actor, requests: Sequence[RegistrationRequest], *, regions: Sequence[str]
) -> list[Registration | DomainError]:
    """Open files: the outcome of each request, in order; one that is refused does not stop the others.

    A request sent again, as it was, finds its file: so an import that was cut short is simply sent again.
    """
    ids = {request.id for request in requests if request.id is not None}
    batch = RegistrationBatch(await registration.load_files(tx, ids))
    living = set(await without_erased(tx, ids)) if ids else set()
    outcomes = [
        customer_not_found(request.id)
        if request.id is not None and request.id not in living
        else _open(batch, actor, request, tx, regions)
        for request in requests
    ]
    await registration.add_files(tx, list(batch.opened.values()))
    await registration.complete_stubs(tx, list(batch.completed.values()))
    await add_sources(tx, batch.sources)
    opened = [*batch.opened, *batch.completed]
    if opened:
        await add_access(tx, actor, "opened", opened)
    announce(tx, batch.events)
    return outcomes


async def list_alike_of_new(
    tx: Transaction, actor: Actor, outcomes: Sequence[Registration | DomainError]
) -> dict[UUID, list[LookAlike]]:
    """Of the files that were just opened those that look like others (P12), and which; those who are shown leave a line
    in the access trail (P13)."""
    new = [outcome.file for outcome in outcomes if isinstance(outcome, Registration) and outcome.is_new]
    alike = {file.id: candidates for file in new if (candidates := await list_look_alikes(tx, actor, file))}
    shown = {candidate.customer_id for candidates in alike.values() for candidate in candidates}
    if shown:
        await add_access(tx, actor, "looked_alike", sorted(shown))
    return alike


def _open(
    batch: RegistrationBatch, actor: Actor, request: RegistrationRequest, tx: Transaction, regions: Sequence[str]
) -> Registration | DomainError:
    try:
        if request.reference is not None:
            require_own_source(actor.source, request.reference.source)
        return batch.open(request, tx.at, new_id, regions)
    except DomainError as refusal:
        return refusal


async def register_customer(
    tx: Transaction,
    actor: Actor,
    request: RegistrationRequest,
    *,
    regions: Sequence[str],
    refuse_duplicates: bool,
) -> tuple[CustomerFile, list[LookAlike]]:
    """One file, by hand: that it is there already is worth knowing, whatever it says; and whose it looks like (P12).

    With `refuse_duplicates` a file that looks like another is not opened: 409 `looks_like_another`.
    """
    (outcome,) = await register_customers(tx, actor, [request], regions=regions)
    if isinstance(outcome, DomainError):
        raise outcome
    if not outcome.is_new:
        raise file_exists(outcome.file.id)
    if refuse_duplicates:
        await lock_what_is_alike(tx, outcome.file)
    look_alikes = await list_look_alikes(tx, actor, outcome.file)
    if look_alikes and refuse_duplicates:
        raise looks_like_another(look_alikes)
    await add_access(tx, actor, "looked_alike", [alike.customer_id for alike in look_alikes])
    return outcome.file, look_alikes
