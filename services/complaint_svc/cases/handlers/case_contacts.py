"""Persons who can be reached about a case and are no customers themselves are erased on their own (P13)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.complaint_svc.cases.repository import case_contacts
from shared.chassis.http.idempotency import forget
from shared.messaging import Transaction


async def erase_case_contacts(tx: Transaction, _customer_id: UUID, person: Mapping[str, Any]) -> Sequence[str]:
    """Erase who can be reached: of one case (`case_contact`), or wherever a number is given (`caller`). What happened
    stays as it was told. Stored replies about the cases go. The names of the stores in which there was something."""
    case_ids: list[UUID] = []
    if person["kind"] == "case_contact":
        case_ids = await case_contacts.erase_contact_of_case(tx, UUID(person["case_id"]))
    elif person["kind"] == "caller":
        case_ids = await case_contacts.erase_contacts_by_number(tx, person["number"])
    forgotten = sum([await forget(tx, str(case_id)) for case_id in case_ids])
    return (*(["case_story"] if case_ids else []), *(["idempotency"] if forgotten else []))
