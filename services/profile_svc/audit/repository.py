"""Lines of the access trail (P13)."""

from collections.abc import Sequence
from uuid import UUID

from services.profile_svc.audit.tables import file_access
from shared.chassis import Actor
from shared.messaging import Transaction
from shared.sql import insert_columns


def name_in_trail(actor: Actor) -> str:
    """Who it was, as the access trail writes it: `person:ann`, `partner:<its key>`."""
    return f"{actor.kind}:{actor.subject}"


async def add_access(tx: Transaction, actor: Actor, action: str, customer_ids: Sequence[UUID]) -> None:
    """The access trail (P13): a plain row for every file somebody saw or changed."""
    access = {"at": tx.at, "actor": name_in_trail(actor), "action": action}
    await insert_columns(tx, file_access, {"customer_id": customer_ids}, shared=access)
