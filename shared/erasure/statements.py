"""SQL made from what a service says of its tables: erase a batch, find what is left, read a page for an export."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.erasure.declaration import PersonalData, Rows
from shared.messaging import Transaction

BATCH = 1000  # rows a statement erases
PAGE = 500  # rows a page of an export has


def erase_statement(name: str, table: Rows) -> str | None:
    """Erases up to $2 rows of the customers in $1; None where a table holds nothing to erase."""
    if not table.left:
        return None
    chosen = f"""any(array(select t.ctid from {name} t where ({table.erased}) and ({table.left}) limit $2))"""
    if table.delete:
        return f"delete from {name} where ctid = {chosen}"
    values = ", ".join(f"{column} = {value}" for column, value in {**table.blank, **table.renew}.items())
    return f"update {name} t set {values} where t.ctid = {chosen}"


async def erase_rows(tx: Transaction, name: str, table: Rows, customer_ids: Sequence[UUID], limit: int = BATCH) -> int:
    """Erase a batch of a table's rows; how many there were."""
    statement = erase_statement(name, table)
    if statement is None:
        return 0
    status = await tx.raw.execute(statement, customer_ids, limit)
    return int(status.rpartition(" ")[2])


def left_statement(data: PersonalData) -> str:
    """Returns a row (table, key) for each row of a customer that was erased here which still has something personal."""
    erased = """array(select customer_id from erased_customer where person_id is null and erased_at is not null)"""
    parts = [
        f"""select '{name}' as "table", md5(t::text) as row from {name} t
            where ({table.erased.replace("$1", erased)}) and ({table.left})"""
        for name, table in data.rows
        if table.left
    ]
    return " union all ".join(parts)


MENTIONED = """
with named as materialized (select distinct id from ({mentions}) as m(id))
delete from idempotency i using named n
where position(n.id in i.path) > 0 or position(convert_to(n.id, 'UTF8') in i.body) > 0
"""
# Of an event that still waits to be applied the content stays: it holds ids, amounts and codes, like every event.
PARKED = """
update parked p set payload = '', detail = ''
from ({mentions}) as n(id)
where p.key = n.id and (p.ended_at is not null or p.reason = 'not_authentic') and p.payload <> ''
"""


async def erase_mentions(tx: Transaction, data: PersonalData, customer_ids: Sequence[UUID]) -> list[str]:
    """Delete stored replies that mention the customers or something of theirs, and empty parked events that have ended.
    The names of the stores in which there was something."""
    stores = []
    for store, statement in (("idempotency", MENTIONED), ("parked", PARKED)):
        status = await tx.raw.execute(statement.format(mentions=data.mentions), customer_ids)
        if int(status.rpartition(" ")[2]):
            stores.append(store)
    return stores


PRIMARY_KEY = """
select string_agg('t.' || quote_ident(a.attname), ', ' order by array_position(i.indkey::int2[], a.attnum))
from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = $1::text::regclass and i.indisprimary
"""
# what a person can not read: digests, and what is made from other columns for search
UNREADABLE = """
select coalesce(array_agg(attname::text), '{}') from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
  and atttypid in ('bytea'::regtype, 'tsvector'::regtype)
"""


async def read_rows(tx: Transaction, name: str, table: Rows, customer_id: UUID, after: int) -> list[Any]:
    """A page of a table's rows of a customer as JSON texts, from the place `after` on, in the order of the key."""
    order = await tx.raw.fetchval(PRIMARY_KEY, name) or "t.ctid"
    rows = await tx.raw.fetch(
        f"""select (to_jsonb(t) - $3::text[])::text as row from {name} t
            where {table.of} order by {order} limit {PAGE} offset $2""",
        [customer_id], after, await tx.raw.fetchval(UNREADABLE, name),
    )  # fmt: skip
    return [row["row"] for row in rows]
