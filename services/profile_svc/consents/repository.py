"""SQL of consents (P13)."""

from uuid import UUID

from services.profile_svc.consents.domain import Consent
from services.profile_svc.consents.tables import consent
from shared.customers import list_members
from shared.messaging import Transaction
from shared.sql import insert_many

COLUMNS = "id, customer_id, purpose, channel, granted, changed_at, recorded_at, origin, recorded_by"


async def list_statements(tx: Transaction, customer_id: UUID) -> list[Consent]:
    """All that the customer said, and those that are one with it, the oldest first."""
    members = (await list_members(tx, [customer_id]))[customer_id]
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from consent where customer_id = any($1) order by changed_at, recorded_at, id",
        list(members),
    )
    return [Consent(*row) for row in rows]


async def add_statement(tx: Transaction, statement: Consent) -> None:
    """Keep a statement."""
    await insert_many(tx, consent, [statement])
