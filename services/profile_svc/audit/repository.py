"""Lines of the access trail (P13)."""

from collections.abc import Sequence
from uuid import UUID

from services.profile_svc.audit.tables import file_access
from services.profile_svc.core.domain import Reader
from shared.messaging import Transaction
from shared.sql import insert_columns


async def add_access(tx: Transaction, reader: Reader, action: str, customer_ids: Sequence[UUID]) -> None:
    """The access trail (P13): a plain row for every file somebody saw or changed."""
    access = {"at": tx.at, "actor": reader.actor, "action": action}
    await insert_columns(tx, file_access, {"customer_id": customer_ids}, shared=access)
