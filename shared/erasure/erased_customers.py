"""Whose personal data is to be erased, or was: the mark that stays."""

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from shared.erasure.tables import erased_customer
from shared.messaging import Transaction
from shared.sql import insert_many


class ErasureMark(Protocol):
    """What a mark is made of; `ErasureRequested` is one."""

    @property
    def customer_id(self) -> UUID: ...

    @property
    def erasure_id(self) -> UUID: ...

    @property
    def person_id(self) -> UUID | None: ...

    @property
    def requested_at(self) -> Any: ...


async def mark_erased(tx: Transaction, marks: Iterable[ErasureMark]) -> None:
    """From the end of this transaction on these customers are not found. Marked again changes nothing."""
    rows = [
        {
            "customer_id": mark.customer_id,
            "erasure_id": mark.erasure_id,
            "person_id": mark.person_id,
            "requested_at": mark.requested_at,
        }
        for mark in marks
    ]
    await insert_many(tx, erased_customer, rows, shared={"recorded_at": tx.at}, on_conflict="nothing")


async def is_erased(tx: Transaction, customer_id: UUID) -> bool:
    """Whether the personal data of this customer is to be erased, or was."""
    sql = "select exists (select from erased_customer where customer_id = $1 and person_id is null)"
    return bool(await tx.raw.fetchval(sql, customer_id))


async def without_erased(tx: Transaction, customer_ids: Iterable[UUID]) -> list[UUID]:
    """Those of the customers whose personal data was not erased, and is not to be."""
    ids = sorted(set(customer_ids))
    rows = await tx.raw.fetch(
        "select customer_id from erased_customer where customer_id = any($1::uuid[]) and person_id is null", ids
    )
    erased = {row["customer_id"] for row in rows}
    return [customer_id for customer_id in ids if customer_id not in erased]


async def list_erased(tx: Transaction, after: UUID | None, limit: int) -> list[UUID]:
    """Customers whose data was erased here, in the order of their ids."""
    rows = await tx.raw.fetch(
        """select distinct customer_id from erased_customer
           where person_id is null and erased_at is not null and ($1::uuid is null or customer_id > $1)
           order by customer_id limit $2""",
        after, limit,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]


async def save_erased(tx: Transaction, erasure_id: UUID, customer_id: UUID) -> None:
    """This service has nothing left of the customer, as of now."""
    await tx.raw.execute(
        "update erased_customer set erased_at = $3 where erasure_id = $1 and customer_id = $2 and erased_at is null",
        erasure_id, customer_id, tx.at,
    )  # fmt: skip


# A transaction that began before the mark may have found the customer, and may still write about it.
OLDER = """
select exists (
    select from pg_stat_activity a, erased_customer e
    where e.erasure_id = $1 and e.customer_id = $2 and a.datname = current_database() and a.pid <> pg_backend_pid()
      and a.usename = current_user and a.xact_start <= e.marked_at + interval '1 second'
      and a.xact_start > now() - interval '60 seconds' and a.backend_type = 'client backend'
)
"""


async def is_older_work_under_way(tx: Transaction, erasure_id: UUID, customer_id: UUID) -> bool:
    """Whether a transaction is under way that may not know of the mark yet. What runs for more than a minute is no
    request; should it write, the sweep finds it."""
    return bool(await tx.raw.fetchval(OLDER, erasure_id, customer_id))
