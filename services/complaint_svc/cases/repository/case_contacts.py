"""SQL of who can be reached about a case: only ever erased after it was written."""

from uuid import UUID

from shared.messaging import Transaction

ERASE = "update case_story set contact_name = null, contact_phone = null, contact_email = null"
LAST_DIGITS = 8  # as an exchange leaves them of a number that was written otherwise


async def erase_contact_of_case(tx: Transaction, case_id: UUID) -> int:
    """How many there were: one, or none any more."""
    status = await tx.raw.execute(
        f"{ERASE} where case_id = $1 and num_nonnulls(contact_name, contact_phone, contact_email) > 0", case_id
    )
    return int(status.rpartition(" ")[2])


async def erase_contacts_by_number(tx: Transaction, number: str) -> int:
    """All who gave this number, however they wrote it: by its last eight digits. How many there were."""
    digits = "".join(filter(str.isdigit, number))[-LAST_DIGITS:]
    if len(digits) < LAST_DIGITS:
        return 0
    status = await tx.raw.execute(
        f"{ERASE} where right(regexp_replace(contact_phone, '[^0-9]', '', 'g'), {LAST_DIGITS}) = $1", digits
    )
    return int(status.rpartition(" ")[2])
