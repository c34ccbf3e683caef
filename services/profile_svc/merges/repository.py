"""SQL of merges: the intervals that every service keeps, what was decided with them, and who stands for whom now."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.profile_svc.merges.domain import Merge
from shared.customers import list_connected
from shared.errors import not_found
from shared.messaging import Transaction

OF_CUSTOMERS = """
select merge_id, root_id, absorbed_id, merged_at, d.keep::text as keep, d.merged_by, unmerged_at, d.unmerged_by
from customer_merge m join merge_decision d using (merge_id)
where m.root_id = any($1::uuid[]) order by merged_at, merge_id
"""


async def list_merges(tx: Transaction, customer_id: UUID) -> list[Merge]:
    """All merges of a customer and of all who are or ever were one with it, undone ones too, oldest first."""
    connected = await list_connected(tx, [customer_id])
    return [_merge(row) for row in await tx.raw.fetch(OF_CUSTOMERS, connected)]


def check_merge(merges: Sequence[Merge], merge_id: UUID) -> None:
    """404 when the customer has no such merge."""
    if all(merge.merge_id != merge_id for merge in merges):
        raise not_found("merge_not_found", "The customer has no such merge.")


async def add_merge(tx: Transaction, merge: Merge) -> None:
    """Insert a merge with what was decided."""
    await tx.raw.execute(
        """insert into customer_merge (merge_id, absorbed_id, root_id, merged_at, recorded_at)
           values ($1, $2, $3, $4, $5)""",
        merge.merge_id, merge.absorbed_id, merge.root_id, merge.merged_at, tx.at,
    )  # fmt: skip
    await tx.raw.execute(
        "insert into merge_decision (merge_id, keep, merged_by) values ($1, $2::text::jsonb, $3)",
        merge.merge_id, orjson.dumps(dict(merge.keep)).decode(), merge.merged_by,
    )  # fmt: skip


async def save_undoing(tx: Transaction, merge: Merge) -> None:
    """Close the interval of a merge."""
    await tx.raw.execute(
        "update customer_merge set unmerged_at = $2 where merge_id = $1", merge.merge_id, merge.unmerged_at
    )
    await tx.raw.execute(
        "update merge_decision set unmerged_by = $2 where merge_id = $1", merge.merge_id, merge.unmerged_by
    )


async def save_roots(tx: Transaction, members: Sequence[UUID], root_id: UUID) -> None:
    """Write who stands for these customers now; for one alone, nobody does."""
    await tx.raw.execute(
        "update customer set root_id = $2 where id = any($1::uuid[])",
        list(members), root_id if len(members) > 1 else None,
    )  # fmt: skip


def _merge(row: Mapping[str, Any]) -> Merge:
    return Merge(**{**row, "keep": orjson.loads(row["keep"])})
