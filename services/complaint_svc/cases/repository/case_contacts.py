"""SQL of who can be reached about a case: only ever erased after it was written."""

from uuid import UUID

from shared.messaging import Transaction

ERASE = "update case_story set contact_name = null, contact_phone = null, contact_email = null"
LAST_DIGITS = 8  # as an exchange leaves them of a number that was written otherwise


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
