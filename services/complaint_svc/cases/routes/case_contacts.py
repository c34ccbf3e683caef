"""Who can be reached about a case, for the service that has messages written (C2). Internal: no person asks here."""

from services.complaint_svc.cases.repository.case_contacts import find_contact
from shared.chassis import CurrentActor, Id, Read, Tx, allow, service_router
from shared.chassis.audit import add_access

internal_router = service_router(prefix="/internal/complaints", tags=["internal"])


class CaseContactInternal(Read):
    """Whom to reach about a case, as it was written down."""

    name: str | None
    phone: str | None
    email: str | None


@internal_router.get("/{complaint_id}/contact", dependencies=[allow("internal")])
async def read_contact_of_case(complaint_id: Id, tx: Tx, actor: CurrentActor) -> CaseContactInternal | None:
    """Whom a message about the case is for; null where nobody is named, or that person was erased."""
    contact = await find_contact(tx, complaint_id)
    if contact is None or not contact.channels:
        return None
    if contact.customer_id is not None:
        await add_access(tx, actor, "read_message", [contact.customer_id], fields=("contact",))
    return CaseContactInternal(name=contact.name, phone=contact.phone, email=contact.email)
