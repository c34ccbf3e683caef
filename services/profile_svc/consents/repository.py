"""SQL of consents (P13)."""

from uuid import UUID

from services.profile_svc.consents.domain import Consent
from services.profile_svc.consents.tables import consent
from shared.customers import list_members
from shared.messaging import Transaction
from shared.sql import insert_many

COLUMNS = "id, customer_id, purpose, channel, granted, changed_at, recorded_at, origin, recorded_by, contact_id"


async def list_statements(tx: Transaction, customer_id: UUID, contact_id: UUID | None = None) -> list[Consent]:
    """All that the customer itself said, and those that are one with it, the oldest first; or all that a contact said,
    whoever's contact it was taken for then."""
    if contact_id is not None:
        rows = await tx.raw.fetch(
            f"select {COLUMNS} from consent where contact_id = $1 order by changed_at, recorded_at, id", contact_id
        )
        return [Consent(*row) for row in rows]
    members = (await list_members(tx, [customer_id]))[customer_id]
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from consent where customer_id = any($1) and contact_id is null
            order by changed_at, recorded_at, id""",
        list(members),
    )
    return [Consent(*row) for row in rows]


async def is_contact(tx: Transaction, customer_id: UUID, contact_id: UUID) -> bool:
    """Whether a contact is one of the customer's, or of who is one with it: it is named by the id of the case."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    is_named: bool = await tx.raw.fetchval(
        "select exists (select from case_copy where case_id = $1 and customer_id = any($2))", contact_id, list(members)
    )
    return is_named


async def add_statement(tx: Transaction, statement: Consent) -> None:
    """Keep a statement."""
    await insert_many(tx, consent, [statement])
