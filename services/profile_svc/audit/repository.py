"""Lines of the access trail (P13)."""

from collections.abc import Sequence
from uuid import UUID

from services.profile_svc.core.domain import Reader
from shared.messaging import Transaction


async def add_access(tx: Transaction, reader: Reader, action: str, customer_ids: Sequence[UUID]) -> None:
    """The access trail (P13): a plain row for every file somebody saw or changed."""
    await tx.raw.execute(
        """insert into file_access (at, actor, customer_id, action)
           select $1, $2, id, $3 from unnest($4::uuid[]) as a(id)""",
        tx.at, reader.actor, action, customer_ids,
    )  # fmt: skip
