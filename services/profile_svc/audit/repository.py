"""Lines of the access trail, and the seals over them (P13)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
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


LINES_PER_SEAL = 5000

# The digest of a seal: SHA-256 over the digest of the one before it and its lines, in the order of their numbers.
ADD_SEAL = """
with last as (
    select coalesce(max(number), 0) as number, coalesce(max(last_id), 0) as id,
           coalesce((select digest from file_access_seal order by number desc limit 1), '') as digest
    from file_access_seal
), settled as (
    select least($1::timestamptz, min(xact_start) - $2::interval) as before
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
), lines as (
    select * from file_access a
    where a.id > (select id from last)
      and a.id <= (select max(b.id) from file_access b where b.id > (select id from last)
                   and b.at < (select before from settled))
    order by a.id limit $3
)
insert into file_access_seal (number, last_id, lines, digest, sealed_at)
select (select number from last) + 1, max(id), count(*),
       sha256((select digest from last) || convert_to(string_agg(jsonb_build_array(
           id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, customer_id, action)::text,
           e'\\n' order by id), 'UTF8')), $4
from lines having count(*) > 0
returning number, last_id, digest
"""


class Seal(NamedTuple):
    """A seal over the lines after those of the one before it, up to `last_id`."""

    number: int
    last_id: int
    digest: bytes


async def add_seal(tx: Transaction, settled_before: datetime, margin: timedelta) -> Seal | None:
    """Seal the next lines of before an instant, and of a margin before whatever transaction is under way; None when
    there are none."""
    await tx.raw.execute("lock table file_access_seal in share row exclusive mode")  # one after the other
    row = await tx.raw.fetchrow(ADD_SEAL, settled_before, margin, LINES_PER_SEAL, tx.at)
    return None if row is None else Seal(*row)
