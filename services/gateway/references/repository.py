"""SQL of the registry: outside references, and which customers exist."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.core.repository import WriteConflict
from services.gateway.references.domain import Reference, RegisteredReference, Registry
from services.gateway.references.tables import customer_reference, known_customer
from shared.messaging import Transaction, new_id
from shared.messaging.ids import ids_since
from shared.sql import Upsert, insert_columns, insert_many


async def load_registry(tx: Transaction, references: Collection[Reference], ids: Collection[UUID]) -> Registry:
    """What the registry knows of these references, and of these customers by id."""
    registry = Registry()
    if references:
        rows = await tx.raw.fetch(
            """select r.source, r.ref, r.customer_id, r.registered_at is not null as is_registered
               from unnest($1::text[], $2::text[]) as named(source, ref)
               cross join lateral (
                   select source, ref, customer_id, registered_at from customer_reference
                   where source = named.source and ref = named.ref limit 1
               ) r""",
            [source for source, _ in references], [ref for _, ref in references],
        )  # fmt: skip
        for source, ref, customer_id, is_registered in rows:
            (registry.references if is_registered else registry.offered)[source, ref] = customer_id
    if ids:
        rows = await tx.raw.fetch("select customer_id from known_customer where customer_id = any($1)", list(ids))
        registry.customers = {row["customer_id"] for row in rows}
        rows = await tx.raw.fetch(
            """select distinct customer_id, source from customer_reference
               where customer_id = any($1) and registered_at is not null""",
            list(ids),
        )
        registry.of_source = {(row["customer_id"], row["source"]) for row in rows}
    return registry


# One to which an id was offered is registered with that very id, and with no other.
REGISTER = Upsert(
    where="customer_reference.registered_at is null and customer_reference.customer_id = excluded.customer_id"
)


async def add_references(tx: Transaction, new: Sequence[RegisteredReference]) -> None:
    """Register new references and the customers behind them; WriteConflict when another transaction was first."""
    columns = ("source", "ref", "customer_id", "registered_at")
    if await insert_many(tx, customer_reference, new, columns=columns, on_conflict=REGISTER) != len(new):
        raise WriteConflict("a reference was registered by another transaction")
    await add_known(tx, [reference.customer_id for reference in new])


async def add_offers(tx: Transaction, offers: Mapping[Reference, UUID]) -> None:
    """Keep ids for references, so that whoever names one later gets the same id: a file that was refused for one sender
    may be accepted from the next, under the same id."""
    rows = [(source, ref, customer_id) for (source, ref), customer_id in offers.items()]
    columns = ("source", "ref", "customer_id")
    if await insert_many(tx, customer_reference, rows, columns=columns, on_conflict="nothing") != len(rows):
        raise WriteConflict("a reference was registered by another transaction")


async def delete_offers(tx: Transaction, made_before: datetime, limit: int) -> int:
    """Delete up to `limit` offers of before an instant that nobody took up; how many there were."""
    status = await tx.raw.execute(
        """delete from customer_reference where (source, ref) in (
               select source, ref from customer_reference r
               where registered_at is null and customer_id < $1
                 and not exists (select from known_customer k where k.customer_id = r.customer_id)
               order by customer_id limit $2 for update skip locked)""",
        ids_since(made_before), limit,
    )  # fmt: skip
    return int(status.rpartition(" ")[2])


async def list_offered(tx: Transaction, customer_ids: Sequence[UUID]) -> list[Reference]:
    """References that these ids are offered to and that are not registered yet."""
    rows = await tx.raw.fetch(
        """select source, ref from customer_reference
           where customer_id = any($1::uuid[]) and registered_at is null order by source, ref""",
        customer_ids,
    )  # fmt: skip
    return [(row["source"], row["ref"]) for row in rows]


async def add_reference(tx: Transaction, new: RegisteredReference) -> RegisteredReference:
    """Register a reference of a customer that is there, also one that was only offered to a file; WriteConflict when
    another transaction registered it meanwhile. Returns it with its id: that of the offer where there was one."""
    row = await tx.raw.fetchrow(
        """insert into customer_reference (source, ref, customer_id, id, registered_at) values ($1, $2, $3, $4, $5)
           on conflict (source, ref) do update set customer_id = excluded.customer_id,
               registered_at = excluded.registered_at
           where customer_reference.registered_at is null returning id""",
        new.source, new.ref, new.customer_id, new.id or new_id(), new.registered_at,
    )  # fmt: skip
    if row is None:
        raise WriteConflict("a reference was registered by another transaction")
    return new._replace(id=row["id"])


async def lock_customer(tx: Transaction, customer_id: UUID) -> None:
    """One change of a customer's references at a time: whether a source has one left is counted."""
    await tx.raw.execute("select from known_customer where customer_id = $1 for no key update", customer_id)


