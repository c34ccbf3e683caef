"""A restore brings back what was erased since the backup was taken: it is erased again at the next start (P13)."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg


class ErasedCustomer(NamedTuple):
    """A customer whose personal data was to be erased."""

    customer_id: UUID
    erasure_id: UUID
    requested_at: datetime


ERASED = "select customer_id, erasure_id, requested_at from erased_customer where person_id is null"
MARK = """
insert into erased_customer (customer_id, erasure_id, requested_at, recorded_at)
values ($1, $2, $3, now()) on conflict (customer_id, erasure_id) do nothing
"""
ASK = """
insert into job (id, kind, lane, once, params, requested_by, requested_at)
select gen_random_uuid(), 'erasure', 'erasure:' || name, name,
       jsonb_build_object('customer_id', $1::text, 'erasure_id', $2::text, 'person_id', null), 'restore', now()
from (select $2::text || ':' || $1::text as name) as n
on conflict (kind, once) do nothing
"""


async def list_erased(url: str) -> set[ErasedCustomer]:
    """Whose data this service's database knows to be erased, or to be erased soon."""
    connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
    try:
        return {ErasedCustomer(*row) for row in await connection.fetch(ERASED)}
    finally:
        await connection.close(timeout=5)


async def erase_again(url: str, erased: Iterable[ErasedCustomer]) -> None:
    """Mark them in a restored database, and ask for the jobs that erase: they begin when its service starts."""
    connection = await asyncpg.connect(url, timeout=30, command_timeout=600)
    try:
        rows = sorted(erased)
        await connection.executemany(MARK, rows)
        await connection.executemany(ASK, [(str(row.customer_id), str(row.erasure_id)) for row in rows])
    finally:
        await connection.close(timeout=5)
