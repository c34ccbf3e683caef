"""Erasures are asked for, done in profile itself, and end when everybody has told so (P13)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.profile_svc.erasure import repository
from services.profile_svc.erasure.domain import SERVICES, Person, Receipt, open_cases, requests_of
from services.profile_svc.files.domain.phones import every_e164
from services.profile_svc.files.repository import customer_files
from services.profile_svc.teams import repository as teams
from services.profile_svc.teams.domain import release
from shared.chassis import Actor
from shared.chassis.audit import add_access, name_in_trail
from shared.chassis.http.idempotency import forget
from shared.customers import list_members
from shared.erasure import begin_erasures
from shared.errors import not_found
from shared.events import (
    ComplaintDataErased,
    Event,
    IntakeDataErased,
    LoyaltyDataErased,
    ProfileDataErased,
    TieringDataErased,
)
from shared.files import file_store
from shared.files.removal import delete_removed_bytes
from shared.jobs import JobContext
from shared.messaging import Transaction, announce, new_id

ReceiptEvent = IntakeDataErased | ProfileDataErased | TieringDataErased | ComplaintDataErased | LoyaltyDataErased

SERVICE_OF: dict[type[Event], str] = {
    IntakeDataErased: "gateway",
    ProfileDataErased: "profile",
    TieringDataErased: "tiering",
    ComplaintDataErased: "complaint",
    LoyaltyDataErased: "loyalty",
}
RESTORED = "restored"  # the reason of an erasure that was learned of from its receipts


async def erase_customer(tx: Transaction, actor: Actor, customer_id: UUID, reason: str) -> UUID:
    """Ask for the erasure of a customer, and of all it is one with. Returns the erasure's id.

    404 `customer_not_found`, also for one that is erased already; 409 `open_cases`.
    """
    await customer_files.load_file(tx, customer_id, actor)
    members = (await list_members(tx, [customer_id]))[customer_id]
    count = await repository.count_open_cases(tx, members)
    if count:
        raise open_cases(count)
    erasure_id = new_id()
    await repository.add_erasure(tx, erasure_id, customer_id, None, reason, name_in_trail(actor))
    requests = requests_of(erasure_id, members, None, tx.at)
    await begin_erasures(tx, requests)
    await add_access(tx, actor, "erased", members)
    announce(tx, requests)
    return erasure_id


async def erase_person(tx: Transaction, actor: Actor, person: Person, reason: str, *, regions: Sequence[str]) -> UUID:
    """Ask for the erasure of a person who is no customer. Returns the erasure's id.

    422 `person_not_identified`; 404 for a customer or a case that is not there. The event names the person by an id
    alone: of a case's contact the case's, of others the erasure's.
    """
    person.check()
    erasure_id = new_id()
    customer_id, person_id = person.customer_id, erasure_id
    if person.number is not None:
        person = Person("caller", number=next(iter(every_e164(person.number, regions)), person.number.strip()))
    if person.case_id is not None:
        is_known, customer_id = await repository.find_customer_of_case(tx, person.case_id)
        if not is_known:
            raise not_found("complaint_not_found", "There is no complaint with this id.")
        person_id = person.case_id
    elif customer_id is not None:
        await customer_files.load_file(tx, customer_id, actor)
    await repository.add_erasure(tx, erasure_id, customer_id, person, reason, name_in_trail(actor))
    requests = requests_of(erasure_id, [customer_id or person_id], person_id, tx.at)
    await begin_erasures(tx, requests)
    if customer_id is not None:
        await add_access(tx, actor, "erased_person", [customer_id])
    announce(tx, requests)
    return erasure_id


async def find_person(context: JobContext, erasure_id: UUID) -> Any:
    """What identifies the person of an erasure, from profile's own row."""
    async with context.database.transaction() as tx:
        return await repository.find_person(tx, erasure_id)


async def erase_person_in_profile(tx: Transaction, customer_id: UUID, person: Any) -> Sequence[str]:
    """Erase a person who is no customer from calls, the contact log or a file, and from stored replies. The names of
    the stores in which there was something."""
    if person["kind"] == "caller":
        calls = await repository.list_calls_of_number(tx, person["number"])
        await repository.erase_calls_of_number(tx, person["number"])
        forgotten = sum([await forget(tx, text) for text in (*calls, person["number"])])
        return (*(["call"] if calls else []), *(["idempotency"] if forgotten else []))
    if person["customer_id"] is not None:
        await forget(tx, person["customer_id"])
    if person["kind"] == "contact":
        return ("contact_log",) if await repository.erase_contacts_by_name(tx, customer_id, person["name"]) else ()
    if person["kind"] == "family_member":
        return ("customer",) if await repository.erase_family_member(tx, customer_id, person["name"]) else ()
    return ()


async def delete_bytes_of_erased_files(context: JobContext) -> None:
    """The bytes of files whose rows were erased go as well, before profile says that it has nothing left."""
    await delete_removed_bytes(context.database, file_store(context.settings))


async def end_what_goes_on(tx: Transaction, receipt: Event) -> None:
    """Nobody looks after an erased customer: its team is released. Then profile has done its own part."""
    assert isinstance(receipt, ProfileDataErased)
    if receipt.person_id is None:
        for assignment in await teams.list_assignments(tx, receipt.customer_id):
            if assignment.is_current:
                released, events = release(assignment, max(tx.at, assignment.assigned_at), hand_over_note=None)
                await teams.save_assignments(tx, [released])
                if released.role == "account_manager":
                    await teams.save_account_manager(tx, receipt.customer_id, None)
                announce(tx, events)
    await keep_receipts(tx, [receipt])


async def keep_receipts(tx: Transaction, receipts: Sequence[ReceiptEvent]) -> None:
    """A service has erased; with the last receipt the erasure has ended.

    One of an erasure that is not known here was asked for after the backup that profile came back from: it is begun
    again. Who a person was can not be learned from a receipt, so that one has to be asked for again by somebody.
    """
    known = await repository.lock_erasures(tx, {receipt.erasure_id for receipt in receipts})
    lost = [receipt for receipt in receipts if receipt.erasure_id not in known and receipt.person_id is None]
    for receipt in lost:
        await repository.add_erasure(tx, receipt.erasure_id, receipt.customer_id, None, RESTORED, "system")
        await begin_erasures(tx, requests_of(receipt.erasure_id, [receipt.customer_id], None, receipt.erased_at))
    kept = [receipt for receipt in receipts if receipt.erasure_id in known or receipt.person_id is None]
    newest = {(r.erasure_id, r.customer_id): r for r in kept}
    await repository.add_receipts(
        tx,
        [
            Receipt(r.erasure_id, r.customer_id, SERVICE_OF[type(r)], r.erased_at, tuple(r.stores))
            for r in newest.values()
        ],
    )
    await repository.finish_erasures(tx, {receipt.erasure_id for receipt in kept}, len(SERVICES))