async def find_reference(tx: Transaction, reference: Reference) -> RegisteredReference | None:
    """A registered reference."""
    row = await tx.raw.fetchrow(
        """select customer_id, source, ref, registered_at, id from customer_reference
           where source = $1 and ref = $2 and registered_at is not null""",
        *reference,
    )
    return None if row is None else RegisteredReference(*row)


async def remove_reference(tx: Transaction, reference: RegisteredReference) -> bool:
    """Take a reference out of the registry, and note that there was one. Returns whether its source has no other one of
    the customer. The caller has locked the customer."""
    await tx.raw.execute(
        """insert into reference_removal (id, customer_id, source, registered_at, removed_at)
           values ($1, $2, $3, $4, $5)""",
        reference.id, reference.customer_id, reference.source, reference.registered_at, tx.at,
    )  # fmt: skip
    await tx.raw.execute(
        "delete from customer_reference where id = $1 and customer_id = $2 and source = $3 and ref = $4",
        reference.id,
        reference.customer_id,
        reference.source,
        reference.ref,
    )
    return not await is_of_source(tx, reference.customer_id, reference.source)


async def add_known(tx: Transaction, customer_ids: Collection[UUID]) -> None:
    """These customers exist. Added twice (from profile's event too) changes nothing."""
    ids = {"customer_id": list(set(customer_ids))}
    await insert_columns(tx, known_customer, ids, shared={"known_at": tx.at}, on_conflict="nothing")


async def is_known(tx: Transaction, customer_id: UUID) -> bool:
    """Whether there is a customer of this id."""
    return bool(await tx.raw.fetchval("select exists (select from known_customer where customer_id = $1)", customer_id))


async def is_of_source(tx: Transaction, customer_id: UUID, source: str) -> bool:
    """Whether this source has a reference of the customer: a partner sees those and no others."""
    return bool(
        await tx.raw.fetchval(
            """select exists (
                   select from customer_reference where customer_id = $1 and source = $2 and registered_at is not null
               )""",
            customer_id,
            source,
        )
    )


# A range in place of `like`, so that a generic plan finds it in the index too; references are ASCII and hold no "~".
BY_PREFIX = """
select customer_id, source, ref, registered_at from customer_reference
where lower(ref) collate "C" >= $1 and lower(ref) collate "C" < $2 and registered_at is not null
order by lower(ref) collate "C", source limit $3
"""


async def find_references(tx: Transaction, prefix: str, limit: int) -> list[RegisteredReference]:
    """References that begin with this text, in any case, of all sources; an exact one comes first."""
    beginning = prefix.lower()
    rows = await tx.raw.fetch(BY_PREFIX, beginning, f"{beginning}~", limit)
    return [RegisteredReference(*row) for row in rows]


async def list_references(tx: Transaction, customer_ids: Collection[UUID]) -> list[RegisteredReference]:
    """All registered references of these customers."""
    rows = await tx.raw.fetch(
        """select customer_id, source, ref, registered_at, id from customer_reference
           where customer_id = any($1::uuid[]) and registered_at is not null order by customer_id, source, ref""",
        list(customer_ids),
    )
    return [RegisteredReference(*row) for row in rows]
