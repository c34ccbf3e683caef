"""SQL of who can be reached about a case: only ever erased after it was written."""

from typing import NamedTuple
from uuid import UUID

from shared.messaging import Transaction

ERASE = "update case_story set contact_name = null, contact_phone = null, contact_email = null"
LAST_DIGITS = 8  # as an exchange leaves them of a number that was written otherwise


class CaseContact(NamedTuple):
    """Who can be reached about a case, as whoever filed it said; and whose case it is."""

    customer_id: UUID | None
    name: str | None
    phone: str | None
    email: str | None

    @property
    def channels(self) -> list[str]:
        """By which channels a message reaches this person."""
        addresses = {"email": self.email, "text": self.phone}
        return [channel for channel, address in addresses.items() if address]


async def find_contact(tx: Transaction, case_id: UUID) -> CaseContact | None:
    """Who can be reached about a case; None where there is no such case, or its story was erased."""
    row = await tx.raw.fetchrow(
        """select customer_id, contact_name, contact_phone, contact_email
           from complaint_case c join case_story s on s.case_id = c.id where c.id = $1""",
        case_id,
    )
    return None if row is None else CaseContact(*row)


async def erase_contact_of_case(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The case, or none where nobody could be reached any more."""
    rows = await tx.raw.fetch(
        f"""{ERASE} where case_id = $1 and num_nonnulls(contact_name, contact_phone, contact_email) > 0
            returning case_id""",
        case_id,
    )
    return [row["case_id"] for row in rows]


async def erase_contacts_by_number(tx: Transaction, number: str) -> list[UUID]:
    """All who gave this number, however they wrote it: by its last eight digits. Their cases."""
    digits = "".join(filter(str.isdigit, number))[-LAST_DIGITS:]
    if len(digits) < LAST_DIGITS:
        return []
    rows = await tx.raw.fetch(
        f"""{ERASE} where right(regexp_replace(contact_phone, '[^0-9]', '', 'g'), {LAST_DIGITS}) = $1
            returning case_id""",
        digits,
    )
    return [row["case_id"] for row in rows]
